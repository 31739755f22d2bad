import { describe, expect, it } from 'vitest'
import { batchId, World } from '../staging/world.arbitrary.ts'
import type { Project, ProjectSettings, Task } from '../staging/state.ts'
import { addToLoad, admission, emptyLoad, limits, type Load } from './admission.ts'

function oneTask() {
  const world = new World({ maxParallelTasks: 3 }).add({ line: 'seed', account: 'oak' })
  world.stage('spring', ['seed'], { maxParallelTasks: 2 })
  const { project, now } = world
  const [task, batch] = [world.task('seed'), world.batch('spring')]
  const admit = (load: Load, until = 0) => {
    const hold = { projectId: project.id, account: 'oak', until, reason: 'slow down' }
    return admission(task, batch, project, load, new Map([['oak', hold]]), now)
  }
  return { task, batch, now, admit }
}

const projectWith = (settings: Partial<ProjectSettings>): Project => {
  const { project } = new World(settings)
  return project
}

const load = (total: number, inBatch: number): Load => ({
  total,
  byBatch: new Map([[batchId('spring'), inBatch]]),
  byAccount: new Map(),
  byResource: new Map(),
  byKey: new Map(),
  interruptions: new Map(),
})

describe('admission [S2-02]', () => {
  it('admits while the project and the batch have room', () => {
    const { admit } = oneTask()
    expect(admit(emptyLoad)).toBeNull()
    expect(admit(load(2, 1))).toBeNull()
  })

  it('names the limit that stands in the way', () => {
    const { admit } = oneTask()
    expect(admit(load(3, 0))).toEqual({
      kind: 'project-full',
      message: '3 of 3 tasks of the project run',
    })
    expect(admit(load(2, 2))).toEqual({
      kind: 'batch-full',
      message: '2 of 2 tasks of batch "spring" run',
    })
  })

  it('waits for a held account until its very millisecond', () => {
    const { admit, now } = oneTask()
    expect(admit(emptyLoad, now + 1)).toEqual({
      kind: 'account-held',
      message: 'account "oak" is held for another 1 s: slow down',
    })
    expect(admit(emptyLoad, now)).toBeNull()
  })

  it('counts the tasks of an account against its limit, and lets accounts without one alone', () => {
    const limited = (account: string) =>
      admission(
        { ...oneTask().task, account },
        oneTask().batch,
        projectWith({ accountLimits: { oak: 2 } }),
        { ...emptyLoad, byAccount: new Map([[account, 2]]) },
        new Map(),
        0,
      )
    expect(limited('oak')).toEqual({
      kind: 'account-full',
      message: '2 of 2 tasks of account "oak" run',
    })
    expect(limited('elm')).toBeNull()
    expect(limited('constructor')).toBeNull()
  })

  it('gives a resource to as many as its units allow; who asks for more than all gets all', () => {
    const ask = (demand: number, taken: number, capacity = 3) =>
      admission(
        { ...oneTask().task, resources: { gpu: demand } },
        oneTask().batch,
        projectWith({ resources: { gpu: capacity } }),
        { ...emptyLoad, byResource: new Map([['gpu', taken]]) },
        new Map(),
        0,
      )?.message ?? null
    expect([ask(1, 2), ask(3, 0), ask(5, 0), ask(0, 9)]).toEqual([null, null, null, null])
    expect(ask(2, 2)).toBe('it needs 2 of resource "gpu", and 2 of 3 are taken')
    expect(ask(5, 1)).toBe('it needs 5 of resource "gpu", and 1 of 3 are taken')
    expect(ask(1, 0, 0)).toBe('it needs 1 of resource "gpu", and 0 of 0 are taken')
  })

  it('lets a worker take only what it is capable of', () => {
    const { batch } = oneTask()
    const task = { ...oneTask().task, capabilities: ['gpu', 'rust'] }
    const admit = (...able: string[]) =>
      admission(task, batch, projectWith({}), emptyLoad, new Map(), 0, undefined, new Set(able))
    expect(admit('rust', 'gpu', 'go')).toBeNull()
    expect(admit('gpu')).toEqual({ kind: 'no-capability', message: 'the worker lacks "rust"' })
  })

  it('keeps a task from running beside others with one of its keys, and names each of them once', () => {
    const batch = { ...oneTask().batch, maxParallelTasks: 9 }
    const task = (code: string, ...exclusiveKeys: string[]) => ({
      ...oneTask().task,
      code,
      exclusiveKeys,
    })
    const obstacles = (waiting: Task, ...running: readonly Task[]) => {
      const load = running.reduce((all, one) => addToLoad(all, one, batch), emptyLoad)
      return [...limits(waiting, batch, projectWith({}), load, new Map(), 0)]
    }
    expect(obstacles(task('T1', 'a.ts'), task('T2', 'b.ts'), task('T3'))).toEqual([])
    expect(obstacles(task('T1', 'a.ts', 'b.ts', 'c.ts'), task('T3', 'b.ts', 'c.ts'))).toEqual([
      {
        kind: 'conflict',
        message: 'it conflicts with T3, which runs now (both touch b.ts)',
        tasks: ['T3'],
      },
    ])
    const others = [task('T3', 'b.ts'), task('T2', 'b.ts', 'a.ts')]
    const waits = obstacles(task('T1', 'a.ts', 'b.ts'), ...others)
    expect(waits.map(({ tasks }) => tasks)).toEqual([['T2']])
    // What it holds itself is not in its way.
    expect(obstacles(task('T1', 'a.ts'), task('T1', 'a.ts'))).toEqual([])
  })

  it('lists every limit at once', () => {
    const { batch, now } = oneTask()
    const task = { ...oneTask().task, resources: { key: 1 }, exclusiveKeys: ['src/a.ts'] }
    const other = { ...task, code: 'other' }
    const project = projectWith({
      maxParallelTasks: 1,
      accountLimits: { oak: 1 },
      resources: { key: 1 },
    })
    const one = addToLoad(addToLoad(emptyLoad, other, batch), task, batch)
    const hold = { projectId: project.id, account: 'oak', until: now + 1, reason: 'slow down' }
    expect(
      [...limits(task, batch, project, one, new Map([['oak', hold]]), now)].map(({ kind }) => kind),
    ).toEqual([
      'account-held',
      'project-full',
      'batch-full',
      'account-full',
      'resource-full',
      'conflict',
    ])
  })

  it('counts what it has admitted, and leaves the load it was given alone', () => {
    const { task, batch, admit } = oneTask()

    const one = addToLoad(emptyLoad, task, batch)
    const two = addToLoad(one, task, batch)

    expect([one.total, one.byBatch.get(batch.id), one.byAccount.get('oak')]).toEqual([1, 1, 1])
    expect(admit(one)).toBeNull()
    expect(admit(two)?.kind).toBe('batch-full')
    expect([emptyLoad.total, emptyLoad.byBatch.size, emptyLoad.byAccount.size]).toEqual([0, 0, 0])
  })
})
