import { describe, expect, it } from 'vitest'
import { countOpenDependencies, isReleased, isRunning, isSettled, readiness } from './readiness.ts'
import type { Batch, Project, Reached, ReleaseOn, Task, TaskStatus } from './state.ts'
import { taskId } from './garden.arbitrary.ts'
import { World } from './world.arbitrary.ts'

/** The rows of one task that may start, with what a test changes about them. */
function ready(change: {
  readonly task?: Partial<Task>
  readonly batch?: Partial<Batch>
  readonly project?: Partial<Project>
}): boolean {
  const world = new World().add('seed')
  world.stage('spring', ['seed'])
  world.promote('spring')
  return readiness(
    { ...world.task('seed'), ...change.task },
    { ...world.batch('spring'), ...change.batch },
    { ...world.project, ...change.project },
  )
}

describe('the readiness rule [S0-04, X-01]', () => {
  it('lets a task start that is staged in a promoted batch and waits for nothing', () => {
    expect(ready({})).toBe(true)
  })

  it.each<[string, Parameters<typeof ready>[0]]>([
    ['is done', { task: { status: 'done' } }],
    ['runs', { task: { status: 'doing' } }],
    ['is only todo', { task: { status: 'todo' } }],
    ['is staged in another batch', { task: { batchId: 'summer' as never } }],
    ['has a batch that is not promoted', { batch: { promotedAt: null } }],
    ['has a batch that is paused', { batch: { pausedAt: 1 } }],
    ['has a project that is paused', { project: { pausedAt: 1 } }],
    ['has an incomplete context', { task: { contextReady: false } }],
    ['waits for another', { task: { openDependencies: 1 } }],
    ['is in a layer that is not open', { task: { layer: 2 }, batch: { openLayer: 1 } }],
  ])('does not let a task start that %s', (_, change) => {
    expect(ready(change)).toBe(false)
  })

  it('does not let a task start without a batch', () => {
    const world = new World().add('seed')
    world.stage('spring', ['seed'])

    expect(readiness(world.task('seed'), undefined, world.project)).toBe(false)
  })

  it('takes force for a complete context', () => {
    expect(ready({ task: { contextReady: false, forced: true } })).toBe(true)
  })

  it('opens all layers up to the open one, and all of them when there is none', () => {
    expect(ready({ task: { layer: 1 }, batch: { openLayer: 1 } })).toBe(true)
    expect(ready({ task: { layer: 0 }, batch: { openLayer: 1 } })).toBe(true)
    expect(ready({ task: { layer: 7 }, batch: { openLayer: null } })).toBe(true)
  })
})

describe('what a dependency waits for [X-08]', () => {
  const reached: readonly Reached[] = ['nothing', 'completed', 'verified', 'merged']
  const wanted: readonly ReleaseOn[] = ['completed', 'verified', 'merged']

  it('is reached with it or with anything further', () => {
    const { state } = new World().add('seed')
    const seed = state.tasks.get(taskId('seed'))
    if (seed === undefined) throw new Error('A task was added.')

    const table = reached.map((point) =>
      wanted.filter((releaseOn) => isReleased({ ...seed, reached: point }, releaseOn)),
    )

    expect(table).toEqual([
      [],
      ['completed'],
      ['completed', 'verified'],
      ['completed', 'verified', 'merged'],
    ])
  })

  it('is counted from the edges as the task itself counts it', () => {
    const world = new World().add('soil', 'seed', 'fruit <- soil:completed, seed, sun', 'sun')
    world.stage('spring', ['soil', 'seed', 'fruit'])
    world.promote('spring')
    expect(countOpenDependencies(world.task('fruit'), world.state)).toBe(3)

    world.write(world.start('soil'), { type: 'attempt.verify', summary: 'dug' })

    expect(countOpenDependencies(world.task('fruit'), world.state)).toBe(2)
    expect(world.task('fruit').openDependencies).toBe(2)
    expect(countOpenDependencies(world.task('sun'), world.state)).toBe(0)
  })

  it('is open while nobody knows the task it names', () => {
    const world = new World().add('soil', 'fruit <- soil')
    world.state.tasks.delete(taskId('soil'))

    expect(countOpenDependencies(world.task('fruit'), world.state)).toBe(1)
  })
})

describe('the status of a task [S2-01]', () => {
  it('is running from the start until its work is judged, and settled in the end', () => {
    const world = new World().add('seed')
    const statuses: readonly TaskStatus[] = [
      'todo',
      'staged',
      'doing',
      'review',
      'done',
      'failed',
      'cancelled',
    ]
    const tasks = statuses.map((status) => ({ ...world.task('seed'), status }))

    expect(tasks.filter(isRunning).map(({ status }) => status)).toEqual(['doing', 'review'])
    expect(tasks.filter(isSettled).map(({ status }) => status)).toEqual([
      'done',
      'failed',
      'cancelled',
    ])
  })
})
