import { describe, expect, it } from 'vitest'
import type { Slice } from './slice.ts'
import { projectId, taskId } from './garden.arbitrary.ts'
import { type Claim, World } from './world.arbitrary.ts'

const soil = { kind: 'question', text: 'Which soil?', options: [] } as const

function running(...lines: readonly string[]) {
  const world = new World().add(...lines)
  world.stage(
    'spring',
    [...world.state.tasks.values()].map((task) => task.code),
  )
  world.promote('spring')
  return { world, seed: world.start('seed') }
}

function verify(world: World, slice: Slice, claim: Claim) {
  const { taskId: id, workOrderId, attemptId, fence } = claim
  const write = { taskId: id, workOrderId, attemptId, fence, held: true, projectId }
  const decision = world.decide(slice, { ...write, type: 'attempt.verify', summary: 'sown' })
  if (!decision.ok) throw new Error(decision.refusal.message)
  return decision.events
}

describe('a release [S0-04, X-01]', () => {
  it('makes an order that anybody may claim at once, and says so to the dispatcher', () => {
    const { world } = running('seed', 'fruit <- seed')

    const { effects } = world.do({
      type: 'task.complete',
      taskId: taskId('seed'),
      summary: 'bought',
    })

    const { id } = world.order('fruit')
    expect(id).toMatch(/^workOrder-/)
    expect(effects.at(-1)).toEqual({
      type: 'dispatch',
      orders: [{ workOrderId: id, fence: 0, notBefore: 0 }],
    })
  })

  it('leaves out what nobody knows, and what has no batch', () => {
    const { world, seed } = running('seed', 'fruit <- seed:completed')
    const withoutBatch = { ...world.task('fruit'), batchId: null }
    const loose = new Map(world.state.tasks).set(withoutBatch.id, withoutBatch)
    const gone = new Map(world.state.tasks)
    gone.delete(withoutBatch.id)

    expect(verify(world, world.state, seed).map(({ type }) => type)).toEqual([
      'attempt.verifying',
      'work.released',
    ])
    expect(verify(world, { ...world.state, tasks: loose }, seed)).toMatchObject([
      { type: 'attempt.verifying', released: [{ id: 'fruit', openDependencies: 0 }] },
    ])
    expect(verify(world, { ...world.state, tasks: gone }, seed)).toMatchObject([
      { type: 'attempt.verifying', released: [] },
    ])
    expect(
      world.do({
        type: 'tasks.plan',
        planId: 'plan' as never,
        revision: 1,
        hash: '',
        tasks: [{ id: taskId('ghost'), layer: 0, tail: 0 }],
      }).events,
    ).toMatchObject([{ type: 'tasks.planned' }])
  })

  it('happens once for each point that the work has come to, though it comes there again', () => {
    const { world, seed } = running('seed', 'fruit <- seed:merged', 'jam <- seed:completed')
    const merged = { ...world.task('seed'), reached: 'merged' } as const
    const tasks = new Map(world.state.tasks).set(merged.id, merged)

    expect(verify(world, { ...world.state, tasks }, seed)).toMatchObject([
      { type: 'attempt.verifying', released: [] },
    ])
  })

  it('never takes back how far the work had come before', () => {
    const { world, seed } = running('seed')
    world.write(seed, { type: 'attempt.verify', summary: 'sown' })
    const merged = { ...world.task('seed'), reached: 'merged' } as const
    const state = { ...world.state, tasks: new Map(world.state.tasks).set(merged.id, merged) }
    const { taskId: id, workOrderId, attemptId, fence } = seed
    const write = { taskId: id, workOrderId, attemptId, fence, held: true, projectId }

    const decision = world.decide(state, {
      ...write,
      type: 'attempt.succeed',
      verdicts: [],
      merged: null,
    })

    expect(decision).toMatchObject({ events: [{ type: 'attempt.succeeded', reached: 'merged' }] })
  })
})

describe('withdrawing questions [S3-10]', () => {
  it('leaves those of other tasks open, and what is answered as it is', () => {
    const { world, seed } = running('seed', 'water')
    const water = world.start('water')
    world.write(seed, { type: 'attempt.wait', request: soil })
    world.write(water, { type: 'attempt.wait', request: soil })
    const [answered] = world.requests('seed')
    if (answered === undefined) throw new Error('Something was asked.')
    world.answer(answered.id, 'clay')
    world.write(seed, { type: 'attempt.resume', load: world.load() })
    world.write(seed, { type: 'attempt.wait', request: soil })
    const open = world.requests('seed')[1]

    // On all rows, not only on those that the command names.
    const decision = world.decide(world.state, {
      projectId,
      type: 'task.cancel',
      taskId: taskId('seed'),
      reason: 'frost',
    })

    if (!decision.ok) throw new Error(decision.refusal.message)
    expect(decision.events).toMatchObject([
      { type: 'request.cancelled', requestId: open?.id, reason: 'frost' },
      { type: 'task.cancelled' },
    ])
  })
})
