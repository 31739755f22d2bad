import { describe, expect, it } from 'vitest'
import { batchId } from '../staging/garden.arbitrary.ts'
import { World } from '../staging/world.arbitrary.ts'
import type { Batch, Project, ProjectSettings, Task, WorkOrder } from '../staging/state.ts'
import {
  addInterruptions,
  addResources,
  addToLoad,
  growingLoad,
  admission,
  emptyLoad,
  hasRoom,
  limits,
  type Load,
  scarceResources,
  suspectFrom,
  suspectIn,
} from './admission.ts'

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

const loadWith = (before: Load, task: Task, batch: Batch, order?: WorkOrder): Load => {
  const load = growingLoad(before)
  addToLoad(load, task, batch.id, order)
  return load
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
    const limited = (account: string, running = 2) =>
      admission(
        { ...oneTask().task, account },
        oneTask().batch,
        projectWith({ accountLimits: { oak: 2 } }),
        { ...emptyLoad, byAccount: new Map([[account, running]]) },
        new Map(),
        0,
      )
    expect(limited('oak')).toEqual({
      kind: 'account-full',
      message: '2 of 2 tasks of account "oak" run',
    })
    expect(limited('oak', 1)).toBeNull()
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

  it('lets resources that the project does not count alone, whatever their names', () => {
    const { task, batch } = oneTask()
    const asks = { ...task, resources: { disk: 2, constructor: 1 } }
    const project = projectWith({ resources: { gpu: 1 } })
    const busy = { ...emptyLoad, byResource: new Map([['disk', 99]]) }
    expect(admission(asks, batch, project, busy, new Map(), 0)).toBeNull()
  })

  it('lets a worker take only what it is capable of', () => {
    const { batch } = oneTask()
    const task = { ...oneTask().task, capabilities: ['gpu', 'rust'] }
    const admit = (...able: string[]) =>
      admission(task, batch, projectWith({}), emptyLoad, new Map(), 0, undefined, new Set(able))
    expect(admit('rust', 'gpu', 'go')).toBeNull()
    expect(admit('gpu')).toEqual({ kind: 'no-capability', message: 'the worker lacks "rust"' })
    expect(admit()?.message).toBe('the worker lacks "gpu", "rust"')
    // As long as nobody asks for a particular worker, one may come that can.
    expect(admission(task, batch, projectWith({}), emptyLoad, new Map(), 0)).toBeNull()
  })

  it('keeps a task from running beside others with one of its keys, and names each of them once', () => {
    const batch = { ...oneTask().batch, maxParallelTasks: 9 }
    const task = (code: string, ...exclusiveKeys: string[]) => ({
      ...oneTask().task,
      code,
      exclusiveKeys,
    })
    const obstacles = (waiting: Task, ...running: readonly Task[]) => {
      const load = running.reduce((all, one) => loadWith(all, one, batch), emptyLoad)
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
    const one = loadWith(loadWith(emptyLoad, other, batch), task, batch)
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

    const one = loadWith(emptyLoad, task, batch)
    const two = loadWith(one, task, batch)

    expect([one.total, one.byBatch.get(batch.id), one.byAccount.get('oak')]).toEqual([1, 1, 1])
    expect(admit(one)).toBeNull()
    expect(admit(two)?.kind).toBe('batch-full')
    expect([emptyLoad.total, emptyLoad.byBatch.size, emptyLoad.byAccount.size]).toEqual([0, 0, 0])
  })
})

describe('admission of tasks that lost workers [S2-02, S2-03]', () => {
  const settings = projectWith({ maxInterruptions: 3 }).settings
  const running = (...lost: readonly (readonly [string, number])[]): Load => ({
    ...emptyLoad,
    interruptions: new Map(lost),
  })

  it('suspects a task from the lost worker on that is the last but one, and never before the first', () => {
    const from = (maxInterruptions: number) => suspectFrom({ ...settings, maxInterruptions })
    expect([from(5), from(3), from(2), from(1)]).toEqual([4, 2, 1, 1])
  })

  it('names the suspect that comes first among those that run, and never the task itself', () => {
    const task = { ...oneTask().task, code: 'T1' }
    expect(suspectIn(running(['T3', 2], ['T2', 2], ['T4', 5]), settings)).toBe('T2')
    expect(suspectIn(running(['T1', 2], ['T3', 2]), settings, task)).toBe('T3')
    expect(suspectIn(running(['T1', 2], ['T2', 1]), settings, task)).toBeUndefined()
    expect(suspectIn(emptyLoad, settings)).toBeUndefined()
  })

  it('lets one suspect run at a time, beside tasks that are none', () => {
    const { task, batch } = oneTask()
    const admit = (lost: number | undefined, load: Load) => {
      const order = lost === undefined ? undefined : orderThatLost(lost)
      return admission(task, batch, projectWith(settings), load, new Map(), 0, order)
    }
    expect(admit(2, running(['T2', 2]))).toEqual({
      kind: 'suspect',
      message:
        'one more lost worker and it is given up, which is true of T2 too, and that runs now; such tasks run one at a time',
      tasks: ['T2'],
    })
    expect(admit(1, running(['T2', 2]))).toBeNull()
    expect(admit(undefined, running(['T2', 2]))).toBeNull()
    expect(admit(2, running(['T2', 1]))).toBeNull()
    expect(admit(2, emptyLoad)).toBeNull()
  })

  it('remembers the most that a task has lost, and nothing of tasks that lost none', () => {
    const { task, batch } = oneTask()
    const lost = new Map<string, number>()
    addInterruptions(lost, { code: 'T1' }, undefined)
    addInterruptions(lost, { code: 'T1' }, { interruptions: 0 })
    expect(lost.size).toBe(0)
    addInterruptions(lost, { code: 'T1' }, { interruptions: 2 })
    addInterruptions(lost, { code: 'T1' }, { interruptions: 1 })
    expect([...lost]).toEqual([['T1', 2]])
    const one = loadWith(running(['T2', 1]), task, batch, orderThatLost(3))
    expect([...one.interruptions]).toEqual([
      ['T2', 1],
      [task.code, 3],
    ])
  })

  function orderThatLost(interruptions: number): WorkOrder {
    const world = new World().add('seed')
    world.stage('spring', ['seed'])
    world.promote('spring')
    return { ...world.order('seed'), interruptions }
  }
})

describe('the units in use [S2-02]', () => {
  it('grow by what one task takes, or by that of several alike', () => {
    const inUse = new Map([['gpu', 1]])
    addResources(inUse, { gpu: 2, disk: 5 })
    addResources(inUse, { gpu: 2 }, 3)
    expect([...inUse]).toEqual([
      ['gpu', 9],
      ['disk', 5],
    ])
  })
})

describe('resources that may stand in the way [S2-02]', () => {
  const { settings } = projectWith({ resources: { gpu: 2, disk: 1, tap: 0 } })

  it('are those of which something is taken or nothing is there, and none that nobody counts', () => {
    const load = {
      ...emptyLoad,
      byResource: new Map([
        ['gpu', 1],
        ['paper', 7],
      ]),
    }
    expect(scarceResources(load, settings)).toEqual([
      { name: 'gpu', capacity: 2, taken: 1 },
      { name: 'tap', capacity: 0, taken: 0 },
    ])
    const { resources: _, ...none } = settings
    expect(scarceResources(load, none)).toEqual([])
  })

  it('leave out exactly those that have room for any demand', () => {
    const scarce = (taken: number, capacity: number) =>
      scarceResources(
        { ...emptyLoad, byResource: new Map([['gpu', taken]]) },
        { ...settings, resources: { gpu: capacity } },
      ).length > 0
    for (const capacity of [0, 1, 2]) {
      for (const taken of [0, 1, 2]) {
        const always = [0, 1, 2, 3].every((demand) =>
          hasRoom({ name: 'gpu', capacity, taken }, demand),
        )
        expect([capacity, taken, scarce(taken, capacity)]).toEqual([capacity, taken, !always])
      }
    }
  })

  it('have room for whoever needs nothing of them, however much is taken', () => {
    expect(hasRoom({ name: 'gpu', capacity: 1, taken: 5 }, 0)).toBe(true)
    expect(hasRoom({ name: 'tap', capacity: 0, taken: 0 }, 0)).toBe(true)
  })
})
