import { describe, expect, it } from 'vitest'
import { batchId, taskId } from './garden.arbitrary.ts'
import { World } from './world.arbitrary.ts'

const promoted = (world: World) =>
  world.events.flatMap((event) => (event.type === 'batch.promoted' ? [event.batchId] : []))

describe('auto-promotion without a barrier [S0-05, X-03]', () => {
  it('promotes the next batch as soon as a free slot cannot be filled, and says so', () => {
    const world = new World().add('seed', 'water', 'sun')
    world.stage('spring', ['seed'])
    world.stage('summer', ['water'])
    world.stage('autumn', ['sun'])

    const events = world.advance(1)

    expect(events).toMatchObject([
      {
        type: 'batch.promoted',
        batchId: 'spring',
        auto: true,
        generation: 1,
        reason: 'a free slot could not be filled from the promoted batches',
      },
      { type: 'work.released' },
    ])
    expect(world.advance(1)).toEqual([])
  })

  it('runs several batches at once rather than leave slots empty', () => {
    const world = new World().add('seed', 'water', 'sun')
    world.stage('spring', ['seed'])
    world.stage('summer', ['water'])
    world.stage('autumn', ['sun'])

    world.advance(2)

    expect(promoted(world)).toEqual(['spring', 'summer'])
  })

  it('does not count work that the cap of its batch keeps from starting', () => {
    const world = new World().add('seed', 'water', 'sun')
    world.stage('spring', ['seed', 'water'], { maxParallelTasks: 1 })
    world.stage('summer', ['sun'])

    world.advance(2)

    expect(promoted(world)).toEqual(['spring', 'summer'])
    expect(world.claim(2).map((claim) => claim.taskId)).toEqual(['seed', 'sun'])
  })

  it('promotes nothing for slots that the cap of the project keeps empty', () => {
    const world = new World({ maxParallelTasks: 1 }).add('seed', 'water')
    world.stage('spring', ['seed'])
    world.stage('summer', ['water'])
    world.advance(8)
    world.start('seed')

    world.advance(7)

    expect(promoted(world)).toEqual(['spring'])
  })

  it('passes over batches that are empty, paused, or wait for a person', () => {
    const world = new World().add('seed', 'water', 'sun').create('empty')
    world.stage('manual', ['seed'], { autoPromote: false })
    world.stage('paused', ['water'])
    world.do({ type: 'batch.pause', batchId: batchId('paused') })
    world.stage('summer', ['sun'])

    world.advance(4)

    expect(promoted(world)).toEqual(['summer'])
  })

  it('does nothing while the project is paused', () => {
    const world = new World().add('seed')
    world.stage('spring', ['seed'])
    world.do({ type: 'project.pause' })

    expect(world.advance(4)).toEqual([])
  })

  it('promotes once, though two processes saw the same need', () => {
    const world = new World().add('seed')
    world.stage('spring', ['seed'])
    const commands = world.advanceCommands(1)

    for (const command of [...commands, ...commands]) world.do(command)

    expect(promoted(world)).toEqual(['spring'])
    expect(world.state.workOrders.size).toBe(1)
  })
})

describe('the barrier between stages [S0-05, X-03]', () => {
  it('promotes the next batch when every task of those before has settled', () => {
    const world = new World({ barrier: 'stage' }).add('seed', 'water', 'sun')
    world.stage('spring', ['seed', 'water'])
    world.stage('summer', ['sun'])
    world.advance(8)
    world.succeed(world.start('seed'))
    world.advance(8)
    expect(promoted(world)).toEqual(['spring'])

    world.succeed(world.start('water'))
    const events = world.advance(8)

    expect(events[0]).toMatchObject({
      batchId: 'summer',
      auto: true,
      reason: 'every task of the batches before has settled',
    })
  })

  it('waits at a batch that a person promotes', () => {
    const world = new World({ barrier: 'stage' }).add('seed', 'sun')
    world.stage('spring', ['seed'], { autoPromote: false })
    world.stage('summer', ['sun'])

    expect(world.advance(8)).toEqual([])
    world.promote('spring')
    world.succeed(world.start('seed'))
    world.advance(8)

    expect(promoted(world)).toEqual(['spring', 'summer'])
  })

  it('gives way when a batch waits for a task of a later one, for neither could ever go on', () => {
    const world = new World({ barrier: 'stage' }).add('seed', 'fruit <- seed', 'sun')
    world.stage('spring', ['fruit'])
    world.stage('summer', ['sun'])
    world.stage('autumn', ['seed'])

    world.advance(8)

    expect(promoted(world)).toEqual(['spring', 'autumn'])
    expect(world.events.findLast((event) => event.type === 'batch.promoted')).toMatchObject({
      auto: true,
      reason: 'a batch before it waits for one of its tasks',
    })
    world.succeed(world.start('seed'))
    world.succeed(world.start('fruit'))
    world.advance(8)
    expect(promoted(world)).toEqual(['spring', 'autumn', 'summer'])
  })

  it('does not give way while something that could help still runs', () => {
    const world = new World({ barrier: 'stage' }).add('seed', 'fruit <- seed', 'sun')
    world.stage('spring', ['fruit', 'sun'])
    world.stage('autumn', ['seed'])
    world.advance(8)
    world.start('sun')

    expect(world.advance(8)).toEqual([])
  })
})

describe('the barrier between layers [S0-05, X-03]', () => {
  const layered = (...layers: readonly (readonly [code: string, layer: number])[]) => {
    const world = new World({ barrier: 'layer' }).add(...layers.map(([code]) => code))
    const tasks = layers.map(([code, layer]) => ({ id: taskId(code), layer, tail: 0 }))
    world.do({ type: 'tasks.plan', planId: 'plan' as never, revision: 1, hash: '', tasks })
    return world
  }

  it('opens a layer when the former has settled, though nothing in it is waited for', () => {
    const world = layered(['seed', 0], ['water', 0], ['sun', 1], ['fruit', 2])
    world.stage('spring', ['seed', 'water', 'sun', 'fruit'])
    world.advance(8)
    expect(world.why('sun')).toEqual(['layer 1 opens when layer 0 of batch "spring" has settled'])
    expect(world.claim(8).map((claim) => claim.taskId)).toEqual(['seed', 'water'])

    const [seed, water] = world.liveClaims()
    if (seed === undefined || water === undefined) throw new Error('Two tasks run.')
    world.succeed(seed)
    expect(world.advance(8)).toEqual([])
    world.fail(water, { class: 'permanent' })
    world.advance(8)

    expect(world.claim(8).map((claim) => claim.taskId)).toEqual(['sun'])
    expect(world.batch('spring').openLayer).toBe(1)
  })

  it('also keeps the batches apart', () => {
    const world = layered(['seed', 0], ['sun', 0])
    world.stage('spring', ['seed'])
    world.stage('summer', ['sun'])
    world.advance(8)
    expect(promoted(world)).toEqual(['spring'])
  })

  it('starts at the lowest layer of the batch, also when it was promoted while it was empty', () => {
    const world = layered(['sun', 3], ['fruit', 4]).create('summer')
    world.promote('summer')
    world.stage('summer', ['sun', 'fruit'])

    world.advance(8)

    expect(world.claim(8).map((claim) => claim.taskId)).toEqual(['sun'])
  })

  it('refuses nothing and opens nothing while a task of an earlier layer is left', () => {
    const world = layered(['seed', 0], ['sun', 1])
    world.stage('spring', ['seed', 'sun'])
    world.advance(8)

    const { events } = world.do({
      type: 'batch.open-layer',
      batchId: batchId('spring'),
      layer: 1,
    })

    expect(events).toEqual([])
  })

  it('releases a task that a new plan moves into an open layer', () => {
    const world = layered(['seed', 0], ['sun', 1])
    world.stage('spring', ['seed', 'sun'])
    world.advance(8)

    const tasks = [{ id: taskId('sun'), layer: 0, tail: 0 }]
    world.do({ type: 'tasks.plan', planId: 'plan' as never, revision: 2, hash: '', tasks })

    expect(world.claim(8)).toHaveLength(2)
  })

  it('gives way when an open layer waits for a closed one', () => {
    const world = layered(['seed', 1], ['fruit', 0])
    world.do({
      type: 'task.depend',
      taskId: taskId('fruit'),
      dependencies: [
        {
          projectId: world.project.id,
          taskId: taskId('fruit'),
          dependsOn: taskId('seed'),
          releaseOn: 'verified',
          source: 'declared',
          confidence: 1,
          evidence: null,
        },
      ],
    })
    world.stage('spring', ['seed', 'fruit'])

    world.advance(8)

    expect(world.claim(8).map((claim) => claim.taskId)).toEqual(['seed'])
  })
})
