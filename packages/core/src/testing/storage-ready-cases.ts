import type { Task } from '../staging/state.ts'
import { equal } from './check.ts'
import type { ContractCase } from './contract.ts'
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
  projectId,
  query,
  queuedTask,
  taskId,
  update,
  withProject,
  write,
} from './storage-steps.ts'
import type { StorageSubject } from './storage-suite.ts'
import { storageReadyRule } from './storage-ready-rule.ts'

/** Which work is ready, in which order it is offered, and how its batch is told of. */
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

function idsOf(rows: readonly { readonly id: string }[]): readonly string[] {
  return rows.map(({ id }) => id)
}
