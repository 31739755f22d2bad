import type { Change } from '../staging/slice.ts'
import type { Batch, Task } from '../staging/state.ts'
import type { Queries } from '../storage/storage.ts'
import { equal } from './check.ts'
import { type ContractCase } from './contract.ts'
import {
  exampleAttempt,
  exampleBatch,
  exampleRequest,
  exampleSession,
  exampleTask,
  exampleWorker,
  exampleWorkOrder,
} from './example-rows.ts'
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
import { storageReadyRule } from './storage-ready-rule.ts'

export const storageReadyCases: readonly ContractCase<StorageSubject>[] = [
  storageReadyRule,
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

function idsOf(rows: readonly { readonly id: string }[]): readonly string[] {
  return rows.map(({ id }) => id)
}
