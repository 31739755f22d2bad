import type { Change } from '../staging/slice.ts'
import type { Task } from '../staging/state.ts'
import type { Queries } from '../storage/storage.ts'
import { equal } from './check.ts'
import type { ContractCase } from './contract.ts'
import { exampleBatch, exampleWorkOrder } from './example-rows.ts'
import {
  inserts,
  now,
  orderId,
  projectId,
  query,
  queuedTask,
  withProject,
  write,
} from './storage-steps.ts'
import type { StorageSubject } from './storage-suite.ts'

/** What keeps ready work back: what others use, what it has lost, holds and times. */
export const storageKeptBackCases: readonly ContractCase<StorageSubject>[] = [
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
]
