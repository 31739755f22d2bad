import { describe, expect, it } from 'vitest'
import type { ReleaseOn } from './state.ts'
import { batchId, edge, newTask, taskId } from './garden.arbitrary.ts'
import { World } from './world.arbitrary.ts'

const add = { type: 'tasks.add', dependencies: [] } as const
const soil = { kind: 'question', text: 'Which soil?', options: [] } as const

function depend(code: string, ...targets: readonly string[]) {
  const dependencies = targets.map((target) => {
    const [name = '', releaseOn = 'verified'] = target.split(':')
    return edge(code, name, releaseOn as ReleaseOn)
  })
  return { type: 'task.depend', taskId: taskId(code), dependencies } as const
}

function promoted(...lines: readonly string[]): World {
  const world = new World().add(...lines)
  world.stage(
    'spring',
    [...world.state.tasks.values()].map((task) => task.code),
  )
  world.promote('spring')
  return world
}

describe('tasks that are added [S2-01]', () => {
  it('begin unforced, and settled where the work was done or dropped before', () => {
    const world = new World().add(
      'seed',
      { line: 'soil', status: 'done' },
      { line: 'weed', status: 'cancelled' },
    )

    expect(world.task('seed')).toMatchObject({ forced: false, settledAt: null, reached: 'nothing' })
    expect(world.task('seed')).toMatchObject({ exclusiveKeys: [], touched: null })
    expect(world.task('soil')).toMatchObject({ settledAt: world.now, reached: 'merged' })
    expect(world.task('weed')).toMatchObject({ settledAt: world.now, reached: 'nothing' })
  })

  it('are refused by the code of the first that exists already', () => {
    const world = new World().add('seed')

    expect(world.refuse({ ...add, tasks: [newTask('water', 1), newTask('seed', 2)] })).toEqual({
      code: 'conflict',
      message: 'Task "seed" exists already.',
    })
  })

  it('are refused with the kind of each bad dependency', () => {
    const tasks = [newTask('a', 0), { ...newTask('b', 1), code: 'T2' }]
    const refuse = (...dependencies: readonly ReturnType<typeof edge>[]) =>
      new World().refuse({ type: 'tasks.add', tasks, dependencies })

    expect(refuse(edge('a', 'b'), edge('a', 'b', 'merged'))).toEqual({
      code: 'invalid-input',
      message:
        'Task "a" names its dependency "T2" twice. Name it once, with the strictest releaseOn.',
    })
    expect(refuse({ ...edge('a', 'b'), projectId: 'other' as never })).toEqual({
      code: 'invalid-input',
      message: 'Task "a" depends on "b" of project "other"; dependencies stay inside one project.',
    })
    expect(refuse(edge('a', 'a'))).toEqual({
      code: 'invalid-input',
      message: 'Task "a" depends on itself.',
    })
    expect(refuse(edge('a', 'ghost'))).toEqual({
      code: 'not-found',
      message: 'Task "a" depends on "ghost", which does not exist in this project.',
    })
    expect(refuse(edge('ghost', 'a'))).toEqual({
      code: 'not-found',
      message: 'Task "ghost" does not exist in this project.',
    })
  })

  it('are refused in a circle by the codes people know, up to ten of them', () => {
    const ring = (size: number) => {
      const id = (nth: number) => taskId(`id-${nth % size}`)
      return new World().refuse({
        type: 'tasks.add',
        tasks: Array.from({ length: size }, (_, nth) => newTask(`t${nth}`, nth, { id: id(nth) })),
        dependencies: Array.from({ length: size }, (_, nth) => ({
          ...edge('', ''),
          taskId: id(nth),
          dependsOn: id(nth + 1),
        })),
      })
    }
    const ten = '"t0" → "t1" → "t2" → "t3" → "t4" → "t5" → "t6" → "t7" → "t8" → "t9"'
    const rest =
      ' wait for each other in a circle, so none of them could ever start. Remove one of these dependencies.'

    expect(ring(10)).toEqual({ code: 'conflict', message: `Tasks ${ten}${rest}` })
    expect(ring(11).message).toBe(`Tasks ${ten} → …${rest}`)
  })
})

describe('an update of a task [S2-01]', () => {
  it('leaves its queued work in the queue, with what was charged to it', () => {
    const world = promoted('seed')
    world.fail(world.start('seed'))
    const before = world.order('seed')

    world.do({ type: 'task.update', taskId: taskId('seed'), set: { title: 'Sow' } })

    expect(world.order('seed')).toEqual(before)
    expect(before.chargedAttempts).toBe(1)
  })

  it('says why it cannot change what an agent was told', () => {
    const world = promoted('seed')
    world.start('seed')

    expect(
      world.refuse({ type: 'task.update', taskId: taskId('seed'), set: { title: 'Sow' } }),
    ).toEqual({
      code: 'not-allowed',
      message:
        'Task "seed" is being worked on, so what it asks for cannot change now. Cancel it first, or wait for the attempt to end.',
    })
  })
})

describe('what a task waits for [S0-04, X-01]', () => {
  it.each(['done', 'cancelled'] as const)('is settled for one that is %s', (status) => {
    const world = new World().add('seed', { line: 'soil', status })

    expect(world.refuse(depend('soil', 'seed'))).toEqual({
      code: 'not-allowed',
      message: `Task "soil" is ${status}: its dependencies cannot change any more.`,
    })
    expect(world.refuse(depend('soil')).code).toBe('not-allowed')
  })

  it('cannot become more while it is worked on', () => {
    const world = promoted('seed', 'soil')
    world.start('seed')

    expect(world.refuse(depend('seed', 'soil'))).toEqual({
      code: 'not-allowed',
      message:
        'Task "seed" is being worked on, so it cannot wait for more than it did. Cancel it first, or wait for the attempt to end.',
    })
  })

  it('does not count what is done already, so that the task can start', () => {
    const world = promoted('seed', 'soil', 'sun')
    world.succeed(world.start('soil'))
    world.do({ type: 'task.update', taskId: taskId('seed'), set: { contextReady: false } })

    const { events } = world.do(depend('seed', 'soil', 'sun:completed'))

    expect(events[0]).toMatchObject({ openDependencies: 1 })
    expect(world.do(depend('seed', 'soil')).events[0]).toMatchObject({ openDependencies: 0 })
  })

  it('is written down as removed and added only where an edge is another one', () => {
    const world = new World().add('seed', 'soil', 'sun', 'fruit <- soil, sun')
    const changed = (order: ReturnType<typeof depend>) => {
      const [event] = world.do(order).events
      if (event?.type !== 'dependencies.changed') throw new Error('The edges were changed.')
      return { removed: event.removed, added: event.added.map((added) => added.dependsOn) }
    }

    expect(changed(depend('seed'))).toEqual({ removed: [], added: [] })
    expect(changed(depend('fruit', 'soil', 'sun'))).toEqual({ removed: [], added: [] })
    expect(changed(depend('fruit', 'soil:merged', 'sun'))).toEqual({
      removed: ['soil'],
      added: ['soil'],
    })
    expect(changed(depend('fruit', 'sun', 'seed'))).toEqual({ removed: ['soil'], added: ['seed'] })
  })

  it.each([{ source: 'text' as const }, { confidence: 0.5 }, { evidence: 'after the soil' }])(
    'is another edge when it has another reason: %j',
    (reason) => {
      const world = new World().add('soil', 'fruit <- soil')
      const dependencies = [{ ...edge('fruit', 'soil'), ...reason }]

      world.do({ type: 'task.depend', taskId: taskId('fruit'), dependencies })

      expect(world.state.dependencies.get(taskId('fruit'))).toEqual(dependencies)
      expect(world.state.dependents.get(taskId('soil'))).toEqual(dependencies)
    },
  )

  it('is checked for circles in one pass, however many ways lead back', () => {
    const layers = Array.from({ length: 40 }, (_, layer) =>
      ['l', 'r'].map((side) =>
        layer === 0 ? `${side}0 <- start` : `${side}${layer} <- l${layer - 1}, r${layer - 1}`,
      ),
    )
    const world = new World().add('start', ...layers.flat())

    expect(world.refuse(depend('start', 'r39'))).toEqual({
      code: 'conflict',
      message:
        'Task "start" cannot wait for "r39": that already waits for "start", so neither could ever start.',
    })
  })
})

describe('bulk commands [S0-01, S0-03]', () => {
  it('write down just the tasks that they changed', () => {
    const world = new World().add('seed', 'soil', { line: 'weed', status: 'cancelled' })

    const staged = world.stage('spring', ['seed', 'weed', 'seed'])
    const unstaged = world.do({ type: 'tasks.unstage', taskIds: ['soil', 'seed'].map(taskId) })

    expect(staged.events).toEqual([
      {
        type: 'tasks.staged',
        batchId: 'spring',
        tasks: [{ id: 'seed', stagePriority: 0 }],
        forced: false,
        at: world.now,
      },
    ])
    expect(unstaged.events).toEqual([{ type: 'tasks.unstaged', taskIds: ['seed'], at: world.now }])
  })

  it('write down nothing where they changed nothing', () => {
    const world = new World().add({ line: 'weed', status: 'cancelled' }, 'seed')
    const retry = { type: 'tasks.retry', taskIds: ['seed', 'ghost'].map(taskId) } as const

    expect(world.stage('spring', ['weed']).events).toEqual([])
    expect(world.do({ type: 'tasks.unstage', taskIds: [taskId('seed')] }).events).toEqual([])
    expect(world.do(retry)).toMatchObject({
      events: [],
      results: [
        {
          taskId: 'seed',
          ok: false,
          message: 'Task "seed" is todo; only failed or cancelled tasks can be retried.',
        },
        { taskId: 'ghost', ok: false, message: 'Task "ghost" does not exist.' },
      ],
    })
  })

  it('say what they did to each task', () => {
    const world = new World().add({ line: 'weed', status: 'cancelled' })

    expect(world.do({ type: 'tasks.retry', taskIds: [taskId('weed')] }).results).toEqual([
      { taskId: 'weed', ok: true, message: 'reopened' },
    ])
    expect(
      world.do({
        type: 'tasks.stage',
        batchId: world.create('spring').batch('spring').id,
        tasks: [{ id: taskId('weed'), stagePriority: 1 }],
        force: true,
      }).results,
    ).toEqual([{ taskId: 'weed', ok: true, message: 'staged' }])
    expect(world.task('weed').forced).toBe(true)
  })

  it('withdraw the questions of what they take back, saying why', () => {
    const world = promoted('seed')
    world.fail(world.start('seed'), { class: 'human-needed', message: 'Which soil?' })

    const { events } = world.do({ type: 'tasks.unstage', taskIds: [taskId('seed')] })

    expect(events).toMatchObject([
      { type: 'work.withdrawn' },
      { type: 'request.cancelled', reason: 'the task was unstaged' },
      { type: 'tasks.unstaged' },
    ])
  })
})

describe('ending a task by hand [S0-04, S2-01]', () => {
  it('is refused with what is left to do', () => {
    const world = new World().add(
      { line: 'soil', status: 'done' },
      { line: 'weed', status: 'cancelled' },
    )

    expect(world.refuse({ type: 'task.cancel', taskId: taskId('soil'), reason: 'frost' })).toEqual({
      code: 'not-allowed',
      message: 'Task "soil" is done; nothing is left to cancel.',
    })
    expect(world.refuse({ type: 'task.complete', taskId: taskId('weed'), summary: '' })).toEqual({
      code: 'not-allowed',
      message: 'Task "weed" is cancelled. Retry it before you mark it done.',
    })
    expect(world.refuse({ type: 'task.complete', taskId: taskId('ghost'), summary: '' })).toEqual({
      code: 'not-found',
      message: 'Task "ghost" does not exist in this project.',
    })
  })

  it('releases what waits for the task, and withdraws its questions', () => {
    const world = promoted('seed', 'fruit <- seed')
    world.write(world.start('seed'), { type: 'attempt.wait', request: soil })

    const { events } = world.do({
      type: 'task.complete',
      taskId: taskId('seed'),
      summary: 'by hand',
    })

    expect(events).toMatchObject([
      { type: 'request.cancelled', reason: 'the task is done' },
      { type: 'task.done', released: [{ id: 'fruit', openDependencies: 0 }] },
      { type: 'work.released', orders: [{ taskId: 'fruit' }] },
    ])
  })

  it('needs no batch', () => {
    const world = new World().add('seed')

    world.do({ type: 'task.update', taskId: taskId('seed'), set: { title: 'Sow' } })
    world.do({ type: 'task.complete', taskId: taskId('seed'), summary: 'by hand' })

    expect(world.task('seed')).toMatchObject({ status: 'done', batchId: null })
    expect(world.refuse({ type: 'batch.pause', batchId: batchId('winter') })).toEqual({
      code: 'not-found',
      message: 'Batch "winter" does not exist in this project.',
    })
  })
})
