import { describe, expect, it } from 'vitest'
import type { BatchId } from '../id.ts'
import type { ProjectSettings, StuckPolicy } from './state.ts'
import { batchId, taskId } from './garden.arbitrary.ts'
import { type Order, World } from './world.arbitrary.ts'

const spring = batchId('spring')
const wakeUp = [{ type: 'dispatch', orders: [] }]
const unstick = { type: 'batch.unstick', batchId: spring, silentMs: 0, idle: false } as const

function plan(world: World, ...layers: readonly (readonly string[])[]): void {
  world.do({
    type: 'tasks.plan',
    planId: 'plan' as never,
    revision: 1,
    hash: '',
    tasks: layers.flatMap((codes, layer) =>
      codes.map((code) => ({ id: taskId(code), layer, tail: 0 })),
    ),
  })
}

/** `spring` holds all of these tasks and is promoted. */
function promoted(settings: Partial<ProjectSettings>, ...lines: readonly string[]): World {
  const world = new World(settings).add(...lines)
  world.stage(
    'spring',
    [...world.state.tasks.values()].map((task) => task.code),
  )
  world.promote('spring')
  return world
}

const typesOf = (world: World, order: Order) => world.do(order).events.map(({ type }) => type)

describe('commands to a batch [S0-02, S4-05]', () => {
  it.each<Order>([
    { type: 'batch.update', batchId: spring, set: {} },
    { type: 'batch.delete', batchId: spring },
    { type: 'batch.promote', batchId: spring, auto: false, reason: '' },
    { type: 'batch.promote', batchId: spring, auto: true, reason: '' },
    { type: 'batch.open-layer', batchId: spring, layer: 1 },
    { type: 'batch.pause', batchId: spring },
    { type: 'batch.resume', batchId: spring },
    unstick,
    { type: 'batches.reorder', order: [spring] },
  ])('that nobody knows are refused by its id: $type', (order) => {
    expect(new World().refuse(order)).toEqual({
      code: 'not-found',
      message: 'Batch "spring" does not exist in this project.',
    })
  })

  it('say which batch exists already', () => {
    const world = new World().create('spring')
    const batch = world.batch('spring')

    expect(world.refuse({ type: 'batch.create', batch })).toEqual({
      code: 'conflict',
      message: 'Batch "spring" exists already.',
    })
  })

  it('wake the dispatcher only where more may run', () => {
    const world = new World().create('spring')
    const update = { type: 'batch.update', batchId: spring } as const

    expect(world.do({ ...update, set: { name: 'Early' } }).effects).toEqual([])
    expect(world.do({ ...update, set: { maxParallelTasks: 3 } }).effects).toEqual(wakeUp)
  })

  it('pause and resume once', () => {
    const world = promoted({}, 'seed')
    const pause = { type: 'batch.pause', batchId: spring } as const
    const resume = { type: 'batch.resume', batchId: spring } as const

    expect(world.do(resume)).toMatchObject({ events: [], effects: [] })
    expect(typesOf(world, pause)).toEqual(['batch.paused'])
    expect(typesOf(world, pause)).toEqual([])
    expect(world.do(resume)).toMatchObject({ events: [{ type: 'batch.resumed' }], effects: wakeUp })
    expect(world.do(resume)).toMatchObject({ events: [], effects: [] })
  })

  it('delete what is empty without touching a task', () => {
    const world = new World().add('seed').create('spring')

    expect(typesOf(world, { type: 'batch.delete', batchId: spring })).toEqual(['batch.deleted'])
  })

  it('delete with the questions of the tasks that were staged, saying why', () => {
    const world = promoted({}, 'seed')
    world.fail(world.start('seed'), { class: 'human-needed', message: 'Which soil?' })

    expect(world.do({ type: 'batch.delete', batchId: spring }).events).toMatchObject([
      { type: 'work.withdrawn' },
      { type: 'request.cancelled', reason: 'the batch was deleted' },
      { type: 'tasks.unstaged', taskIds: ['seed'] },
      { type: 'batch.deleted' },
    ])
  })

  it('name the first five running tasks, by position, and how many more there are', () => {
    const codes = ['f', 'e', 'd', 'c', 'b', 'a']
    const world = promoted({}, ...codes)
    const refused = () => world.refuse({ type: 'batch.delete', batchId: spring }).message
    for (const code of ['a', 'b', 'c', 'd', 'e']) world.start(code)

    expect(refused()).toContain('has 5 running task(s) ("e", "d", "c", "b", "a"); pause it')
    world.start('f')
    expect(refused()).toContain(
      'has 6 running task(s) ("f", "e", "d", "c", "b" and 1 more); pause it',
    )
  })

  it('keep the order that batches were given before', () => {
    const world = new World().create('a').create('b').create('c')
    const reorder = (...ids: readonly string[]) =>
      world.do({ type: 'batches.reorder', order: ids.map(batchId) })

    reorder('c', 'b')
    reorder('a')

    expect(world.batches().map(({ batch }) => batch.id)).toEqual(['a', 'c', 'b'])
    expect(world.refuse({ type: 'batches.reorder', order: [batchId('a'), batchId('a')] })).toEqual({
      code: 'invalid-input',
      message: 'Batch "a" is named twice in the new order.',
    })
  })
})

describe('a promotion [S0-03, S0-05]', () => {
  it('opens the lowest layer that has staged tasks, under the layer barrier only', () => {
    const world = new World({ barrier: 'layer' }).add('seed', 'soil', 'fruit', 'jam')
    plan(world, ['seed'], ['soil'], ['fruit'], ['jam'])
    world.stage('spring', ['jam', 'fruit', 'soil'])
    world.do({ type: 'task.cancel', taskId: taskId('soil'), reason: 'frost' })

    const { results, events } = world.promote('spring')

    expect(events[0]).toMatchObject({ type: 'batch.promoted', openLayer: 2, generation: 1 })
    expect(results).toEqual([
      { taskId: 'fruit', ok: true, message: 'released' },
      {
        taskId: 'jam',
        ok: false,
        message: 'stays staged: layer 3 opens when layer 2 has settled',
      },
    ])
    const free = new World({ barrier: 'none' }).add('seed')
    free.stage('spring', ['seed'])
    expect(free.promote('spring').events[0]).toMatchObject({ openLayer: null })
  })

  it('takes its own tasks only', () => {
    const world = new World().add('seed', 'soil')
    world.stage('spring', ['seed'])
    world.stage('summer', ['soil'])
    const order = { type: 'batch.promote', batchId: spring, auto: true, reason: '' } as const

    // Summer is loaded as well, since it may be what waits.
    const decision = world.decide(world.state, { ...order, projectId: world.project.id })

    expect(decision).toMatchObject({ ok: true, results: [{ taskId: 'seed' }] })
  })

  it('of a batch that resting ones must wait for happens only if they do', () => {
    const world = new World().add(
      'seed',
      'sun',
      'soil',
      'rain',
      'fruit <- sun, seed',
      'jam <- seed',
    )
    world.stage('spring', ['seed', 'sun'])
    world.stage('summer', ['fruit'])
    world.stage('autumn', ['rain'])
    world.promote('summer')
    const asked = (...awaitedBy: readonly string[]) => ({
      type: 'batch.promote' as const,
      batchId: spring,
      auto: true,
      reason: '',
      awaitedBy: awaitedBy.map(batchId) as readonly BatchId[],
    })
    const decided = (...awaitedBy: readonly string[]) => {
      const decision = world.decide(world.state, {
        ...asked(...awaitedBy),
        projectId: world.project.id,
      })
      return decision.ok && decision.events.length > 0
    }

    expect(decided('autumn')).toBe(false)
    expect(decided('autumn', 'summer')).toBe(true)
    world.do({ type: 'task.cancel', taskId: taskId('sun'), reason: 'clouds' })
    expect(decided('summer')).toBe(true)
    world.do({ type: 'task.cancel', taskId: taskId('seed'), reason: 'birds' })
    expect(decided('summer')).toBe(false)
    world.do({ type: 'tasks.retry', taskIds: [taskId('seed')] })
    expect(decided('summer')).toBe(true)
    world.do({ type: 'task.cancel', taskId: taskId('fruit'), reason: 'birds' })
    expect(decided('summer')).toBe(false)
  })
})

describe('opening a layer [S0-05]', () => {
  function layered(): World {
    const world = new World({ barrier: 'layer' }).add('seed', 'soil', 'fruit')
    plan(world, ['seed'], ['soil'], ['fruit'])
    world.stage('spring', ['seed', 'soil', 'fruit'])
    world.promote('spring')
    return world
  }
  const open = (layer: number) => ({ type: 'batch.open-layer', batchId: spring, layer }) as const

  it('waits until everything in the layers before has settled, then releases its tasks', () => {
    const world = layered()
    expect(typesOf(world, open(1))).toEqual([])
    world.succeed(world.start('seed'))

    expect(world.do(open(1)).events).toMatchObject([
      { type: 'batch.layer-opened', openLayer: 1 },
      { type: 'work.released', orders: [{ taskId: 'soil' }] },
    ])
    expect(world.start('soil').fence).toBe(1)
    expect(typesOf(world, open(2))).toEqual([])
  })

  it('happens once, and never backwards', () => {
    const world = layered()
    world.succeed(world.start('seed'))
    world.do(open(1))

    expect(typesOf(world, open(1))).toEqual([])
    expect(typesOf(world, open(0))).toEqual([])
    expect(world.batch('spring').openLayer).toBe(1)
  })

  it('is nothing that a batch without the barrier knows, whatever layers the plan has', () => {
    const world = new World({ barrier: 'none' }).add('rain', 'soil', 'fruit <- rain')
    plan(world, ['rain'], ['soil'], ['fruit'])
    world.stage('spring', ['soil', 'fruit'])
    world.promote('spring')

    expect(typesOf(world, open(1))).toEqual([])
    expect(world.why('soil')).toEqual([])
    expect(world.why('fruit')).toEqual(['waiting on rain'])
    world.succeed(world.start('soil'))
    expect(typesOf(world, { ...unstick, silentMs: 3_600_000, idle: true })).toEqual(['batch.stuck'])
    expect(world.batch('spring').openLayer).toBeNull()
  })
})

describe('looking whether a batch is stuck [S0-06]', () => {
  const late = { ...unstick, silentMs: 3_600_000 }

  it('leaves a batch alone that is not promoted, or paused', () => {
    const world = new World().add('seed', 'fruit <- seed')
    world.stage('spring', ['fruit'])
    expect(typesOf(world, late)).toEqual([])
    world.promote('spring')
    world.do({ type: 'batch.pause', batchId: spring })

    expect(typesOf(world, late)).toEqual([])
  })

  it('finds nothing where all has settled, and nothing twice', () => {
    const world = promoted({}, 'seed')
    world.succeed(world.start('seed'))
    expect(typesOf(world, late)).toEqual([])

    const waiting = new World().add('seed', 'fruit <- seed')
    waiting.stage('spring', ['fruit'])
    waiting.promote('spring')
    expect(typesOf(waiting, late)).toEqual(['batch.stuck'])
    expect(typesOf(waiting, late)).toEqual([])
  })

  it('says that it moves again only where it was stuck', () => {
    const world = promoted({}, 'seed', 'fruit <- seed')
    expect(typesOf(world, late)).toEqual([])
    world.fail(world.start('seed'), { class: 'permanent' })
    expect(typesOf(world, unstick)).toEqual(['batch.stuck'])
    world.do({ type: 'tasks.retry', taskIds: [taskId('seed')] })

    expect(typesOf(world, unstick)).toEqual(['batch.unstuck'])
    expect(typesOf(world, unstick)).toEqual([])
  })

  it('names what each of up to five tasks waits for, and no more than that', () => {
    const world = new World().add(
      { line: 'sun', status: 'done' },
      'seed',
      'soil',
      ...['a', 'b', 'c', 'd', 'e'].map((code) => `${code} <- sun, seed, soil`),
    )
    world.stage('spring', ['a', 'b', 'c', 'd', 'e'])
    world.promote('spring')

    const [event] = world.do(late).events

    const parts = ['a', 'b', 'c', 'd', 'e'].map((code) => `"${code}": waiting on "seed", "soil"`)
    expect(event).toMatchObject({
      type: 'batch.stuck',
      reason: `nothing has moved for 60 min: ${parts.join('; ')}`,
    })
  })

  it('separates the five that it names when there are more', () => {
    const codes = ['a', 'b', 'c', 'd', 'e', 'f']
    const world = new World().add('seed', ...codes.map((code) => `${code} <- seed`))
    world.stage('spring', codes)
    world.promote('spring')

    expect(world.do(late).events[0]).toMatchObject({
      reason: expect.stringContaining('"a": waiting on "seed"; "b": waiting on "seed"; '),
    })
  })

  it('says of a task without dependencies what else keeps it', () => {
    const world = new World({ barrier: 'layer' }).add(
      { line: 'rough', contextReady: false },
      'late',
      'seed',
      'fruit <- seed',
    )
    plan(world, ['fruit'], ['rough'], ['late'])
    world.stage('spring', ['fruit', 'late'])
    world.do({
      type: 'tasks.stage',
      batchId: spring,
      tasks: [{ id: taskId('rough'), stagePriority: 0 }],
      force: true,
    })
    world.promote('spring')

    expect(world.do(late).events[0]).toMatchObject({
      reason: [
        'nothing has moved for 60 min: "rough": layer 1 opens when layer 0 has settled',
        '"late": layer 2 opens when layer 0 has settled',
        '"fruit": waiting on "seed"',
      ].join('; '),
    })
  })

  it('opens the next layer, and calls nothing stuck, when the project rests before a closed one', () => {
    const world = new World({ barrier: 'layer' }).add('seed', 'soil', 'rain', 'fruit <- seed')
    plan(world, ['fruit'], ['soil'], ['seed', 'rain'])
    world.stage('spring', ['fruit', 'soil', 'seed', 'rain'])
    world.promote('spring')
    world.do({ type: 'task.cancel', taskId: taskId('soil'), reason: 'frost' })

    expect(typesOf(world, { ...late, silentMs: 0 })).toEqual([])
    expect(world.do({ ...late, idle: true }).events).toMatchObject([
      { type: 'batch.layer-opened', openLayer: 2 },
      { type: 'work.released', orders: [{ taskId: 'seed' }, { taskId: 'rain' }] },
    ])
  })

  it('is stuck when the project rests and no closed layer is left', () => {
    const world = new World({ barrier: 'layer' }).add('seed', 'fruit <- seed', 'jam')
    plan(world, ['fruit', 'seed'], ['jam'])
    world.stage('spring', ['fruit', 'jam'])
    world.promote('spring')
    world.do({ type: 'task.cancel', taskId: taskId('jam'), reason: 'ants' })

    expect(typesOf(world, { ...late, idle: true })).toEqual(['batch.stuck'])
    const free = new World({ barrier: 'none' }).add('seed', 'fruit <- seed')
    free.stage('spring', ['fruit'])
    free.promote('spring')
    expect(typesOf(free, { ...late, idle: true })).toEqual(['batch.stuck'])
  })
})

describe('the policy for a batch behind a failed task [S0-06]', () => {
  const policy = (stuckPolicy: StuckPolicy) => ({ stuckPolicy })

  it('names all that wait for one of the failed, whatever else they wait for', () => {
    const world = new World(policy('hold')).add(
      'sun',
      'soil',
      'seed',
      'fruit <- sun, seed',
      'jam <- soil, sun',
    )
    world.stage('spring', ['soil', 'seed', 'fruit', 'jam'])
    world.promote('spring')
    world.fail(world.start('seed'), { class: 'permanent' })
    world.fail(world.start('soil'), { class: 'permanent' })

    expect(world.do(unstick).events).toMatchObject([
      {
        type: 'batch.stuck',
        reason: '2 task(s) ("fruit", "jam") wait for "soil", "seed", which will not finish',
      },
    ])
  })

  it('skips what waits for a task that was cancelled, too', () => {
    const world = promoted(policy('skip'), 'seed', 'fruit <- seed', 'jam')
    world.succeed(world.start('jam'))
    world.do({ type: 'task.cancel', taskId: taskId('seed'), reason: 'frost' })

    expect(world.do(unstick).events).toMatchObject([
      { type: 'batch.stuck', policy: 'skip' },
      { type: 'task.cancelled', taskId: 'fruit' },
      { type: 'batch.unstuck' },
    ])
  })

  it('skips in a batch that was held, once it is told to skip', () => {
    const world = promoted(policy('hold'), 'seed', 'fruit <- seed')
    world.fail(world.start('seed'), { class: 'permanent' })
    world.do(unstick)
    world.do({ type: 'project.update', settings: policy('skip') })

    expect(typesOf(world, unstick)).toEqual(['batch.stuck', 'task.cancelled', 'batch.unstuck'])
  })

  it('skips no task that has settled, and each of the others once', () => {
    const world = promoted(
      policy('skip'),
      'seed',
      'sun',
      'fruit <- seed',
      'jam <- fruit',
      'pie <- fruit, jam',
      'tea <- fruit',
    )
    world.do({ type: 'task.complete', taskId: taskId('tea'), summary: 'bought' })
    world.succeed(world.start('sun'))
    world.fail(world.start('seed'), { class: 'permanent' })

    const { events } = world.do(unstick)

    expect(
      events.flatMap((event) => (event.type === 'task.cancelled' ? [event.taskId] : [])),
    ).toEqual(['fruit', 'jam', 'pie'])
    expect(world.task('tea').status).toBe('done')
  })

  it('retries what failed in another batch, and nothing whose batch is gone', () => {
    const world = new World(policy('retry')).add('seed', 'soil', 'fruit <- seed, soil')
    world.stage('summer', ['seed'])
    world.stage('winter', ['soil'])
    world.stage('spring', ['fruit'])
    for (const name of ['summer', 'winter', 'spring']) world.promote(name)
    world.fail(world.start('seed'), { class: 'permanent' })
    world.fail(world.start('soil'), { class: 'permanent' })
    world.do({ type: 'batch.delete', batchId: batchId('winter') })

    expect(world.do(unstick).events).toMatchObject([
      { type: 'batch.stuck', policy: 'retry' },
      { type: 'task.reopened', taskId: 'seed', to: 'staged' },
      { type: 'work.released', orders: [{ taskId: 'seed' }] },
      { type: 'batch.unstuck' },
    ])
    expect(world.task('soil').status).toBe('failed')
  })
})
