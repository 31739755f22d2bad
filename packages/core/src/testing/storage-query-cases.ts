import type { ProjectId } from '../id.ts'
import type { Attempt } from '../staging/state.ts'
import { equal } from './check.ts'
import type { ContractCase } from './contract.ts'
import {
  exampleAttempt,
  exampleBatch,
  exampleProject,
  exampleRequest,
  exampleSession,
  exampleTask,
  exampleWorker,
  exampleWorkOrder,
} from './example-rows.ts'
import {
  claimOf,
  inserts,
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

export const storageQueryCases: readonly ContractCase<StorageSubject>[] = [
  {
    id: 'storage.query.load',
    title:
      'the load counts running, verifying and merging attempts by batch, account and resource, and names who has which key or lost workers',
    async run({ storage }) {
      const statuses: readonly Attempt['status'][] = [
        'running',
        'waiting',
        'verifying',
        'merging',
        'succeeded',
        'failed',
        'interrupted',
        'yielded',
        'running',
      ]
      const batches = [exampleBatch(projectId, 'b0'), exampleBatch(projectId, 'b1')]
      await withProject(
        storage,
        ...batches.map((batch) => ['batch', batch] as const),
        ...statuses.flatMap((status, index) => {
          const order = exampleWorkOrder(projectId, `t${index}`, `o${index}`, {
            status: 'claimed',
            attemptId: `a${index}` as Attempt['id'],
            interruptions: index < 3 ? index : 0,
          })
          return [
            [
              'task',
              exampleTask(projectId, `t${index}`, {
                batchId: batches[index % 2]!.id,
                account: index === 3 ? 'team' : null,
                resources: index === 1 ? {} : { gpu: 0.5, key: index },
                exclusiveKeys: index % 2 === 0 ? ['src/a.ts', `own "${index}"`] : [],
              }),
            ] as const,
            ['workOrder', order] as const,
            ['attempt', exampleAttempt(order, `a${index}`, { status })] as const,
          ]
        }),
      )
      equal(await query(storage, 'load', { projectId }), {
        total: 4,
        byBatch: new Map([
          ['b0', 3],
          ['b1', 1],
        ]),
        byAccount: new Map([
          ['default', 3],
          ['team', 1],
        ]),
        // Those of the tasks 0, 2, 3 and 8.
        byResource: new Map([
          ['gpu', 2],
          ['key', 13],
        ]),
        // After a plan was built again, several that run may have a key: the first code is named.
        byKey: new Map([
          ['src/a.ts', 't0'],
          ['own "0"', 't0'],
          ['own "2"', 't2'],
          ['own "8"', 't8'],
        ]),
        // t1 has lost one too, but waits.
        interruptions: new Map([['t2', 2]]),
      })
      const open = await query(storage, 'attempts', {
        projectId,
        status: ['running', 'waiting', 'verifying', 'merging'],
      })
      equal(
        open.map(({ id }) => id as string),
        ['a0', 'a1', 'a2', 'a3', 'a8'],
        'attempts that have not ended',
      )
      await write(storage, [update('attempt', 'a0', { status: 'waiting' })])
      const after = await query(storage, 'load', { projectId })
      equal(after.total, 3, 'after one began to wait')
      equal(after.byKey.get('src/a.ts'), 't2', 'who has the key then')
    },
  },
  {
    id: 'storage.query.expired',
    title: 'expired names claimed work orders without a live lease, oldest first, up to the limit',
    async run({ storage }) {
      await withProject(
        storage,
        ...[5, 3, 4, 1].map(
          (enqueuedAt, index) =>
            [
              'workOrder',
              exampleWorkOrder(projectId, `t${index}`, `o${index}`, {
                status: index === 3 ? 'queued' : 'claimed',
                enqueuedAt,
              }),
            ] as const,
        ),
      )
      equal(await query(storage, 'expired', { projectId, limit: 9 }), ['o1', 'o2', 'o0'])
      equal(await query(storage, 'expired', { projectId, limit: 2 }), ['o1', 'o2'])
    },
  },
  {
    id: 'storage.query.merge-queue',
    title:
      'the merge queue of a target holds the merging attempts of all projects whose claim stands, first come first; a lapsed or ended claim keeps nobody waiting',
    async run({ storage, advance }) {
      const other = 'project-2' as ProjectId
      const rowsOf = (project: ProjectId, id: string, set: Partial<Attempt> = {}) => {
        const order = exampleWorkOrder(project, `t-${id}`, `o-${id}`, {
          status: 'claimed',
          fence: 2,
          attemptId: `a-${id}` as Attempt['id'],
        })
        const merging = { status: 'merging', number: 3, mergeTarget: 'main' } as const
        return [
          ['task', exampleTask(project, `t-${id}`, { code: `T-${id}` })] as const,
          ['workOrder', order] as const,
          ['attempt', exampleAttempt(order, `a-${id}`, { ...merging, ...set })] as const,
        ]
      }
      await withProject(
        storage,
        ...rowsOf(projectId, 'late', { mergeQueuedAt: 30 }),
        ...rowsOf(projectId, 'early', { mergeQueuedAt: 10 }),
        ...rowsOf(projectId, 'works', { status: 'running', mergeTarget: null }),
        ...rowsOf(projectId, 'done', { status: 'succeeded', mergeQueuedAt: 5 }),
        ...rowsOf(projectId, 'unleased', { mergeQueuedAt: 6 }),
        ...rowsOf(projectId, 'elsewhere', { mergeTarget: 'next', mergeQueuedAt: 1 }),
        // A claim of before, whose work order somebody else has by now.
        ...rowsOf(projectId, 'former', { fence: 1, mergeQueuedAt: 2 }),
      )
      const theirs = inserts(
        ['project', exampleProject(other)],
        ...rowsOf(other, 'theirs', { mergeQueuedAt: 20 }),
        ...rowsOf(other, 'equal', { mergeQueuedAt: 10 }),
      )
      await write(storage, theirs, [], other)
      const lease = (ids: readonly string[], leaseMs: number) =>
        storage.transaction((transaction) =>
          transaction.lease(
            ids.map((id) => claimOf(`o-${id}`, 2)),
            workerId,
            leaseMs,
          ),
        )
      await lease(['late', 'works', 'done', 'elsewhere', 'former', 'theirs', 'equal'], 60_000)
      await lease(['early'], 1_000)
      const queue = async (target?: string, limit = 9) =>
        (await query(storage, 'mergeQueue', { limit, ...(target && { target }) })).map(
          ({ attemptId }) => attemptId,
        )
      equal(await queue('main'), ['a-early', 'a-equal', 'a-theirs', 'a-late'])
      equal(await queue('main', 1), ['a-early'], 'its head')
      equal(await queue('nowhere'), [])
      equal(await queue(), ['a-early', 'a-equal', 'a-theirs', 'a-late', 'a-elsewhere'], 'all')
      equal(await query(storage, 'mergeQueue', { target: 'next', limit: 1 }), [
        {
          target: 'next',
          projectId,
          taskId: taskId('t-elsewhere'),
          code: 'T-elsewhere',
          workOrderId: orderId('o-elsewhere'),
          attemptId: 'a-elsewhere' as Attempt['id'],
          number: 3,
          queuedAt: 1,
        },
      ])
      await advance(2_000)
      equal(await queue('main', 1), ['a-equal'], 'the head once the lease of the first has lapsed')
      await write(storage, [update('attempt', 'a-equal', { status: 'failed' })], [], other)
      equal(await queue('main'), ['a-theirs', 'a-late'], 'after one has ended')
    },
  },
  {
    id: 'storage.query.sessions',
    title: 'sessions are listed by when they began, filters combine, own writes show',
    async run({ storage }) {
      const attempts = ['t1', 't2'].map((task) =>
        exampleAttempt(exampleWorkOrder(projectId, task, `o-${task}`), `a-${task}`, {
          workerId: exampleWorker(projectId, `w-${task}`).id,
        }),
      )
      const [first, second] = attempts as [Attempt, Attempt]
      await withProject(
        storage,
        ['task', exampleTask(projectId, 't1')],
        ['task', exampleTask(projectId, 't2')],
        ['session', exampleSession(first, 's1', { startedAt: 3 })],
        ['session', exampleSession(second, 's2', { startedAt: 2, status: 'idle' })],
        ['session', exampleSession(first, 's3', { startedAt: 1, status: 'ended', endedAt: 2 })],
      )
      const ids = async (filter: object) =>
        (await query(storage, 'sessions', { projectId, ...filter })).map((session) => session.id)
      equal(await ids({}), ['s3', 's2', 's1'], 'all')
      equal(await ids({ status: ['active', 'idle'] }), ['s2', 's1'], 'by status')
      equal(await ids({ taskId: taskId('t1') }), ['s3', 's1'], 'by task')
      equal(await ids({ workerId: second.workerId }), ['s2'], 'by worker')
      equal(await ids({ taskId: taskId('t1'), status: ['ended'] }), ['s3'], 'by all')
      equal(await query(storage, 'projectOf', { id: 's2' }), projectId, 'the project of a session')
      const id = exampleSession(second, 's2').id
      const seen = await storage.transaction(async (transaction) => {
        // Not read before it is written: found by its task all the same.
        await transaction.write(
          projectId,
          [update('session', id, { status: 'active', lastUsedAt: 9 })],
          [],
          'suite',
        )
        const slice = await transaction.load({
          projectId,
          tasks: [taskId('t2')],
          sessionsOfTasks: true,
        })
        return slice.sessions.get(id)
      })
      equal(
        seen,
        exampleSession(second, 's2', { startedAt: 2, status: 'active', lastUsedAt: 9 }),
        'after a write',
      )
    },
  },
  {
    id: 'storage.query.tasks',
    title: 'tasks are listed by position, filters combine',
    async run({ storage }) {
      const batch = exampleBatch(projectId, 'b1')
      await withProject(
        storage,
        ['task', exampleTask(projectId, 't1', { position: 3, code: 'A', status: 'done' })],
        ['task', exampleTask(projectId, 't2', { position: 1, code: 'B', batchId: batch.id })],
        [
          'task',
          exampleTask(projectId, 't3', {
            position: 2,
            code: 'C',
            status: 'done',
            batchId: batch.id,
          }),
        ],
      )
      const ids = async (filter: object) =>
        (await query(storage, 'tasks', { projectId, ...filter })).map((task) => task.id)
      equal(await ids({}), ['t2', 't3', 't1'], 'all')
      equal(await ids({ status: ['done', 'failed'] }), ['t3', 't1'], 'by status')
      equal(await ids({ batchId: batch.id }), ['t2', 't3'], 'by batch')
      equal(await ids({ codes: ['C', 'A', 'unknown', 'A'] }), ['t3', 't1'], 'by code')
      equal(await ids({ status: ['done'], batchId: batch.id, codes: ['C', 'B'] }), ['t3'], 'by all')
      equal(await ids({ status: [] }), [], 'by no status')
      equal(await ids({ codes: [] }), [], 'by no code')
    },
  },
  {
    id: 'storage.query.history',
    title: 'work orders, attempts and requests are listed by age, of the project or of one task',
    async run({ storage }) {
      const first = exampleWorkOrder(projectId, 't1', 'o1', { enqueuedAt: 9 })
      const second = exampleWorkOrder(projectId, 't1', 'o2', { enqueuedAt: 4 })
      const other = exampleWorkOrder(projectId, 't2', 'o3', { enqueuedAt: 6 })
      const attempts = [
        exampleAttempt(first, 'a1', { startedAt: 10, status: 'failed' }),
        exampleAttempt(second, 'a2', { startedAt: 5 }),
        exampleAttempt(other, 'a3', { startedAt: 7 }),
      ] as const
      await withProject(
        storage,
        ['workOrder', first],
        ['workOrder', second],
        ['workOrder', other],
        ...attempts.map((attempt) => ['attempt', attempt] as const),
        ...attempts.map(
          (attempt, index) =>
            [
              'request',
              exampleRequest(attempt, `r${index}`, {
                askedAt: 10 - index,
                status: index === 1 ? 'answered' : 'open',
              }),
            ] as const,
        ),
      )
      const t1 = taskId('t1')
      const ids = (rows: readonly { readonly id: string }[]) => rows.map((row) => row.id)
      equal(ids(await query(storage, 'workOrders', { projectId })), ['o2', 'o3', 'o1'])
      equal(ids(await query(storage, 'workOrders', { projectId, taskId: t1 })), ['o2', 'o1'])
      equal(ids(await query(storage, 'attempts', { projectId })), ['a2', 'a3', 'a1'])
      equal(ids(await query(storage, 'attempts', { projectId, taskId: t1 })), ['a2', 'a1'])
      equal(ids(await query(storage, 'attempts', { projectId, status: ['failed'] })), ['a1'])
      equal(ids(await query(storage, 'requests', { projectId })), ['r2', 'r1', 'r0'])
      equal(ids(await query(storage, 'requests', { projectId, status: ['open'] })), ['r2', 'r0'])
      equal(ids(await query(storage, 'requests', { projectId, taskId: t1, status: ['open'] })), [
        'r0',
      ])
      equal(await query(storage, 'projectOf', { id: 'a2' }), projectId, 'the project of an attempt')
      equal(await query(storage, 'projectOf', { id: 'r2' }), projectId, 'the project of a request')
      equal(await query(storage, 'projectOf', { id: 'o3' }), projectId, 'of a work order')
    },
  },
  {
    id: 'storage.query.unknown-project',
    title: 'an unknown project is empty, not an error',
    async run({ storage }) {
      equal(await query(storage, 'claimable', { projectId, limit: 9 }), [])
      equal(await query(storage, 'ready', { projectId }), [])
      equal(await query(storage, 'batches', { projectId }), [])
      equal(await query(storage, 'lastSequence', { projectId }), 0)
      equal(await query(storage, 'nextTime', { projectId }), null)
      equal(await query(storage, 'plan', { projectId }), null)
      equal((await query(storage, 'load', { projectId })).total, 0)
      equal(await storage.eventsAfter(projectId, 0), [])
      const slice = await storage.transaction((transaction) =>
        transaction.load({ projectId, everything: true }),
      )
      equal([slice.project, slice.tasks.size], [null, 0])
    },
  },
]
