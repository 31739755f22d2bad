import { describe, expect, it } from 'vitest'
import type { WorkerId, WorkOrderId } from '../id.ts'
import { emptyLoad } from '../limit/admission.ts'
import { copySlice } from './apply-changes.ts'
import type { MutableSlice } from './apply-changes.ts'
import { projectId, taskId } from './garden.arbitrary.ts'
import { type Claim, World } from './world.arbitrary.ts'

const reason = 'the lease of its worker has lapsed'

function promoted(...lines: readonly string[]): World {
  const world = new World().add(...lines)
  world.stage(
    'spring',
    [...world.state.tasks.values()].map((task) => task.code),
  )
  world.promote('spring')
  return world
}

/** What would be claimed or reclaimed if the storage had lost some rows. */
function decideWithout(world: World, forget: (slice: MutableSlice) => void, claim?: Claim) {
  const slice = copySlice(world.state)
  forget(slice)
  const decision = world.decide(
    slice,
    claim === undefined
      ? {
          projectId,
          type: 'work.claim',
          workers: ['worker-1' as never],
          candidates: [world.order('seed').id],
          load: emptyLoad,
        }
      : { projectId, type: 'work.reclaim', workOrderIds: [claim.workOrderId], landed: [] },
  )
  return decision.ok ? decision.events.map((event) => event.type) : decision.refusal
}

describe('a claim [S2-02, X-02]', () => {
  it('begins an attempt with an id, a number and a fence of its own', () => {
    const world = promoted('seed')
    world.lapse(world.start('seed'))

    const [claim] = world.claim()

    expect(claim).toMatchObject({
      type: 'attempt.started',
      attemptId: expect.stringMatching(/^attempt-/),
      workerId: 'worker-1',
      number: 2,
      fence: 2,
    })
  })

  it('passes over an order that was taken back, although its task has a new one', () => {
    const world = promoted('seed')
    const old = world.order('seed').id
    world.do({ type: 'task.update', taskId: taskId('seed'), set: { contextReady: false } })
    world.do({ type: 'task.update', taskId: taskId('seed'), set: { contextReady: true } })

    expect(world.claim(1, [old])).toEqual([])
    expect(world.claim(1, [world.order('seed').id])).toHaveLength(1)
  })

  it('passes over an order whose retry is not due, to the millisecond', () => {
    const world = promoted('seed')
    world.random = () => 0
    world.fail(world.start('seed'), { class: 'transient' })
    const { id, notBefore } = world.order('seed')

    world.now = notBefore - 1
    expect(world.claim(1, [id])).toEqual([])
    world.now = notBefore
    expect(world.claim(1, [id])).toHaveLength(1)
  })

  it('stops where no worker is free, whatever else could start', () => {
    const world = promoted('seed', 'water')

    expect(world.claim(0, world.claimable())).toEqual([])
    expect(world.claim(1, world.claimable())).toHaveLength(1)
  })

  it('gives a worker only what it can do, where it says what that is', () => {
    const world = new World().add({ line: 'seed', capabilities: ['dig'] }, 'sun')
    world.stage('spring', ['seed', 'sun'])
    world.promote('spring')
    const claimed = (capabilities?: readonly string[]) => {
      const decision = world.decide(world.state, {
        projectId,
        type: 'work.claim',
        workers: ['worker-1', 'worker-2'] as WorkerId[],
        candidates: world.claimable(),
        load: emptyLoad,
        ...(capabilities !== undefined && { capabilities }),
      })
      if (!decision.ok) throw new Error(decision.refusal.message)
      return decision.events.flatMap((event) => ('taskId' in event ? [event.taskId] : []))
    }

    expect(claimed()).toEqual(['seed', 'sun'])
    expect(claimed(['dig'])).toEqual(['seed', 'sun'])
    expect(claimed(['sing'])).toEqual(['sun'])
    expect(claimed([])).toEqual(['sun'])
  })

  it('passes over what the storage does not know', () => {
    const world = promoted('seed')
    const { id, taskId } = world.order('seed')

    expect(decideWithout(world, () => {})).toEqual(['attempt.started'])
    expect(decideWithout(world, (slice) => slice.workOrders.delete(id))).toEqual([])
    expect(decideWithout(world, (slice) => slice.tasks.delete(taskId))).toEqual([])
    expect(decideWithout(world, (slice) => slice.batches.clear())).toEqual([])
  })
})

describe('work whose worker is lost [S2-03, X-02]', () => {
  it('is stopped where it may still run, freed, and offered to others at once', () => {
    const world = promoted('seed')
    const claim = world.start('seed')

    const { events, effects } = world.lapse(claim)

    expect(events).toMatchObject([{ type: 'attempt.interrupted', counted: true, reason }])
    expect(effects).toEqual([
      { type: 'abort', workOrderId: claim.workOrderId, reason },
      { type: 'release-lease', workOrderIds: [claim.workOrderId] },
      {
        type: 'dispatch',
        orders: [{ workOrderId: claim.workOrderId, fence: 1, notBefore: world.now }],
      },
    ])
  })

  it('is offered to nobody once its task counts as poison, and its questions are withdrawn', () => {
    const world = new World({ maxInterruptions: 1 }).add('seed')
    world.stage('spring', ['seed'])
    world.promote('spring')
    const claim = world.start('seed')
    world.write(claim, {
      type: 'attempt.wait',
      request: { kind: 'question', text: 'Which soil?', options: [] },
    })

    const { events, effects } = world.lapse(claim)

    expect(events).toMatchObject([
      { type: 'attempt.interrupted', retryAt: null },
      { type: 'request.cancelled', reason: 'the task has failed' },
      { type: 'task.failed' },
    ])
    expect(effects.map((effect) => effect.type)).toEqual(['abort', 'release-lease'])
  })

  it('returns to the queue from the merge too, when nothing shows that it has landed', () => {
    const world = promoted('seed')
    const claim = world.start('seed')
    world.write(claim, { type: 'attempt.verify', summary: 'sown' })
    world.write(claim, { type: 'attempt.merge', verdicts: [], target: 'main' })

    world.lapse(claim)

    expect(world.attempt(claim).status).toBe('interrupted')
    expect(world.task('seed').status).toBe('staged')
  })

  it('stays done when the lapse of its lease is noticed late', () => {
    const world = promoted('seed')
    const claim = world.start('seed')
    world.succeed(claim)

    expect(world.lapse(claim).events).toEqual([])
    // Also where the rows of its settled order are loaded.
    expect(decideWithout(world, () => {}, claim)).toEqual([])
    expect(world.task('seed').status).toBe('done')
  })

  it('is left alone where the storage does not know its rows', () => {
    const world = promoted('seed')
    const claim = world.start('seed')
    const unknown = { ...claim, workOrderId: 'order-unknown' as WorkOrderId }

    expect(decideWithout(world, () => {}, claim)).toEqual(['attempt.interrupted'])
    expect(decideWithout(world, () => {}, unknown)).toEqual([])
    expect(decideWithout(world, (slice) => slice.tasks.clear(), claim)).toEqual([])
    expect(decideWithout(world, (slice) => slice.attempts.clear(), claim)).toEqual([])
  })

  it('withdraws the questions that a success makes needless, saying so', () => {
    const world = promoted('seed')
    const lost = world.start('seed')
    world.write(lost, {
      type: 'attempt.wait',
      request: { kind: 'question', text: 'Which soil?', options: [] },
    })
    world.lapse(lost)

    const { events } = world.succeed(world.start('seed'))

    expect(events[0]).toMatchObject({ type: 'request.cancelled', reason: 'the task is done' })
  })
})

describe('a task whose worker was lost by no fault of its own [S2-03, X-02]', () => {
  const survive = (world: World, { attemptId }: Claim) =>
    world.do({ type: 'attempt.survive', attemptId })

  it('is not suspected where its process asks itself, or only the merge was waited for', () => {
    const world = promoted('seed', 'sun')
    const stood = world.start('seed')
    const waited = world.start('sun')

    expect(world.lapse(stood, undefined, { alive: [stood.attemptId] }).events).toMatchObject([
      { counted: false, reason: 'its worker stood still for longer than its lease' },
    ])
    expect(world.lapse(waited, undefined, { waited: [waited.attemptId] }).events).toMatchObject([
      { counted: false, reason: 'its engine was lost while it waited in the merge queue' },
    ])
    expect(['seed', 'sun'].map((code) => world.order(code).interruptions)).toEqual([0, 0])
    expect(survive(world, stood).events).toEqual([])
    expect(survive(world, waited).events).toEqual([])
  })

  it('is suspected no more once the worker is heard of again, once for each loss', () => {
    const world = promoted('seed')
    const first = world.start('seed')
    world.lapse(first)
    const second = world.start('seed')
    world.lapse(second)
    expect(world.order('seed').interruptions).toBe(2)

    const third = world.start('seed')
    expect(survive(world, first).events).toMatchObject([{ type: 'attempt.survived' }])
    expect(survive(world, first).events).toEqual([])
    expect(world.order('seed')).toMatchObject({ interruptions: 1, status: 'claimed' })
    expect(world.attempt(first)).toMatchObject({
      status: 'interrupted',
      failure: { message: 'its worker stood still for longer than its lease, and came back' },
    })
    // Nobody has taken this one for lost.
    expect(survive(world, third).events).toEqual([])
    world.succeed(third)
    expect(survive(world, second).events).toEqual([])
  })

  it('is given up all the same when its process stands still each time', () => {
    const world = new World({ maxInterruptions: 2 }).add('seed')
    world.stage('spring', ['seed'])
    world.promote('spring')
    let attempts = 0
    for (; world.task('seed').status !== 'failed'; attempts += 1) {
      const claim = world.start('seed')
      world.lapse(claim, undefined, { alive: [claim.attemptId] })
    }
    expect(attempts).toBe(2 * 4 + 2)

    const again = new World({ maxInterruptions: 2 }).add('seed')
    again.stage('spring', ['seed'])
    again.promote('spring')
    for (attempts = 0; again.task('seed').status !== 'failed'; attempts += 1) {
      const claim = again.start('seed')
      again.lapse(claim)
      survive(again, claim)
    }
    expect(attempts).toBe(2 * 4 - 1 + 2)
  })
})
