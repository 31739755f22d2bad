import { check, equal, rejects } from './check.ts'
import type { ContractCase } from './contract.ts'
import { exampleTask, exampleWorker, exampleWorkOrder } from './example-rows.ts'
import {
  claimOf,
  events,
  load,
  now,
  projectId,
  query,
  withProject,
  workerId,
  write,
} from './storage-steps.ts'
import type { StorageSubject } from './storage-suite.ts'

/** The end of a storage, and what is there after it. */
export const storageRestartCases: readonly ContractCase<StorageSubject>[] = [
  {
    id: 'storage.close',
    title: 'a closed storage finishes what runs, rejects later calls, and may be closed twice',
    async run({ storage }) {
      await withProject(storage)
      const running = write(storage, [], events(1))
      const closing = storage.close()
      equal((await running).length, 1, 'the write before close')
      await closing
      await storage.close()
      await rejects(
        storage.transaction(async () => 0),
        'refused',
        'a transaction',
      )
      await rejects(storage.renew([claimOf('o1', 1)], 1_000), 'refused', 'renew')
      await rejects(storage.eventsAfter(projectId, 0), 'refused', 'eventsAfter')
    },
  },
  {
    id: 'storage.restart',
    title: 'a restart keeps rows, edges, events, leases, plans, artifacts and the clock',
    async run({ storage, advance, reopen }) {
      const order = exampleWorkOrder(projectId, 't1', 'o1', { status: 'claimed', fence: 3 })
      await withProject(
        storage,
        ['task', exampleTask(projectId, 't1', { workOrderId: order.id })],
        ['workOrder', order],
        ['worker', exampleWorker(projectId, workerId)],
      )
      await write(storage, [], events(1, 2, 3))
      await storage.transaction((transaction) =>
        transaction.lease([claimOf('o1', 3)], workerId, 60_000),
      )
      await advance(50_000)
      const state = await load(storage, { everything: true })
      const log = await storage.eventsAfter(projectId, 0)
      const before = await now(storage)
      const reopened = await reopen()
      equal(await load(reopened, { everything: true }), state, 'the state')
      equal(await reopened.eventsAfter(projectId, 0), log, 'the log')
      check((await now(reopened)) >= before - 1_000, 'the clock went back')
      equal(await query(reopened, 'expired', { projectId, limit: 9 }), [], 'expired')
      await advance(20_000)
      equal(await query(reopened, 'expired', { projectId, limit: 9 }), ['o1'], 'expired later')
    },
  },
  {
    id: 'storage.restart.clock',
    title: 'a clock that is set back between two runs brings no lease back to life',
    async run({ storage, advance, reopen }) {
      const order = exampleWorkOrder(projectId, 't1', 'o1', { status: 'claimed', fence: 1 })
      await withProject(storage, ['workOrder', order])
      await storage.transaction((transaction) =>
        transaction.lease([claimOf('o1', 1)], workerId, 60_000),
      )
      await advance(120_000)
      await write(storage, [], events(1))
      const reopened = await reopen()
      await advance(-7_200_000)
      equal(await query(reopened, 'expired', { projectId, limit: 9 }), ['o1'], 'expired')
      equal(await reopened.renew([claimOf('o1', 1)], 60_000), { lost: ['o1'] }, 'a late renewal')
    },
  },
]
