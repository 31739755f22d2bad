import type { BatchId, TaskId, WorkOrderId } from '../id.ts'
import { readiness } from '../staging/readiness.ts'
import type { Change, Slice } from '../staging/slice.ts'
import type {
  Batch,
  Priority,
  Task,
  TaskStatus,
  WorkOrder,
  WorkOrderStatus,
} from '../staging/state.ts'
import type { Queries } from '../storage/storage.ts'
import type { BatchSummary } from '../staging/batch-summary.ts'
import { check, equal } from './check.ts'
import { type ContractCase, settled } from './contract.ts'
import {
  exampleAttempt,
  exampleBatch,
  exampleRequest,
  exampleSession,
  exampleTask,
  exampleWorker,
  exampleWorkOrder,
} from './example-rows.ts'
import { seededRandom } from './seeded-random.ts'
import {
  inserts,
  load,
  now,
  orderId,
  projectId,
  query,
  taskId,
  update,
  withProject,
  write,
} from './storage-steps.ts'
import type { StorageSubject } from './storage-suite.ts'

export const storageReadyCases: readonly ContractCase<StorageSubject>[] = [
  {
    id: 'storage.ready.same-rule',
    title: 'ready, claimable and the counts of batches follow the one readiness rule in any state',
    async run({ storage }) {
      const random = seededRandom(20_261_121)
      await withProject(storage)
      for (let round = 0; round < 40; round += 1) {
        const at = await now(storage)
        // What is undone leaves nothing behind, in no index either.
        const undone = storage.transaction(async (transaction) => {
          const changes = randomChanges(seededRandom(round), round, at)
          await transaction.write(projectId, changes, [], 'suite')
          throw new Error('undone')
        })
        check('error' in (await settled(undone)), 'work that throws was stored')
        await write(storage, randomChanges(random, round, at))
        const slice = await load(storage, { everything: true })
        const expected = expectedOf(slice, at)
        equal(
          await query(storage, 'ready', { projectId }),
          expected.ready,
          `ready in round ${round}`,
        )
        // Far enough that nothing of `randomChanges` becomes due between the two calls.
        equal(
          await query(storage, 'claimable', { projectId, limit: 1_000 }),
          expected.claimable,
          `claimable in round ${round}`,
        )
        equal(
          await query(storage, 'claimable', { projectId, limit: 3 }),
          expected.claimable.slice(0, 3),
          `the first claimable in round ${round}`,
        )
        const some = [...slice.workOrders.keys()].filter(() => random() < 0.5)
        equal(
          await query(storage, 'claimable', { projectId, limit: 1_000, workOrderIds: some }),
          expected.claimable.filter((id) => some.includes(id)),
          `claimable of some in round ${round}`,
        )
        equal(
          (await query(storage, 'batches', { projectId })).map(withoutTime),
          expected.batches,
          `batches in round ${round}`,
        )
        const moving = (await query(storage, 'batches', { projectId, moving: true })).map(
          withoutTime,
        )
        const given = new Set(moving.map(({ batch }) => batch.id))
        equal(
          moving,
          expected.batches.filter(({ batch }) => given.has(batch.id)),
          `moving batches in round ${round}`,
        )
        equal(
          mustBeGiven(expected.batches).filter((id) => !given.has(id)),
          [],
          `moving batches left out in round ${round}`,
        )
      }
    },
  },
  {
    id: 'storage.ready.barrier',
    title:
      'a promoted batch whose tasks wait for others is among the moving ones: a barrier waits for it',
    async run({ storage }) {
      const batches = ['b1', 'b2', 'b3'].map((id, index) =>
        exampleBatch(projectId, id, { order: index + 1, promotedAt: id === 'b2' ? null : 1 }),
      )
      const tasks = batches.map(({ id }, index) =>
        exampleTask(projectId, `t${index + 1}`, {
          batchId: id,
          status: id === 'b3' ? 'doing' : 'staged',
          openDependencies: id === 'b1' ? 1 : 0,
        }),
      )
      await withProject(
        storage,
        ...batches.map((batch) => ['batch', batch] as const),
        ...tasks.map((task) => ['task', task] as const),
      )
      const moving = async () =>
        (await query(storage, 'batches', { projectId, moving: true })).map(({ batch }) => batch.id)
      equal(await moving(), ['b1', 'b2', 'b3'], 'while the first waits')
      await write(storage, [update('task', 't1', { status: 'done' })])
      const after = await moving()
      equal(
        after.filter((id) => id !== 'b1'),
        ['b2', 'b3'],
        'when the first is done',
      )
    },
  },
  {
    id: 'storage.ready.order',
    title: 'work is claimed by priority, then stage priority, then longest tail, then position',
    async run({ storage }) {
      const batch = exampleBatch(projectId, 'b1')
      const ranks: readonly Partial<Task>[] = [
        { priority: 'low', stagePriority: 99, tail: 99 },
        { priority: 'normal', stagePriority: 0, tail: 5, position: 9 },
        { priority: 'normal', stagePriority: 0, tail: 5, position: 8.5 },
        { priority: 'normal', stagePriority: 0, tail: 50, position: 10 },
        { priority: 'normal', stagePriority: 3, tail: 0, position: 11 },
        { priority: 'high', stagePriority: -1, tail: 0, position: 12 },
        { priority: 'high', stagePriority: 0.5, tail: 0, position: 13 },
      ]
      await withProject(
        storage,
        ['batch', batch],
        ...ranks.map((rank, index) => ['task', queuedTask(index, batch, rank)] as const),
        ...ranks.map(
          (_, index) =>
            ['workOrder', exampleWorkOrder(projectId, `t${index}`, `o${index}`)] as const,
        ),
      )
      const order = ['6', '5', '4', '3', '2', '1', '0']
      equal(
        await query(storage, 'claimable', { projectId, limit: 9 }),
        order.map((index) => `o${index}`),
        'claimable',
      )
      equal(
        await query(storage, 'ready', { projectId }),
        order.map((index) => `t${index}`),
        'ready',
      )
    },
  },
  {
    id: 'storage.ready.order-of-ids',
    title: 'what is equal in all else goes by its id: by code points, as UTF-8 is ordered',
    async run({ storage }) {
      const batch = exampleBatch(projectId, 'b1')
      // By halves of UTF-16, as JavaScript compares, the last one would be the second.
      const ids = ['a', '\uD7FF', '\uFF5E', '\u{1F600}']
      const backwards = ids.toReversed()
      const orderOf = (id: string) => exampleWorkOrder(projectId, `t${id}`, `o${id}`)
      const attemptOf = (id: string) => exampleAttempt(orderOf(id), `a${id}`)
      await withProject(
        storage,
        ['batch', batch],
        ...backwards.map((id) => ['batch', exampleBatch(projectId, `b${id}`)] as const),
        ...backwards.map((id) => {
          const task = queuedTask(0, batch, { code: id, workOrderId: orderOf(id).id })
          return ['task', { ...task, id: taskId(`t${id}`) }] as const
        }),
        ...backwards.map((id) => ['workOrder', orderOf(id)] as const),
        ...backwards.map((id) => ['attempt', attemptOf(id)] as const),
        ...backwards.map((id) => ['request', exampleRequest(attemptOf(id), `r${id}`)] as const),
        ...backwards.map((id) => ['session', exampleSession(attemptOf(id), `s${id}`)] as const),
        ...backwards.map((id) => ['worker', exampleWorker(projectId, `w${id}`)] as const),
      )
      const named = (letter: string) => ids.map((id) => `${letter}${id}`)
      const everything = await load(storage, { everything: true })
      const limited = { projectId, limit: 9 }
      for (const [what, found, wanted] of [
        ['claimable', await query(storage, 'claimable', limited), named('o')],
        [
          'claimable by age',
          await query(storage, 'claimable', { ...limited, enqueuedUntil: 9e15 }),
          named('o'),
        ],
        ['ready', await query(storage, 'ready', { projectId }), named('t')],
        ['tasks', idsOf(await query(storage, 'tasks', { projectId })), named('t')],
        ['work orders', idsOf(await query(storage, 'workOrders', { projectId })), named('o')],
        ['attempts', idsOf(await query(storage, 'attempts', { projectId })), named('a')],
        ['requests', idsOf(await query(storage, 'requests', { projectId })), named('r')],
        ['sessions', idsOf(await query(storage, 'sessions', { projectId })), named('s')],
        ['workers', idsOf(await query(storage, 'workers', { projectId })), named('w')],
        [
          'batches',
          idsOf((await query(storage, 'batches', { projectId })).map((each) => each.batch)),
          ['b1', ...named('b')],
        ],
        ['loaded tasks', [...everything.tasks.keys()], named('t')],
        ['loaded work orders', [...everything.workOrders.keys()], named('o')],
        ['loaded attempts', [...everything.attempts.keys()], named('a')],
      ] as const) {
        equal(found, wanted, what)
      }
    },
  },
  {
    id: 'storage.ready.age',
    title:
      'asked for what has waited, claimable gives the oldest first, equally old ones in claim order',
    async run({ storage }) {
      const batch = exampleBatch(projectId, 'b1')
      const rested = exampleBatch(projectId, 'b2', { pausedAt: 1 })
      const queued: readonly (readonly [number, Partial<Task>])[] = [
        [50, { priority: 'high' }],
        [20, { tail: 1 }],
        [10, { priority: 'low' }],
        [20, { tail: 9 }],
        [20, { priority: 'low', tail: 99 }],
        [40, { tail: 9 }],
        [5, { batchId: rested.id }],
        [5, { exclusiveKeys: ['src/a.ts'] }],
      ]
      await withProject(
        storage,
        ['batch', batch],
        ['batch', rested],
        ...queued.map(([, set], index) => ['task', queuedTask(index, batch, set)] as const),
        ...queued.map(
          ([enqueuedAt], index) =>
            [
              'workOrder',
              exampleWorkOrder(projectId, `t${index}`, `o${index}`, { enqueuedAt }),
            ] as const,
        ),
      )
      const waiting = (enqueuedUntil: number, limit = 9) =>
        query(storage, 'claimable', { projectId, limit, enqueuedUntil, keysInUse: ['src/a.ts'] })
      equal(await waiting(40), ['o2', 'o3', 'o1', 'o4', 'o5'], 'since 40')
      equal(await waiting(39, 2), ['o2', 'o3'], 'the first two since 39')
      equal(await waiting(9), [], 'since 9')
    },
  },
  {
    id: 'storage.ready.keys',
    title:
      'work whose task has a key that is in use is left out, however much of it stands in front',
    async run({ storage }) {
      const batch = exampleBatch(projectId, 'b1')
      const keys = [['src/a.ts'], ['src/b.ts', 'src/a.ts'], [], ['src/b.ts'], ['__proto__'], ['A']]
      await withProject(
        storage,
        ['batch', batch],
        ...keys.map(
          (exclusiveKeys, index) =>
            ['task', queuedTask(index, batch, { exclusiveKeys, position: index })] as const,
        ),
        ...keys.map(
          (_, index) =>
            ['workOrder', exampleWorkOrder(projectId, `t${index}`, `o${index}`)] as const,
        ),
      )
      const free = (limit: number, keysInUse: readonly string[], workOrderIds?: string[]) =>
        query(storage, 'claimable', {
          projectId,
          limit,
          keysInUse,
          ...(workOrderIds !== undefined && { workOrderIds: workOrderIds.map(orderId) }),
        })
      equal(await free(2, ['src/a.ts']), ['o2', 'o3'], 'beside src/a.ts')
      equal(await free(9, ['src/b.ts', '__proto__', 'a', '']), ['o0', 'o2', 'o5'], 'beside three')
      equal(await free(9, []), ['o0', 'o1', 'o2', 'o3', 'o4', 'o5'], 'beside nobody')
      equal(await free(9, ['src/a.ts'], ['o1', 'o3', 'o5']), ['o3', 'o5'], 'of some')
    },
  },
  {
    id: 'storage.ready.scarce',
    title:
      'tasks that ask for more than is left of a resource, or for what a worker cannot do, are left out',
    async run({ storage }) {
      const batch = exampleBatch(projectId, 'b1')
      const asks: readonly Partial<Task>[] = [
        { resources: { gpu: 2 } },
        { resources: { gpu: 1, disk: 5 } },
        { resources: { gpu: 9 }, capabilities: ['python'] },
        { resources: { gpu: 0 }, capabilities: ['python', 'gpu'] },
        { resources: { licence: 0.5 } },
        {},
      ]
      await withProject(
        storage,
        ['batch', batch],
        ...asks.map(
          (set, index) => ['task', queuedTask(index, batch, { ...set, position: index })] as const,
        ),
        ...asks.map(
          (_, index) =>
            ['workOrder', exampleWorkOrder(projectId, `t${index}`, `o${index}`)] as const,
        ),
      )
      type Asked = Pick<Queries['claimable']['input'], 'scarceResources' | 'capabilities'>
      const left = (asked: Asked, limit = 9) =>
        query(storage, 'claimable', { projectId, limit, ...asked })
      const gpu = (capacity: number, taken: number) => [{ name: 'gpu', capacity, taken }]
      const all = ['o0', 'o1', 'o2', 'o3', 'o4', 'o5']
      equal(await left({}), all, 'nobody in the way')
      equal(
        await left({ scarceResources: gpu(3, 2) }),
        ['o1', 'o3', 'o4', 'o5'],
        'one of three left',
      )
      equal(await left({ scarceResources: gpu(3, 1) }, 2), ['o0', 'o1'], 'two of three left')
      equal(await left({ scarceResources: gpu(3, 0) }), all, 'who asks for more than all gets all')
      equal(await left({ scarceResources: gpu(0, 0) }), ['o3', 'o4', 'o5'], 'none there')
      const both = [...gpu(3, 2), { name: 'licence', capacity: 0.6, taken: 0.2 }]
      equal(await left({ scarceResources: both }), ['o1', 'o3', 'o5'], 'two resources')
      equal(await left({ capabilities: [] }), ['o0', 'o1', 'o4', 'o5'], 'no capability')
      equal(
        await left({ capabilities: ['python', 'PYTHON', '__proto__'] }),
        ['o0', 'o1', 'o2', 'o4', 'o5'],
        'one of two capabilities',
      )
      equal(
        await left({ capabilities: ['gpu', 'python'], scarceResources: gpu(3, 3) }),
        ['o3', 'o4', 'o5'],
        'both',
      )
    },
  },
  {
    id: 'storage.ready.interruptions',
    title: 'work that has lost as many workers as asked for is left out',
    async run({ storage }) {
      const batch = exampleBatch(projectId, 'b1')
      const lost = [2, 0, 3, 1]
      await withProject(
        storage,
        ['batch', batch],
        ...lost.map((_, index) => ['task', queuedTask(index, batch, {})] as const),
        ...lost.map(
          (interruptions, index) =>
            [
              'workOrder',
              exampleWorkOrder(projectId, `t${index}`, `o${index}`, { interruptions }),
            ] as const,
        ),
      )
      const below = (interruptionsBelow: number, limit = 9) =>
        query(storage, 'claimable', { projectId, limit, interruptionsBelow })
      equal(await below(2), ['o1', 'o3'], 'fewer than two')
      equal(await below(3, 2), ['o0', 'o1'], 'the first of those with fewer than three')
      const some = ['o0', 'o3'].map(orderId)
      equal(
        await query(storage, 'claimable', {
          projectId,
          limit: 9,
          interruptionsBelow: 2,
          workOrderIds: some,
        }),
        ['o3'],
        'of some',
      )
    },
  },
  {
    id: 'storage.ready.holds',
    title: 'work of an account is left out from the write of its hold to its end, and comes back',
    async run({ storage, advance }) {
      const batch = exampleBatch(projectId, 'b1')
      await withProject(
        storage,
        ['batch', batch],
        ['task', queuedTask(0, batch, { position: 0 })],
        ['task', queuedTask(1, batch, { account: 'team', position: 1 })],
        ['workOrder', exampleWorkOrder(projectId, 't0', 'o0')],
        ['workOrder', exampleWorkOrder(projectId, 't1', 'o1')],
      )
      const key = { projectId, account: 'team' }
      await storage.transaction(async (transaction) => {
        const claimable = () => transaction.query('claimable', { projectId, limit: 9 })
        const until = transaction.now + 60_000
        const changes: readonly [string, Change, readonly string[]][] = [
          ['held', { table: 'hold', kind: 'insert', row: { ...key, until, reason: '' } }, ['o0']],
          ['over', { table: 'hold', kind: 'update', key, set: { until: 1 } }, ['o0', 'o1']],
          ['held again', { table: 'hold', kind: 'update', key, set: { until } }, ['o0']],
          ['released', { table: 'hold', kind: 'delete', key }, ['o0', 'o1']],
          ['anew', { table: 'hold', kind: 'insert', row: { ...key, until, reason: '' } }, ['o0']],
        ]
        // From here on a storage may know which holds there are.
        await transaction.load({ projectId, holds: true })
        equal(await claimable(), ['o0', 'o1'], 'before')
        for (const [when, change, expected] of changes) {
          await transaction.write(projectId, [change], [], 'test')
          equal(await claimable(), expected, when)
        }
      })
      equal(await query(storage, 'claimable', { projectId, limit: 9 }), ['o0'], 'afterwards')
      await advance(61_000)
      await storage.transaction(async (transaction) => {
        await transaction.load({ projectId, holds: true })
        const after = await transaction.query('claimable', { projectId, limit: 9 })
        equal(after, ['o0', 'o1'], 'when it has ended')
      })
    },
  },
  {
    id: 'storage.ready.times',
    title: 'a retry time and a hold keep work back until they are over, and say when that is',
    async run({ storage, advance }) {
      const batch = exampleBatch(projectId, 'b1')
      await withProject(storage)
      const at = await now(storage)
      await write(
        storage,
        inserts(
          ['batch', batch],
          ['task', queuedTask(0, batch, {})],
          ['task', queuedTask(1, batch, { account: 'team' })],
          ['workOrder', exampleWorkOrder(projectId, 't0', 'o0', { notBefore: at + 60_000 })],
          ['workOrder', exampleWorkOrder(projectId, 't1', 'o1')],
          ['hold', { projectId, account: 'team', until: at + 120_000, reason: 'quota' }],
          ['hold', { projectId, account: 'default', until: at - 1, reason: 'over' }],
        ),
      )
      const claimable = () => query(storage, 'claimable', { projectId, limit: 9 })
      const next = () => query(storage, 'nextTime', { projectId })
      equal(await claimable(), [], 'at once')
      equal(await query(storage, 'ready', { projectId }), ['t0', 't1'], 'ready')
      equal(await next(), at + 60_000, 'the next time')
      await advance(60_000)
      equal(await claimable(), ['o0'], 'after the retry time')
      equal(await next(), at + 120_000, 'the next time')
      await advance(60_000)
      equal(await claimable(), ['o0', 'o1'], 'after the hold')
      equal(await next(), null, 'no next time')
    },
  },
  {
    id: 'storage.ready.progress',
    title: 'a batch tells when one of its tasks last changed',
    async run({ storage, advance }) {
      const batch = exampleBatch(projectId, 'b1')
      await withProject(
        storage,
        ['batch', batch],
        ['batch', exampleBatch(projectId, 'b2', { order: 2, createdAt: 77 })],
      )
      const progress = async () =>
        (await query(storage, 'batches', { projectId })).map((summary) => summary.lastProgressAt)
      equal(await progress(), [batch.createdAt, 77], 'of empty batches')
      await write(
        storage,
        inserts(['task', queuedTask(0, batch, {})], ['task', queuedTask(1, batch, {})]),
      )
      const [first = 0] = await progress()
      await advance(10_000)
      await write(storage, [update('batch', 'b1', { name: 'Renamed' })])
      equal((await progress())[0], first, 'after a change of the batch itself')
      await write(storage, [update('task', 't1', { status: 'doing' })])
      const [second = 0] = await progress()
      equal(second >= first + 10_000, true, 'later progress is later')
      await write(storage, [update('task', 't1', { batchId: null })])
      equal((await progress())[0], first, 'after that task has left')
    },
  },
]

function queuedTask(index: number, batch: Batch, set: Partial<Task>): Task {
  return exampleTask(projectId, `t${index}`, {
    status: 'staged',
    batchId: batch.id,
    position: index,
    workOrderId: orderId(`o${index}`),
    ...set,
  })
}

const priorities: readonly Priority[] = ['high', 'normal', 'low']
const rank = new Map(priorities.map((priority, index) => [priority, index]))
const taskStatuses: readonly TaskStatus[] = [
  'todo',
  'doing',
  'review',
  'done',
  'failed',
  'cancelled',
]
const orderStatuses: readonly WorkOrderStatus[] = ['claimed', 'completed', 'failed', 'cancelled']
const accounts = [null, null, 'default', 'team', 'solo']
const batchCount = 6
const hourMs = 3_600_000

/** Some rows more and some rows changed; most tasks are ready but for one thing or another. */
function randomChanges(random: () => number, round: number, at: number): readonly Change[] {
  const chance = (share: number): boolean => random() < share
  const pick = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(random() * values.length)]!
  const known = (prefix: string, count: number): string =>
    `${prefix}${Math.floor(random() * count)}`
  const batch = (): Partial<Batch> => ({
    order: Math.floor(random() * 9),
    promotedAt: chance(0.85) ? 5 : null,
    pausedAt: chance(0.1) ? 6 : null,
    openLayer: chance(0.5) ? Math.floor(random() * 4) : null,
  })
  const task = (): Partial<Task> => ({
    status: chance(0.75) ? 'staged' : pick(taskStatuses),
    batchId: chance(0.95) ? exampleBatch(projectId, known('b', batchCount)).id : null,
    priority: pick(priorities),
    stagePriority: Math.floor(random() * 3),
    tail: Math.floor(random() * 4),
    layer: Math.floor(random() * 5),
    account: pick(accounts),
    contextReady: chance(0.8),
    forced: chance(0.2),
    openDependencies: chance(0.85) ? 0 : 1,
  })
  const order = (): Partial<WorkOrder> => ({
    status: chance(0.75) ? 'queued' : pick(orderStatuses),
    notBefore: pick([0, 0, 1, at - hourMs, at + hourMs]),
  })
  const tasks = (round + 1) * 8
  const added = Array.from({ length: 8 }, (_, offset) => round * 8 + offset)
  const hold = { projectId, account: pick(['team', 'solo', 'default']), reason: 'r' }
  return [
    ...(round < batchCount
      ? inserts(['batch', exampleBatch(projectId, `b${round}`, batch())])
      : [update('batch', known('b', batchCount), batch())]),
    ...inserts(
      ...added.flatMap((index) => [
        [
          'task',
          exampleTask(projectId, `t${index}`, {
            position: index % 4,
            workOrderId: chance(0.9) ? orderId(`o${index}`) : null,
            ...task(),
          }),
        ] as const,
        ['workOrder', exampleWorkOrder(projectId, `t${index}`, `o${index}`, order())] as const,
      ]),
    ),
    update('task', known('t', tasks), task()),
    update('task', known('t', tasks), { workOrderId: orderId(known('o', tasks)) }),
    update('workOrder', known('o', tasks), order()),
    { table: 'workOrder', kind: 'delete', key: known('o', tasks) },
    { table: 'task', kind: 'delete', key: known('t', tasks) },
    ...(round % 9 === 8
      ? [{ table: 'batch', kind: 'delete', key: known('b', batchCount) } as const]
      : []),
    update('project', projectId, { pausedAt: chance(0.1) ? 3 : null }),
    { table: 'hold', kind: 'delete', key: { projectId, account: 'team' } },
    ...inserts(['hold', { ...hold, until: at + pick([-hourMs, hourMs]) }]),
  ]
}

function expectedOf(
  slice: Slice,
  at: number,
): {
  readonly ready: readonly TaskId[]
  readonly claimable: readonly WorkOrderId[]
  readonly batches: readonly Omit<BatchSummary, 'lastProgressAt'>[]
} {
  const project = slice.project!
  const ready = [...slice.tasks.values()]
    .filter((task) => readiness(task, batchOf(slice, task), project))
    .toSorted(
      (left, right) =>
        rank.get(left.priority)! - rank.get(right.priority)! ||
        right.stagePriority - left.stagePriority ||
        right.tail - left.tail ||
        left.position - right.position ||
        (left.id < right.id ? -1 : 1),
    )
  const queued = ready.filter((task) => orderOf(slice, task)?.status === 'queued')
  const claimable = queued.filter((task) => {
    const hold = slice.holds.get(task.account ?? 'default')
    return orderOf(slice, task)!.notBefore <= at && (hold === undefined || hold.until <= at)
  })
  const summaries = [...slice.batches.values()]
    .toSorted((left, right) => left.order - right.order || (left.id < right.id ? -1 : 1))
    .map((batch) => summaryOf(batch, [...slice.tasks.values()], queued))
  return {
    ready: ready.map((task) => task.id),
    claimable: claimable.map((task) => orderOf(slice, task)!.id),
    batches: summaries,
  }
}

function summaryOf(
  batch: Batch,
  tasks: readonly Task[],
  queued: readonly Task[],
): Omit<BatchSummary, 'lastProgressAt'> {
  const own = tasks.filter((task) => task.batchId === batch.id)
  const count = (status: TaskStatus) => own.filter((task) => task.status === status).length
  const open = own.filter((task) => !['done', 'failed', 'cancelled'].includes(task.status))
  return {
    batch,
    total: own.length,
    todo: count('todo'),
    staged: count('staged'),
    queued: queued.filter((task) => task.batchId === batch.id).length,
    doing: count('doing'),
    review: count('review'),
    done: count('done'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    lowestOpenLayer: open.length === 0 ? null : Math.min(...open.map((task) => task.layer)),
  }
}

/** The batches that `moving` never leaves out. */
function mustBeGiven(all: readonly Omit<BatchSummary, 'lastProgressAt'>[]): readonly BatchId[] {
  const waiting = all.filter(({ batch, staged }) => batch.promotedAt === null && staged > 0)
  const byItself = waiting.find(({ batch }) => batch.autoPromote && batch.pausedAt === null)
  const moving = all.filter(
    ({ batch, total, queued, doing, review, done, failed, cancelled }) =>
      queued + doing + review + failed + cancelled > 0 ||
      batch.stuckSince !== null ||
      (batch.promotedAt !== null && batch.openLayer !== null && done < total),
  )
  const unfinished = all.find(
    ({ batch, todo, staged, doing, review }) =>
      batch.promotedAt !== null && todo + staged + doing + review > 0,
  )
  const firsts = [unfinished, waiting[0], byItself].filter((summary) => summary !== undefined)
  return [...moving, ...firsts].map(({ batch }) => batch.id)
}

function withoutTime(summary: BatchSummary): Omit<BatchSummary, 'lastProgressAt'> {
  const { lastProgressAt: _, ...rest } = summary
  return rest
}

function batchOf(slice: Slice, task: Task): Batch | undefined {
  return task.batchId === null ? undefined : slice.batches.get(task.batchId)
}

/** The current work order of a task; one that points elsewhere is not its own. */
function orderOf(slice: Slice, task: Task): WorkOrder | undefined {
  const order = task.workOrderId === null ? undefined : slice.workOrders.get(task.workOrderId)
  return order?.taskId === task.id ? order : undefined
}

function idsOf(rows: readonly { readonly id: string }[]): readonly string[] {
  return rows.map(({ id }) => id)
}
