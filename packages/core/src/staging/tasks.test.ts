import { describe, expect, it } from 'vitest'
import type { ProjectId } from '../id.ts'
import { edge, newTask, taskId } from './garden.arbitrary.ts'
import { World } from './world.arbitrary.ts'

describe('adding tasks [S2-01]', () => {
  it('counts what each of them waits for, work that is done already left out', () => {
    const world = new World().add({ line: 'soil', status: 'done' }, 'seed', 'fruit <- soil, seed')

    expect(world.task('fruit')).toMatchObject({ status: 'todo', openDependencies: 1, revision: 1 })
    expect(world.task('soil')).toMatchObject({ status: 'done', reached: 'merged' })
  })

  it.each([
    ['a circle', ['a <- b', 'b <- c', 'c <- a'], /"a" → "b" → "c" wait for each other in a circle/],
    ['a task that waits for itself', ['a <- a'], /Task "a" depends on itself/],
    [
      'a dependency that does not exist',
      ['a <- ghost'],
      /depends on "ghost", which does not exist/,
    ],
    ['a dependency named twice', ['a', 'b <- a, a:merged'], /names its dependency "a" twice/],
    ['a task named twice', ['a', 'a'], /Task "a" exists already/],
  ])('refuses %s, by name, and adds nothing', (_, lines, message) => {
    const world = new World()

    expect(() => world.add(...lines)).toThrow(message)
    expect(world.state.tasks.size).toBe(0)
  })

  it('refuses a dependency of another project or of a task that is not added', () => {
    const world = new World().add('seed')
    const tasks = [newTask('fruit', 1)]
    const foreign = { ...edge('fruit', 'seed'), projectId: 'other' as ProjectId }

    const order = { type: 'tasks.add', tasks } as const
    expect(world.refuse({ ...order, dependencies: [foreign] }).message).toContain(
      'stay inside one project',
    )
    expect(world.refuse({ ...order, dependencies: [edge('seed', 'fruit')] }).code).toBe('not-found')
  })
})

describe('changing what a task waits for [S0-04, X-01]', () => {
  const depend = (code: string, ...targets: readonly string[]) =>
    ({
      type: 'task.depend',
      taskId: taskId(code),
      dependencies: targets.map((target) => edge(code, target)),
    }) as const

  it('takes queued work back when something new is waited for, and releases it when nothing is', () => {
    const world = new World().add('seed', 'fruit')
    world.stage('spring', ['fruit'])
    world.promote('spring')

    world.do(depend('fruit', 'seed'))
    expect(world.why('fruit')).toEqual(['waiting on seed'])
    expect(world.task('fruit').workOrderId).toBeNull()

    world.do(depend('fruit'))
    expect(world.why('fruit')).toEqual([])
    expect(world.start('fruit').fence).toBe(1)
  })

  it('stores only what is different', () => {
    const world = new World().add('seed', 'soil', 'sun', 'fruit <- seed, soil')

    const { events, changes } = world.do(depend('fruit', 'soil', 'sun'))

    expect(events).toMatchObject([
      { removed: ['seed'], added: [{ dependsOn: 'sun' }], openDependencies: 2 },
    ])
    expect(changes.map(({ table, kind }) => `${kind} ${table}`)).toEqual([
      'delete dependency',
      'insert dependency',
      'update task',
    ])
  })

  it('takes a new releaseOn of the same dependency', () => {
    const world = new World().add('seed', 'fruit <- seed:completed')
    world.stage('spring', ['seed', 'fruit'])
    world.promote('spring')
    world.write(world.start('seed'), { type: 'attempt.verify', summary: 'sown' })
    expect(world.why('fruit')).toEqual([])

    world.do(depend('fruit', 'seed'))

    expect(world.why('fruit')).toEqual(['waiting on seed'])
    expect(world.state.dependencies.get(taskId('fruit'))).toHaveLength(1)
  })

  it('refuses a circle, however long', () => {
    const world = new World().add('a', 'b <- a', 'c <- b', 'd <- c')

    expect(world.refuse(depend('a', 'd'))).toEqual({
      code: 'conflict',
      message:
        'Task "a" cannot wait for "d": that already waits for "a", so neither could ever start.',
    })
    expect(world.task('a').openDependencies).toBe(0)
  })

  it('lets what runs wait for less, and what failed for anything', () => {
    const world = new World().add('seed', 'soil', 'fruit <- seed')
    world.stage('spring', ['seed', 'fruit'])
    world.promote('spring')
    world.succeed(world.start('seed'))
    const claim = world.start('fruit')
    const failure = { class: 'permanent', message: 'eaten', evidence: '' } as const

    world.do(depend('fruit'))
    expect(world.task('fruit')).toMatchObject({ status: 'doing', openDependencies: 0 })
    world.write(claim, { type: 'attempt.fail', failure, verdicts: [] })
    world.do(depend('fruit', 'soil'))
    world.do({ type: 'tasks.retry', taskIds: [taskId('fruit')] })
    expect(world.why('fruit')).toEqual(['waiting on soil'])
  })

  it('refuses tasks that have started, unknown ones, and edges of another task', () => {
    const world = new World().add('seed', 'soil', 'sun')
    world.stage('spring', ['seed'])
    world.promote('spring')
    world.start('seed')

    expect(world.refuse(depend('seed', 'soil')).message).toBe(
      'Task "seed" is being worked on, so it cannot wait for more than it did. Cancel it first, or wait for the attempt to end.',
    )
    expect(world.refuse(depend('ghost')).code).toBe('not-found')
    expect(world.refuse(depend('sun', 'ghost')).code).toBe('not-found')
    expect(world.refuse(depend('sun', 'soil', 'soil')).code).toBe('invalid-input')
    const foreign = { ...depend('sun'), dependencies: [edge('soil', 'seed')] }
    expect(world.refuse(foreign).code).toBe('not-found')
  })
})

describe('completing by hand [S0-04]', () => {
  it('settles the task from any open status and releases what waits for it', () => {
    const world = new World().add('seed', 'fruit <- seed:merged')
    world.stage('spring', ['seed', 'fruit'])
    world.promote('spring')
    const claim = world.start('seed')

    const { effects } = world.do({
      type: 'task.complete',
      taskId: taskId('seed'),
      summary: 'bought at the market',
    })

    expect(world.task('seed')).toMatchObject({
      status: 'done',
      reached: 'merged',
      summary: 'bought at the market',
      failure: null,
    })
    expect(effects[0]).toEqual({
      type: 'abort',
      workOrderId: claim.workOrderId,
      reason: 'the task was marked done',
    })
    expect(world.attempt(claim).status).toBe('interrupted')
    expect(world.state.workOrders.get(claim.workOrderId)?.status).toBe('completed')
    expect(world.why('fruit')).toEqual([])
  })

  it('also mends a failed task, repeats harmlessly, and refuses a cancelled one', () => {
    const world = new World().add('seed', 'weed')
    world.stage('spring', ['seed'])
    world.promote('spring')
    world.fail(world.start('seed'), { class: 'permanent' })
    const complete = { type: 'task.complete', taskId: taskId('seed'), summary: 'mended' } as const

    world.do(complete)
    expect(world.task('seed')).toMatchObject({ status: 'done', failure: null })
    expect(world.do(complete).events).toEqual([])
    world.do({ type: 'task.cancel', taskId: taskId('weed'), reason: 'weeds' })
    expect(world.refuse({ ...complete, taskId: taskId('weed') }).message).toBe(
      'Task "weed" is cancelled. Retry it before you mark it done.',
    )
    expect(world.refuse({ ...complete, taskId: taskId('ghost') }).code).toBe('not-found')
  })
})

describe('cancelling [S2-01]', () => {
  it('takes queued work back, repeats harmlessly, and refuses what is done', () => {
    const world = new World().add('seed', 'soil')
    world.stage('spring', ['seed', 'soil'])
    world.promote('spring')
    const order = world.order('seed')
    const cancel = { type: 'task.cancel', taskId: taskId('seed'), reason: 'no garden' } as const

    world.do(cancel)

    expect(world.state.workOrders.get(order.id)?.status).toBe('cancelled')
    expect(world.do(cancel).events).toEqual([])
    world.succeed(world.start('soil'))
    expect(world.refuse({ ...cancel, taskId: taskId('soil') }).code).toBe('not-allowed')
    expect(world.refuse({ ...cancel, taskId: taskId('ghost') }).code).toBe('not-found')
  })

  it('can be taken back: the task returns to its batch', () => {
    const world = new World().add('seed', 'stray')
    world.stage('spring', ['seed'])
    world.promote('spring')
    for (const code of ['seed', 'stray']) {
      world.do({ type: 'task.cancel', taskId: taskId(code), reason: 'no garden' })
    }

    world.do({ type: 'tasks.retry', taskIds: ['seed', 'stray'].map(taskId) })

    expect(world.statuses()).toEqual({ seed: 'staged', stray: 'todo' })
    expect(world.why('seed')).toEqual([])
  })
})

describe('updating a task [S2-01]', () => {
  it('changes what is given and raises the revision', () => {
    const world = new World().add('seed')

    world.do({
      type: 'task.update',
      taskId: taskId('seed'),
      set: { title: 'Sow', priority: 'high' },
    })

    expect(world.task('seed')).toMatchObject({ title: 'Sow', priority: 'high', revision: 2 })
    expect(world.refuse({ type: 'task.update', taskId: taskId('ghost'), set: {} }).code).toBe(
      'not-found',
    )
  })

  it('does not change what an agent was told while it works', () => {
    const world = new World().add('seed')
    world.stage('spring', ['seed'])
    world.promote('spring')
    world.start('seed')
    const update = { type: 'task.update', taskId: taskId('seed') } as const

    for (const set of [
      { title: 'Sow' },
      { description: '' },
      { context: null },
      { contextReady: false },
    ]) {
      expect(world.refuse({ ...update, set }).code).toBe('not-allowed')
    }
    expect(world.do({ ...update, set: { priority: 'high' } }).events).toHaveLength(1)
  })
})

describe('a plan', () => {
  it('gives each task its layer and its tail', () => {
    const world = new World().add('seed', 'fruit <- seed')
    const tasks = [
      { id: taskId('seed'), layer: 0, tail: 30 },
      { id: taskId('fruit'), layer: 1, tail: 10 },
    ]

    world.do({ type: 'tasks.plan', planId: 'plan' as never, revision: 1, hash: 'x', tasks })

    expect(world.task('fruit')).toMatchObject({ layer: 1, tail: 10 })
  })
})
