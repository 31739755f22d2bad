import { describe, expect, it } from 'vitest'
import type { Event } from '../event/event.ts'
import type { AttemptId, RequestId, SessionId, WorkerId, WorkOrderId } from '../id.ts'
import { changesOf, evolve, replay } from './evolve.ts'
import { emptySlice, type Slice } from './slice.ts'
import type { Reached, Session } from './state.ts'
import { batchId, projectId, taskId } from './garden.arbitrary.ts'
import { type Claim, World } from './world.arbitrary.ts'

const at = 1_700_000_000_000
const seed = taskId('seed')
const spring = batchId('spring')
const garden = { projectId, account: 'oak' }
const workOrderId = 'order-9' as WorkOrderId
const attemptId = 'attempt-9' as AttemptId
const requestId = 'request-9' as RequestId
const workerId = 'worker-9' as WorkerId
const failure = { class: 'transient', message: 'no answer', evidence: '' } as const
const nobody = { attemptId, taskId: seed, workOrderId }

function running(): { readonly world: World; readonly claim: Claim } {
  const world = new World().add('seed')
  world.do({ type: 'worker.register', workerId: 'worker-1' as WorkerId, name: 'Ada' })
  world.stage('spring', ['seed'])
  world.promote('spring')
  return { world, claim: world.start('seed') }
}

describe('the row changes of an event [X-01, X-08]', () => {
  it.each<[Event, object[]]>([
    [
      { type: 'project.paused', projectId, at },
      [{ table: 'project', kind: 'update', key: projectId, set: { pausedAt: at } }],
    ],
    [
      { type: 'project.resumed', projectId, at },
      [{ table: 'project', kind: 'update', key: projectId, set: { pausedAt: null } }],
    ],
    [
      { type: 'project.updated', projectId, name: 'Orchard', at },
      [{ table: 'project', kind: 'update', key: projectId, set: { name: 'Orchard' } }],
    ],
    [
      { type: 'account.held', ...garden, until: 7, reason: 'slow down', at },
      [
        { table: 'hold', kind: 'delete', key: garden },
        { table: 'hold', kind: 'insert', row: { ...garden, until: 7, reason: 'slow down' } },
      ],
    ],
    [{ type: 'account.released', ...garden, at }, [{ table: 'hold', kind: 'delete', key: garden }]],
    [
      { type: 'worker.changed', workerId, status: 'offline', reason: 'bye', at },
      [{ table: 'worker', kind: 'update', key: workerId, set: { status: 'offline' } }],
    ],
    [
      { type: 'batch.paused', batchId: spring, at },
      [{ table: 'batch', kind: 'update', key: spring, set: { pausedAt: at } }],
    ],
    [
      {
        type: 'tasks.planned',
        planId: 'plan' as never,
        revision: 1,
        hash: '',
        at,
        tasks: [
          { id: seed, layer: 2, tail: 30 },
          { id: 'sun' as never, layer: 0, tail: 60, exclusiveKeys: ['src/a.ts'] },
        ],
      },
      [
        {
          table: 'task',
          kind: 'update',
          key: seed,
          set: { layer: 2, tail: 30, exclusiveKeys: [] },
        },
        {
          table: 'task',
          kind: 'update',
          key: 'sun',
          set: { layer: 0, tail: 60, exclusiveKeys: ['src/a.ts'] },
        },
      ],
    ],
    [
      { type: 'work.withdrawn', orders: [{ id: workOrderId, taskId: seed }], at },
      [
        {
          table: 'workOrder',
          kind: 'update',
          key: workOrderId,
          set: { status: 'cancelled', settledAt: at },
        },
        { table: 'task', kind: 'update', key: seed, set: { workOrderId: null } },
      ],
    ],
    [
      { type: 'attempt.merging', attemptId, taskId: seed, verdicts: [], target: 'main', at },
      [
        {
          table: 'attempt',
          kind: 'update',
          key: attemptId,
          set: { status: 'merging', verdicts: [], mergeTarget: 'main', mergeQueuedAt: at },
        },
      ],
    ],
    [
      {
        type: 'attempt.merging',
        attemptId,
        taskId: seed,
        verdicts: [],
        target: 'main',
        released: [],
        at,
      },
      [
        {
          table: 'attempt',
          kind: 'update',
          key: attemptId,
          set: { status: 'merging', verdicts: [], mergeTarget: 'main', mergeQueuedAt: at },
        },
        { table: 'task', kind: 'update', key: seed, set: { reached: 'verified', revision: 1 } },
      ],
    ],
    // Of before there was a queue.
    [
      { type: 'attempt.merging', attemptId, taskId: seed, verdicts: [], at },
      [
        {
          table: 'attempt',
          kind: 'update',
          key: attemptId,
          set: { status: 'merging', verdicts: [], mergeTarget: null, mergeQueuedAt: null },
        },
      ],
    ],
    [
      {
        type: 'attempt.overlapping',
        attemptId,
        taskId: seed,
        with: null,
        paths: ['a'],
        message: 'a line 1',
        at,
      },
      [],
    ],
    [
      {
        type: 'attempt.grouped',
        attemptId,
        taskId: seed,
        attempts: [attemptId],
        landed: 1,
        gateRuns: 1,
        gateRunsSaved: 0,
        at,
      },
      [],
    ],
    [{ type: 'attempt.output', attemptId, taskId: seed, stream: 'stdout', text: 'hello', at }, []],
    [
      { type: 'request.cancelled', requestId, reason: 'done', at },
      [{ table: 'request', kind: 'update', key: requestId, set: { status: 'cancelled' } }],
    ],
    [
      { type: 'request.answered', requestId, answer: 'clay', by: 'Ada', at },
      [
        {
          table: 'request',
          kind: 'update',
          key: requestId,
          set: { status: 'answered', answer: 'clay', answeredBy: 'Ada', answeredAt: at },
        },
      ],
    ],
  ])('%o are these, as a storage writes them', (event, changes) => {
    expect(changesOf(emptySlice, event)).toEqual(changes)
  })

  it('give a new order and a new attempt every field they begin with', () => {
    const { world, claim } = running()

    expect(
      changesOf(world.state, {
        type: 'work.released',
        orders: [{ id: workOrderId, taskId: seed }],
        at,
      }),
    ).toEqual([
      {
        table: 'workOrder',
        kind: 'insert',
        row: {
          id: workOrderId,
          projectId,
          taskId: seed,
          status: 'queued',
          fence: 0,
          attemptId: null,
          workerId: null,
          enqueuedAt: at,
          settledAt: null,
          notBefore: 0,
          chargedAttempts: 0,
          unchargedAttempts: 0,
          interruptions: 0,
          mergeRounds: 0,
        },
      },
      { table: 'task', kind: 'update', key: seed, set: { workOrderId } },
    ])
    expect(world.attempt(claim)).toEqual({
      id: claim.attemptId,
      projectId,
      taskId: seed,
      workOrderId: claim.workOrderId,
      number: 1,
      workerId: 'worker-1',
      fence: 1,
      status: 'running',
      startedAt: world.now,
      waitingSince: null,
      waitedMs: 0,
      endedAt: null,
      summary: null,
      failure: null,
      verdicts: [],
      merged: null,
      mergeTarget: null,
      mergeQueuedAt: null,
      sessionId: null,
    })
  })

  it('leave out what belongs to rows that nobody knows', () => {
    const orders = [{ id: workOrderId, taskId: seed }]
    const started = { ...nobody, workerId, number: 1, fence: 1, at }
    const tables = (event: Event) => changesOf(emptySlice, event).map(({ table }) => table)

    expect(tables({ type: 'work.released', orders, at })).toEqual([])
    expect(tables({ type: 'attempt.started', ...started })).toEqual([])
    expect(tables({ type: 'attempt.waiting', attemptId, requestId, at })).toEqual(['attempt'])
    expect(tables({ type: 'task.cancelled', taskId: seed, reason: '', at })).toEqual(['task'])
  })

  it('are just what a change of the project names', () => {
    const { world } = running()
    const set = (event: Partial<Event>) => {
      const updated = { type: 'project.updated', projectId, ...event, at } as Event
      const [change] = changesOf(world.state, updated)
      return change?.kind === 'update' ? change.set : undefined
    }
    const { settings } = world.project

    expect(set({ name: 'Orchard' })).toStrictEqual({ name: 'Orchard' })
    expect(set({ settings: { barrier: 'stage' } })).toStrictEqual({
      settings: { ...settings, barrier: 'stage' },
    })
    expect(
      changesOf(emptySlice, { type: 'project.updated', projectId, settings, at }),
    ).toStrictEqual([{ table: 'project', kind: 'update', key: projectId, set: {} }])
  })

  it('keep what was touched and the merge rounds of an end that tells of them, and only then', () => {
    const touched = { paths: ['src/a.ts'], total: 1 }
    const failed = { type: 'attempt.failed', ...nobody, failure, verdicts: [], at } as const
    const again = { ...failed, charged: false, retryAt: 5 }
    const done = {
      type: 'attempt.succeeded',
      ...nobody,
      verdicts: [],
      merged: 'c0ffee',
      reached: 'merged',
      released: [],
      at,
    } as const
    const sets = (event: Event, table: string) =>
      changesOf(emptySlice, event).flatMap((change) =>
        change.table === table && change.kind === 'update' ? [change.set] : [],
      )

    expect(sets({ ...done, touched }, 'task')).toMatchObject([{ status: 'done', touched }])
    expect(sets(done, 'task')[0]).not.toHaveProperty('touched')
    expect(sets({ ...again, touched, mergeRounds: 2 }, 'task')).toEqual([
      { status: 'staged', revision: 1 },
      { touched, revision: 1 },
    ])
    expect(sets(again, 'task')).toEqual([{ status: 'staged', revision: 1 }])
    expect(sets({ ...again, mergeRounds: 2 }, 'workOrder')).toMatchObject([{ mergeRounds: 2 }])
    expect(sets(again, 'workOrder')[0]).not.toHaveProperty('mergeRounds')
  })

  it('count from nothing where nobody knows the row', () => {
    const set = (event: Event, table: string) =>
      changesOf(emptySlice, event).flatMap((change) =>
        change.table === table && change.kind === 'update' ? [change.set] : [],
      )
    const retry = { ...nobody, retryAt: 5, at }

    expect(
      set({ type: 'attempt.failed', ...retry, failure, verdicts: [], charged: true }, 'workOrder'),
    ).toMatchObject([{ chargedAttempts: 1, unchargedAttempts: 0 }])
    expect(
      set({ type: 'attempt.failed', ...retry, failure, verdicts: [], charged: false }, 'workOrder'),
    ).toMatchObject([{ chargedAttempts: 0, unchargedAttempts: 1 }])
    expect(
      set({ type: 'attempt.interrupted', ...retry, reason: '', counted: true }, 'workOrder'),
    ).toMatchObject([{ unchargedAttempts: 1, interruptions: 1 }])
    expect(set({ type: 'attempt.yielded', ...retry, reason: '' }, 'workOrder')).toMatchObject([
      { unchargedAttempts: 1, notBefore: 5 },
    ])
    expect(set({ type: 'attempt.yielded', ...retry, reason: '' }, 'attempt')).toEqual([
      { status: 'yielded', endedAt: at, waitedMs: 0, waitingSince: null },
    ])
    expect(
      set({ type: 'batch.stuck', batchId: spring, reason: '', policy: 'hold', at }, 'batch'),
    ).toMatchObject([{ stuckCount: 1 }])
    expect(set({ type: 'task.updated', taskId: seed, set: {}, at }, 'task')).toEqual([
      { revision: 1 },
    ])
    expect(
      set(
        { type: 'attempt.verifying', attemptId, taskId: seed, summary: '', released: [], at },
        'task',
      ),
    ).toMatchObject([{ reached: 'completed' }])
  })
})

describe('the session of an attempt [S2-05]', () => {
  const sessionId = 'session-9' as SessionId
  const other = 'attempt-8' as AttemptId
  const used = { type: 'session.used', sessionId, attemptId, workerId, at } as const
  const ended = { type: 'session.ended', sessionId, reason: 'idle', at } as const
  const usage = [
    {
      table: 'session',
      kind: 'update',
      key: sessionId,
      set: { status: 'active', attemptId, workerId, lastUsedAt: at },
    },
    { table: 'attempt', kind: 'update', key: attemptId, set: { sessionId } },
  ]
  const left = (key: AttemptId) => [
    { table: 'attempt', kind: 'update', key, set: { sessionId: null } },
  ]
  const end = {
    table: 'session',
    kind: 'update',
    key: sessionId,
    set: { status: 'ended', endReason: 'idle', endedAt: at },
  }
  const usedBy = (one: AttemptId): Slice => ({
    ...emptySlice,
    sessions: new Map([[sessionId, { id: sessionId, attemptId: one } as Session]]),
  })

  it('is the last one that the attempt used, until another attempt uses it or it ends', () => {
    expect(changesOf(usedBy(other), used)).toEqual([...left(other), ...usage])
    expect(changesOf(usedBy(attemptId), used)).toEqual(usage)
    expect(changesOf(usedBy(other), ended)).toEqual([...left(other), end])
  })

  it('changes no attempt where nobody knows the session, and is none of a task nobody knows', () => {
    const started = { type: 'session.started', agentSessionId: 'thread-1', taskId: seed } as const
    expect(changesOf(emptySlice, used)).toEqual(usage)
    expect(changesOf(emptySlice, ended)).toEqual([end])
    expect(changesOf(emptySlice, { ...started, sessionId, attemptId, workerId, at })).toEqual([])
  })
})

describe('counting attempts [S3-10]', () => {
  it('keeps charged and uncharged ones apart, over failures, losses and yields', () => {
    const { world, claim } = running()
    const counts = () => {
      const { chargedAttempts, unchargedAttempts, interruptions } = world.order('seed')
      return [chargedAttempts, unchargedAttempts, interruptions]
    }

    world.write(claim, { type: 'attempt.yield', reason: 'tired' })
    world.write(world.start('seed'), { type: 'attempt.yield', reason: 'tired' })
    expect(counts()).toEqual([0, 2, 0])
    world.fail(world.start('seed'), { class: 'gate-failed' })
    expect(counts()).toEqual([1, 2, 0])
    world.fail(world.start('seed'), { class: 'rate-limit' }, 0)
    expect(counts()).toEqual([1, 3, 0])
    world.lapse(world.start('seed'))
    expect(counts()).toEqual([1, 4, 1])
    world.lapse(world.start('seed'))
    expect(counts()).toEqual([1, 5, 2])
  })

  it('counts how often a batch was stuck', () => {
    const { world } = running()
    const stuck = { type: 'batch.stuck', batchId: spring, reason: '', policy: 'hold', at } as const

    const twice = evolve(evolve(world.state, stuck), stuck)

    expect(twice.batches.get(spring)).toMatchObject({ stuckCount: 2, stuckSince: at })
  })
})

describe('the end of an attempt [S2-01, S3-10]', () => {
  it.each<['yielded' | 'interrupted' | 'failed', (world: World, claim: Claim) => unknown]>([
    ['yielded', (world, claim) => world.write(claim, { type: 'attempt.yield', reason: 'tired' })],
    ['interrupted', (world, claim) => world.lapse(claim)],
    ['failed', (world, claim) => world.fail(claim)],
  ])('that is %s frees its worker, with the time it waited', (status, end) => {
    const { world, claim } = running()
    const request = { kind: 'question', text: 'Which soil?', options: [] } as const
    world.write(claim, { type: 'attempt.wait', request })
    world.now += 5_000

    end(world, claim)

    expect(world.attempt(claim)).toMatchObject({
      status,
      waitedMs: 5_000,
      waitingSince: null,
      endedAt: world.now,
    })
    expect(world.state.workers.get('worker-1')?.status).toBe('idle')
  })

  it('counts no waiting where there was none', () => {
    const { world, claim } = running()
    world.now += 5_000

    world.fail(claim)

    expect(world.attempt(claim)).toMatchObject({ waitedMs: 0, endedAt: world.now })
  })

  it('says why it was interrupted, as a cancellation without evidence', () => {
    const { world, claim } = running()
    world.lapse(claim)

    expect(world.attempt(claim).failure).toEqual({
      class: 'cancelled',
      message: 'the lease of its worker has lapsed',
      evidence: '',
    })
  })

  it('by the end of its task frees its worker and says what has become of the task', () => {
    const { world, claim } = running()

    world.do({ type: 'task.cancel', taskId: seed, reason: 'frost' })

    expect(world.state.workers.get('worker-1')?.status).toBe('idle')
    expect(world.attempt(claim)).toMatchObject({
      status: 'interrupted',
      endedAt: world.now,
      failure: { class: 'cancelled', message: 'frost', evidence: '' },
    })
  })

  it('that fails for good stays with its order, which is not offered again', () => {
    const { world, claim } = running()

    world.fail(claim, { class: 'permanent' })

    expect(world.state.workOrders.get(claim.workOrderId)).toMatchObject({
      status: 'failed',
      attemptId: claim.attemptId,
      workerId: 'worker-1',
      notBefore: 0,
      chargedAttempts: 1,
      settledAt: world.now,
    })
  })

  it('keeps the time of the first start of its task', () => {
    const { world, claim } = running()
    const first = world.now
    world.lapse(claim)
    world.now += 60_000

    world.start('seed')

    expect(world.task('seed').startedAt).toBe(first)
  })
})

describe('an answer [S3-10]', () => {
  it('brings the order forward that waits for it, and leaves every other order alone', () => {
    const { world, claim } = running()
    const request = { kind: 'question', text: 'Which soil?', options: [] } as const
    world.write(claim, { type: 'attempt.wait', request })
    const [asked] = world.requests('seed')
    if (asked === undefined) throw new Error('Something was asked.')
    const answered = {
      type: 'request.answered',
      requestId: asked.id,
      answer: 'clay',
      by: 'Ada',
      at: world.now,
    } as const
    const tables = () => changesOf(world.state, answered).map(({ table }) => table)

    expect(tables()).toEqual(['request'])
    world.write(claim, { type: 'attempt.yield', reason: 'tired' })
    expect(changesOf(world.state, answered)[1]).toEqual({
      table: 'workOrder',
      kind: 'update',
      key: claim.workOrderId,
      set: { notBefore: world.now },
    })
    world.answer(asked.id, 'clay')
    expect(tables()).toEqual(['request'])
    world.do({ type: 'tasks.unstage', taskIds: [seed] })
    expect(tables()).toEqual(['request'])
  })

  it('does not touch an order that somebody works on, though it had to wait once', () => {
    const { world, claim } = running()
    world.fail(claim, { class: 'human-needed', message: 'Which soil?' })
    const [asked] = world.requests('seed')
    if (asked === undefined) throw new Error('Something was asked.')
    const order = { ...world.order('seed'), status: 'claimed' } as const
    const slice = { ...world.state, workOrders: new Map([[order.id, order]]) }

    const changes = changesOf(slice, {
      type: 'request.answered',
      requestId: asked.id,
      answer: 'clay',
      by: 'Ada',
      at,
    })

    expect(changes.map(({ table }) => table)).toEqual(['request'])
  })
})

describe('how far work has come [X-08]', () => {
  const points: readonly Reached[] = ['nothing', 'completed', 'verified', 'merged']

  it('only ever grows, whatever an event says', () => {
    const { world } = running()
    const after = (before: Reached, reached: Reached) => {
      const state = {
        ...world.state,
        tasks: new Map([[seed, { ...world.task('seed'), reached: before }]]),
      }
      const succeeded = { ...nobody, verdicts: [], merged: null, reached, released: [], at }
      return evolve(state, { type: 'attempt.succeeded', ...succeeded }).tasks.get(seed)?.reached
    }

    for (const [low, before] of points.entries()) {
      for (const [high, reached] of points.entries()) {
        expect(after(before, reached)).toBe(points[Math.max(low, high)])
      }
    }
  })
})

describe('the log [X-01]', () => {
  it('gives the whole state again, and each event leaves the state before it as it was', () => {
    const { world, claim } = running()
    world.succeed(claim, 'c0ffee')

    const state = replay(world.events)
    const folded = world.events.reduce(evolve, emptySlice)

    expect(state).toEqual(world.state)
    expect(folded).toEqual(world.state)
    expect(emptySlice.tasks.size).toBe(0)
    expect(replay([])).toEqual(emptySlice)
  })

  it('stays the same story when its old events are taken out', () => {
    const pruned = { type: 'log.pruned', projectId, through: 3, events: 3, at } as const
    expect(changesOf(running().world.state, pruned)).toEqual([])
  })

  it('does not end the work of a task whose order has settled already', () => {
    const { world, claim } = running()
    const order = { ...world.order('seed'), status: 'failed', settledAt: 1 } as const
    const slice = { ...world.state, workOrders: new Map([[order.id, order]]) }

    const after = evolve(slice, { type: 'task.cancelled', taskId: seed, reason: '', at })

    expect(after.workOrders.get(claim.workOrderId)).toEqual(order)
    expect(after.attempts.get(claim.attemptId)?.status).toBe('running')
    expect(changesOf(slice, { type: 'task.cancelled', taskId: seed, reason: '', at })).toHaveLength(
      1,
    )
  })

  it('ends an order that nobody has claimed without touching any attempt', () => {
    const world = new World().add('seed')
    world.stage('spring', ['seed'])
    world.promote('spring')

    expect(
      changesOf(world.state, { type: 'task.cancelled', taskId: seed, reason: '', at }).map(
        ({ table }) => table,
      ),
    ).toEqual(['task', 'workOrder'])
  })
})
