import type { WorkerId } from '../id.ts'
import type { Storage } from '../storage/storage.ts'
import { check, equal, rejects } from './check.ts'
import type { ContractCase } from './contract.ts'
import { exampleBatch, exampleTask, exampleWorker, exampleWorkOrder } from './example-rows.ts'
import {
  claimOf,
  inserts,
  load,
  orderId,
  projectId,
  query,
  update,
  withProject,
  workerId,
  write,
} from './storage-steps.ts'
import type { StorageSubject } from './storage-suite.ts'

const leaseMs = 30_000

export const storageLeaseCases: readonly ContractCase<StorageSubject>[] = [
  {
    id: 'storage.lease.one-winner',
    title: 'of many that claim at once, every work order has exactly one winner',
    async run({ storage }) {
      const orders = 12
      await withQueue(storage, orders)
      const claims = await Promise.all(
        Array.from({ length: 30 }, (_, index) => claim(storage, `worker-${index}` as WorkerId, 2)),
      )
      const won = claims.flat()
      equal(won.length, orders, 'the number of claims')
      equal(new Set(won).size, orders, 'the number of work orders claimed')
      const { workOrders } = await load(storage, { everything: true })
      equal(
        [...workOrders.values()].map((order) => order.fence),
        Array(orders).fill(1),
        'fences',
      )
    },
  },
  {
    id: 'storage.lease.renews',
    title: 'a lease that is renewed in time stands as long as it is',
    async run({ storage, advance }) {
      await withQueue(storage, 1)
      await claim(storage, workerId, 1)
      for (let round = 0; round < 4; round += 1) {
        await advance(leaseMs - 5_000)
        equal(await storage.renew([claimOf('o0', 1)], leaseMs), { lost: [] }, `renewal ${round}`)
        equal(await held(storage, 'o0', 1), true, 'held')
        equal(await query(storage, 'expired', { projectId, limit: 9 }), [], 'expired')
      }
    },
  },
  {
    id: 'storage.lease.lapses',
    title: 'a lapsed lease is neither held nor ever renewed, and its work order shows as expired',
    async run({ storage, advance }) {
      await withQueue(storage, 2)
      await claim(storage, workerId, 2)
      await advance(leaseMs - 5_000)
      await storage.renew([claimOf('o1', 1)], leaseMs)
      await advance(6_000)
      equal(await held(storage, 'o0', 1), false, 'held')
      equal(await held(storage, 'o1', 1), true, 'the renewed one')
      equal(await query(storage, 'expired', { projectId, limit: 9 }), ['o0'], 'expired')
      equal(
        await storage.renew([claimOf('o0', 1), claimOf('o1', 1)], leaseMs),
        { lost: ['o0'] },
        'a late renewal',
      )
      await advance(-20_000)
      equal(await storage.renew([claimOf('o0', 1)], leaseMs), { lost: ['o0'] }, 'a later one')
      equal(await held(storage, 'o0', 1), false, 'held after the clock went back')
    },
  },
  {
    id: 'storage.lease.stale-fence',
    title: 'once the work order has a new fence, the old claim is neither held nor renewed',
    async run({ storage }) {
      await withQueue(storage, 1)
      await claim(storage, workerId, 1)
      await write(storage, [update('workOrder', 'o0', { status: 'queued' })])
      const second = 'worker-2' as WorkerId
      equal(await claim(storage, second, 1), ['o0'], 'the second claim')
      equal(await held(storage, 'o0', 1), false, 'the old claim')
      equal(await held(storage, 'o0', 2), true, 'the new claim')
      equal(
        await storage.renew([claimOf('o0', 1)], 600_000),
        { lost: ['o0'] },
        'renewing the old claim',
      )
      equal(await storage.renew([claimOf('o0', 2)], leaseMs), { lost: [] }, 'renewing the new one')
      await write(storage, [update('workOrder', 'o0', { fence: 3 })])
      equal(await held(storage, 'o0', 2), false, 'a claim whose lease is behind the fence')
      equal(await storage.renew([claimOf('o0', 2)], leaseMs), { lost: ['o0'] }, 'renewing it')
    },
  },
  {
    id: 'storage.lease.only-own-fence',
    title: 'a lease is granted for the current fence of a work order only',
    async run({ storage }) {
      await withQueue(storage, 1)
      for (const wrong of [claimOf('o0', 7), claimOf('unknown', 0)]) {
        await rejects(
          storage.transaction((transaction) => transaction.lease([wrong], workerId, leaseMs)),
          'lease-lost',
          `a lease for ${wrong.workOrderId} with fence ${wrong.fence}`,
        )
      }
      equal(await storage.renew([claimOf('unknown', 1)], leaseMs), { lost: ['unknown'] }, 'renewal')
    },
  },
  {
    id: 'storage.lease.release',
    title: 'a released lease is over at once; releasing an unknown one is harmless',
    async run({ storage }) {
      await withQueue(storage, 1)
      await claim(storage, workerId, 1)
      await storage.transaction((transaction) =>
        transaction.release([orderId('o0'), orderId('unknown')]),
      )
      equal(await held(storage, 'o0', 1), false, 'held')
      equal(await storage.renew([claimOf('o0', 1)], leaseMs), { lost: ['o0'] }, 'renewal')
      equal(await query(storage, 'expired', { projectId, limit: 9 }), ['o0'], 'expired')
    },
  },
  {
    id: 'storage.lease.workers',
    title: 'workers are silent when neither registration nor renewal was heard for so long',
    async run({ storage, advance }) {
      await withProject(
        storage,
        ['worker', exampleWorker(projectId, 'w1')],
        ['worker', exampleWorker(projectId, 'w2')],
        ['worker', exampleWorker(projectId, 'w3', { status: 'offline' })],
      )
      const silent = () => query(storage, 'silentWorkers', { projectId, silentMs: 60_000 })
      equal(await silent(), [], 'at once')
      await advance(50_000)
      await storage.renew([], leaseMs, ['w2' as WorkerId])
      equal(await silent(), [], 'after 50 s')
      await advance(15_000)
      equal(await silent(), ['w1'], 'after 65 s')
      await write(storage, inserts(['worker', exampleWorker(projectId, 'w4')]))
      equal(await silent(), ['w1'], 'after another one registered')
      const workers = await query(storage, 'workers', { projectId })
      equal(
        workers.map((worker) => worker.id),
        ['w1', 'w2', 'w3', 'w4'],
        'the workers',
      )
    },
  },
]

async function withQueue(storage: Storage, count: number): Promise<void> {
  const batch = exampleBatch(projectId, 'b1')
  const indexes = Array.from({ length: count }, (_, index) => index)
  await withProject(
    storage,
    ['batch', batch],
    ...indexes.map(
      (index) =>
        [
          'task',
          exampleTask(projectId, `t${index}`, {
            status: 'staged',
            batchId: batch.id,
            position: index,
            workOrderId: orderId(`o${index}`),
          }),
        ] as const,
    ),
    ...indexes.map(
      (index) => ['workOrder', exampleWorkOrder(projectId, `t${index}`, `o${index}`)] as const,
    ),
  )
}

/** What the engine does to claim, without the decisions. */
async function claim(
  storage: Storage,
  worker: WorkerId,
  limit: number,
): Promise<readonly string[]> {
  return storage.transaction(async (transaction) => {
    const found = await transaction.query('claimable', { projectId, limit })
    const { workOrders } = await transaction.load({ projectId, workOrders: found })
    const claims = [...workOrders.values()].map((order) => ({
      workOrderId: order.id,
      fence: order.fence + 1,
    }))
    check(claims.length === found.length, 'a claimable work order was not loaded')
    await transaction.write(
      projectId,
      claims.map(({ workOrderId, fence }) =>
        update('workOrder', workOrderId, { status: 'claimed', workerId: worker, fence }),
      ),
      [],
      'suite',
    )
    await transaction.lease(claims, worker, leaseMs)
    return found
  })
}

function held(storage: Storage, id: string, fence: number): Promise<boolean> {
  return storage.transaction(async (transaction) =>
    (await transaction.held([claimOf(id, fence)])).has(orderId(id)),
  )
}
