import type { StorageTransaction } from '../storage/storage.ts'
import { check, equal, rejects } from './check.ts'
import { settled, type ContractCase } from './contract.ts'
import { exampleBatch, exampleTask, exampleWorker, exampleWorkOrder } from './example-rows.ts'
import {
  claimOf,
  events,
  inserts,
  load,
  now,
  orderId,
  projectId,
  query,
  taskId,
  update,
  withProject,
  workerId,
  write,
} from './storage-steps.ts'
import type { StorageSubject } from './storage-suite.ts'

export const storageTransactionCases: readonly ContractCase<StorageSubject>[] = [
  {
    id: 'storage.transaction.reads-at-once',
    title: 'several reads at once see what was written before, also where the project was named',
    async run({ storage }) {
      await withProject(storage, ['task', exampleTask(projectId, 't1')])
      const seen = await storage.transaction(async (transaction) => {
        const change = update('task', 't1', { title: 'changed' })
        const [event] = await transaction.write(projectId, [change], events(1), 'suite')
        const [rows, listed, sequence, load, again] = await Promise.all([
          transaction.load({ projectId, tasks: [taskId('t1')] }),
          transaction.query('tasks', { projectId }),
          transaction.query('lastSequence', { projectId }),
          transaction.query('load', { projectId }),
          transaction.load({ projectId, tasks: [taskId('t1')], batches: 'all' }),
        ])
        return {
          titles: [rows, again].map(({ tasks }) => tasks.get(taskId('t1'))?.title),
          listed: listed.map(({ title }) => title),
          isLast: sequence === event?.sequence,
          running: load.total,
        }
      }, projectId)
      equal(seen, {
        titles: ['changed', 'changed'],
        listed: ['changed'],
        isLast: true,
        running: 0,
      })
      const { tasks } = await load(storage, { tasks: [taskId('t1')] })
      equal(tasks.get(taskId('t1'))?.title, 'changed', 'after the commit')
    },
  },
  {
    id: 'storage.transaction.nested',
    title:
      'a call of the storage inside the work of its own transaction is refused and stores nothing',
    async run({ storage }) {
      await withProject(storage, ['task', exampleTask(projectId, 't1')])
      const titleNow = async () => {
        const { tasks } = await load(storage, { tasks: [taskId('t1')] })
        return tasks.get(taskId('t1'))?.title
      }
      const before = await titleNow()
      const inner = update('task', 't1', { title: 'inner' })
      const calls: readonly (() => Promise<unknown>)[] = [
        () => write(storage, [inner], []),
        () => storage.renew([], 1_000, [workerId]),
        () => storage.eventsAfter(projectId, 0),
      ]
      for (const call of calls) {
        const outcome = storage.transaction(async (transaction) => {
          await transaction.write(
            projectId,
            [update('task', 't1', { title: 'outer' })],
            [],
            'suite',
          )
          await rejects(call(), 'refused')
          throw new Error('undone')
        })
        check('error' in (await settled(outcome)), 'work that throws was stored')
        equal(await titleNow(), before)
      }
      // Refused, it harms nobody: neither the work that goes on without it, nor what comes after.
      const later = await storage.transaction(async (transaction) => {
        await rejects(write(storage, [inner], []), 'refused')
        await transaction.write(projectId, [update('task', 't1', { title: 'outer' })], [], 'suite')
        return { call: () => write(storage, [update('task', 't1', { title: 'later' })], []) }
      })
      equal(await titleNow(), 'outer')
      await later.call()
      equal(await titleNow(), 'later')
    },
  },
  {
    id: 'storage.transaction.atomic',
    title: 'a transaction that throws leaves no row, event, lease or sign of life behind',
    async run({ storage }) {
      const order = exampleWorkOrder(projectId, 't1', 'o1', { status: 'claimed', fence: 1 })
      await withProject(
        storage,
        ['task', exampleTask(projectId, 't1', { batchId: exampleBatch(projectId, 'b1').id })],
        ['batch', exampleBatch(projectId, 'b1')],
        ['workOrder', order],
      )
      await write(storage, [], events(1))
      const before = await load(storage, { everything: true })
      const summaries = await query(storage, 'batches', { projectId })
      const boom = new Error('boom')
      const outcome = await settled(
        storage.transaction(async (transaction) => {
          await transaction.write(
            projectId,
            [
              ...inserts(
                ['task', exampleTask(projectId, 't2')],
                ['worker', exampleWorker(projectId, workerId)],
              ),
              update('task', 't1', { status: 'done', title: 'changed', batchId: null, code: 'x' }),
              { table: 'batch', kind: 'delete', key: 'b1' },
              update('project', projectId, { name: 'changed' }),
            ],
            events(2, 3),
            'suite',
          )
          await transaction.lease([claimOf('o1', 1)], workerId, 60_000)
          await transaction.write(
            projectId,
            [update('task', 't1', { tail: 9 })],
            events(4),
            'suite',
          )
          throw boom
        }),
      )
      check('error' in outcome && outcome.error === boom, 'the error must pass through as it is')
      equal(await load(storage, { everything: true }), before, 'the state')
      equal(await query(storage, 'batches', { projectId }), summaries, 'the batches')
      equal(
        await query(storage, 'tasks', { projectId, codes: ['x'] }),
        [],
        'the code that was lost',
      )
      equal((await storage.eventsAfter(projectId, 0)).length, 1, 'the number of events')
      equal(
        await query(storage, 'expired', { projectId, limit: 9 }),
        ['o1'],
        'work without a lease',
      )
      const stored = await write(storage, [], events(5))
      equal(stored[0]?.sequence, 2, 'the next sequence')
    },
  },
  {
    id: 'storage.transaction.own-writes',
    title: 'a transaction sees what it has written, in loads and in queries',
    async run({ storage }) {
      await withProject(storage)
      await storage.transaction(async (transaction) => {
        const batch = exampleBatch(projectId, 'b1')
        const task = exampleTask(projectId, 't1', {
          status: 'staged',
          batchId: batch.id,
          workOrderId: orderId('o1'),
        })
        await transaction.write(
          projectId,
          inserts(
            ['task', task],
            ['batch', batch],
            ['workOrder', exampleWorkOrder(projectId, 't1', 'o1')],
          ),
          events(1),
          'suite',
        )
        equal(await transaction.query('claimable', { projectId, limit: 9 }), ['o1'], 'claimable')
        await transaction.write(
          projectId,
          [
            update('workOrder', 'o1', { status: 'claimed', fence: 1 }),
            update('task', 't1', { status: 'doing' }),
          ],
          events(2),
          'suite',
        )
        const slice = await transaction.load({ projectId, tasks: [taskId('t1')] })
        equal(slice.tasks.get(taskId('t1'))?.status, 'doing', 'the loaded task')
        equal(slice.workOrders.get(orderId('o1'))?.fence, 1, 'the loaded work order')
        equal(await transaction.query('claimable', { projectId, limit: 9 }), [], 'claimable')
        equal(await transaction.query('lastSequence', { projectId }), 2, 'the last sequence')
        equal(await transaction.held([claimOf('o1', 1)]), new Set(), 'held before the lease')
        await transaction.lease([claimOf('o1', 1)], workerId, 60_000)
        equal(await transaction.held([claimOf('o1', 1)]), new Set(['o1']), 'held')
      })
    },
  },
  {
    id: 'storage.transaction.isolated',
    title: 'nobody reads events that may still be rolled back',
    async run({ storage }) {
      await withProject(storage)
      const written = Promise.withResolvers<void>()
      const asked = Promise.withResolvers<void>()
      const running = settled(
        storage.transaction(async (transaction) => {
          await transaction.write(projectId, [], events(1), 'suite')
          written.resolve()
          await asked.promise
          throw new Error('rolled back')
        }),
      )
      await written.promise
      const seen = storage.eventsAfter(projectId, 0)
      asked.resolve()
      await running
      equal(await seen, [], 'the events read meanwhile')
    },
  },
  {
    id: 'storage.transaction.failed-call',
    title: 'a transaction in which a call failed is rolled back even when its work goes on',
    async run({ storage }) {
      await withProject(storage, ['task', exampleTask(projectId, 't1')])
      const running = storage.transaction(async (transaction) => {
        await transaction.write(projectId, inserts(['task', exampleTask(projectId, 't2')]), [], 'a')
        await settled(
          transaction.write(projectId, inserts(['task', exampleTask(projectId, 't1')]), [], 'a'),
        )
        return 'went on'
      })
      await rejects(running, 'conflict', 'the transaction')
      const { tasks } = await load(storage, { everything: true })
      equal([...tasks.keys()], ['t1'], 'the tasks')
    },
  },
  {
    id: 'storage.transaction.ended',
    title: 'a transaction that has ended takes no more calls',
    async run({ storage }) {
      await withProject(storage)
      let kept: StorageTransaction | undefined
      await storage.transaction(async (transaction) => {
        kept = transaction
      })
      check(kept !== undefined, 'the work did not run')
      await rejects(kept.write(projectId, [], events(1), 'late'), 'refused', 'a late write')
      equal(await storage.eventsAfter(projectId, 0), [], 'the log')
    },
  },
  {
    id: 'storage.transaction.serial',
    title: 'concurrent transactions that read and then write lose no update',
    async run({ storage }) {
      await withProject(storage, ['batch', exampleBatch(projectId, 'b1', { generation: 0 })])
      const batchIds = [exampleBatch(projectId, 'b1').id]
      await Promise.all(
        Array.from({ length: 25 }, () =>
          storage.transaction(async (transaction) => {
            const { batches } = await transaction.load({ projectId, batches: batchIds })
            const generation = (batches.get(batchIds[0]!)?.generation ?? 0) + 1
            await transaction.write(projectId, [update('batch', 'b1', { generation })], [], 'suite')
          }),
        ),
      )
      const { batches } = await load(storage, { batches: 'all' })
      equal(batches.get(batchIds[0]!)?.generation, 25, 'the counter')
    },
  },
  {
    id: 'storage.transaction.clock',
    title: 'the time stands still within a transaction and never goes back between two',
    async run({ storage, advance }) {
      await withProject(storage, ['worker', exampleWorker(projectId, workerId)])
      const [first, second] = await storage.transaction(async (transaction) => {
        await transaction.query('lastSequence', { projectId })
        return [transaction.now, transaction.now]
      })
      equal(first, second, 'the time later in the transaction')
      await advance(5_000)
      const later = await now(storage)
      check(later >= first + 5_000, `the clock moved from ${first} to ${later} only`)
      await advance(-60_000)
      const afterwards = await now(storage)
      check(afterwards >= later, `the clock went back from ${later} to ${afterwards}`)
    },
  },
]
