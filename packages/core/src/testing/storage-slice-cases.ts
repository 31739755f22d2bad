import { equal } from './check.ts'
import type { ContractCase } from './contract.ts'
import {
  exampleAttempt,
  exampleBatch,
  exampleDependency,
  exampleRequest,
  exampleSession,
  exampleTask,
  exampleWorkOrder,
} from './example-rows.ts'
import { load, projectId, taskId, update, withProject } from './storage-steps.ts'
import type { StorageSubject } from './storage-suite.ts'

/** What the rows that a command names bring along. */
export const storageSliceCases: readonly ContractCase<StorageSubject>[] = [
  {
    id: 'storage.rows.slice-closure',
    title: 'a loaded row brings what belongs to it and nothing else',
    async run({ storage }) {
      const batch = exampleBatch(projectId, 'b1')
      const order = exampleWorkOrder(projectId, 't1', 'o1', { status: 'claimed', fence: 1 })
      const attempt = exampleAttempt(order, 'a1')
      const edge = (from: string, to: string) =>
        ['dependency', exampleDependency(projectId, from, to)] as const
      await withProject(
        storage,
        ['batch', batch],
        ['batch', exampleBatch(projectId, 'b2')],
        ['task', exampleTask(projectId, 't1', { batchId: batch.id, workOrderId: order.id })],
        ['task', exampleTask(projectId, 't2', { position: 2 })],
        [
          'task',
          exampleTask(projectId, 't3', { position: 3, batchId: exampleBatch(projectId, 'b2').id }),
        ],
        ['task', exampleTask(projectId, 't4', { position: 4 })],
        edge('t2', 't1'),
        edge('t3', 't2'),
        edge('t4', 't3'),
        ['workOrder', { ...order, attemptId: attempt.id }],
        ['attempt', attempt],
        ['request', exampleRequest(attempt, 'r1')],
        ['request', exampleRequest(attempt, 'r2', { status: 'answered' })],
        ['session', exampleSession(attempt, 's1', { status: 'ended', endedAt: 1 })],
        ['session', exampleSession(attempt, 's2')],
      )
      const named = async (keys: Parameters<typeof load>[1]) => {
        const slice = await load(storage, keys)
        return {
          tasks: [...slice.tasks.keys()],
          dependencies: [...slice.dependencies.keys()].toSorted(),
          dependents: [...slice.dependents.keys()].toSorted(),
          batches: [...slice.batches.keys()],
          orders: [...slice.workOrders.keys()],
          attempts: [...slice.attempts.keys()],
          requests: [...slice.requests.keys()],
          sessions: [...slice.sessions.keys()],
        }
      }
      const none = {
        tasks: [],
        dependencies: [],
        dependents: [],
        batches: [],
        orders: [],
        attempts: [],
        requests: [],
        sessions: [],
      }
      const t1 = { ...none, tasks: ['t1'], batches: ['b1'], orders: ['o1'], attempts: ['a1'] }
      equal(await named({}), none, 'nothing named')
      equal(await named({ tasks: [taskId('t1'), taskId('?')] }), t1, 'by task')
      equal(await named({ workOrders: [order.id] }), t1, 'by work order')
      equal(await named({ attempts: [attempt.id] }), t1, 'by attempt')
      equal(await named({ batches: [batch.id] }), { ...none, batches: ['b1'] }, 'by batch')
      equal(await named({ batches: 'all' }), { ...none, batches: ['b1', 'b2'] }, 'all batches')
      equal(await named({ tasksOfBatches: [batch.id] }), t1, 'tasks of batches')
      equal(
        await named({ requests: [exampleRequest(attempt, 'r2').id] }),
        { ...t1, requests: ['r2'] },
        'by request',
      )
      equal(
        await named({ tasks: [taskId('t1')], openRequests: true }),
        { ...t1, requests: ['r1'] },
        'open requests',
      )
      equal(
        await named({ sessions: [exampleSession(attempt, 's1').id] }),
        { ...t1, sessions: ['s1'] },
        'by session',
      )
      equal(
        await named({ attempts: [attempt.id], sessionsOfTasks: true }),
        { ...t1, sessions: ['s1', 's2'] },
        'sessions of tasks',
      )
      equal(await named({ sessionsOfTasks: true }), none, 'sessions of no task')
      equal(
        await named({ dependenciesOf: [taskId('t2')] }),
        { ...t1, tasks: ['t1', 't2'], dependencies: ['t2'] },
        'dependencies of',
      )
      equal(
        await named({ dependentsOf: [taskId('t1')] }),
        { ...t1, tasks: ['t1', 't2'], dependents: ['t1'] },
        'dependents of',
      )
      equal(
        await named({ allDependentsOf: [taskId('t2')] }),
        { ...none, tasks: ['t2', 't3', 't4'], batches: ['b2'], dependents: ['t2', 't3'] },
        'all dependents of',
      )
      equal(
        await named({ edgesOfBatches: [exampleBatch(projectId, 'b2').id] }),
        {
          ...none,
          tasks: ['t2', 't3', 't4'],
          batches: ['b2'],
          dependencies: ['t3'],
          dependents: ['t3'],
        },
        'edges of batches',
      )
    },
  },
  {
    id: 'storage.rows.open-requests',
    title: 'a loaded task brings the requests that are open now, also one that was opened again',
    async run({ storage }) {
      const attempt = exampleAttempt(exampleWorkOrder(projectId, 't1', 'o1'), 'a1')
      const requests = ['r1', 'r2'].map((id) =>
        exampleRequest(attempt, id, { status: id === 'r1' ? 'answered' : 'open' }),
      )
      await withProject(
        storage,
        ['task', exampleTask(projectId, 't1')],
        ['attempt', attempt],
        ...requests.map((request) => ['request', request] as const),
      )
      const keys = { projectId, tasks: [taskId('t1')], openRequests: true }
      await storage.transaction(async (transaction) => {
        const before = await transaction.load(keys)
        equal([...before.requests.keys()], ['r2'], 'open at first')
        const changes = [
          update('request', 'r1', { status: 'open' }),
          update('request', 'r2', { status: 'answered' }),
        ]
        await transaction.write(projectId, changes, [], 'suite')
        const after = await transaction.load(keys)
        equal([...after.requests.keys()], ['r1'], 'open afterwards')
      })
      equal([...(await load(storage, keys)).requests.keys()], ['r1'], 'open later')
    },
  },
]
