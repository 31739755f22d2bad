import type { ProjectId, WorkerId } from '../id.ts'
import type { Change } from '../staging/slice.ts'
import type { Dependency, Session, StoredArtifact, StoredPlan } from '../staging/state.ts'
import { equal, rejects } from './check.ts'
import type { ContractCase } from './contract.ts'
import {
  exampleAttempt,
  exampleBatch,
  exampleDependency,
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
  load,
  orderId,
  projectId,
  query,
  taskId,
  update,
  withProject,
  write,
} from './storage-steps.ts'
import type { StorageSubject } from './storage-suite.ts'

export const storageRowCases: readonly ContractCase<StorageSubject>[] = [
  {
    id: 'storage.rows.every-field',
    title: 'every field of every row comes back as it was written',
    async run({ storage }) {
      const batch = exampleBatch(projectId, 'b1', {
        order: 1.5,
        promotedAt: 2 ** 41,
        openLayer: 3,
        stuckSince: 5,
        stuckReason: 'nothing moves',
        autoPromote: false,
      })
      const task = exampleTask(projectId, 't1', {
        estimate: { min: 5, max: 12.5 },
        touches: ['src/**', 'README.md'],
        resources: { gpu: 1, 'db:primary': 2 },
        capabilities: ['browser'],
        context: {
          projectBackground: 'A greenhouse.',
          architecture: '',
          guidance: 'Step by step.',
          tdd: { cases: [{ name: 'n', given: 'g', expected: 'e' }] },
          acceptanceCriteria: ['It works.'],
          gates: [{ name: 'test', command: ['npm', 'test'] }],
        },
        contextReady: false,
        forced: true,
        batchId: batch.id,
        stagedAt: 7,
        stagePriority: -2.25,
        openDependencies: 2,
        reached: 'verified',
        layer: 4,
        tail: 17.125,
        workOrderId: orderId('o1'),
        attemptCount: 2,
        failure: { class: 'gate-failed', message: 'red', evidence: 'tail' },
        account: 'team',
        epic: 'E',
        sprint: 'S',
        parent: 'P',
        repository: 'r',
        baseBranch: 'main',
        summary: 'done',
        startedAt: 8,
        settledAt: 9,
      })
      const order = exampleWorkOrder(projectId, 't1', 'o1', {
        status: 'claimed',
        fence: 7,
        notBefore: 2 ** 52,
        chargedAttempts: 1,
        interruptions: 2,
      })
      const attempt = exampleAttempt(order, 'a1', {
        verdicts: [
          {
            gate: 'test',
            result: 'fail',
            summary: 's',
            durationMs: 1.5,
            cause: 'flaky',
            evidence: 'e',
          },
        ],
        merged: 'abc',
        sessionId: 's1' as Session['id'],
      })
      const session = exampleSession(attempt, 's1', {
        agentSessionId: '019a-thread',
        status: 'ended',
        endReason: 'age',
        startedAt: 2 ** 41,
        lastUsedAt: 2 ** 41 + 1,
        endedAt: 2 ** 41 + 2,
      })
      await withProject(
        storage,
        ['batch', batch],
        ['task', task],
        ['task', exampleTask(projectId, 't2')],
        [
          'dependency',
          exampleDependency(projectId, 't1', 't2', { confidence: 0.5, evidence: 'x' }),
        ],
        ['workOrder', { ...order, attemptId: attempt.id }],
        ['attempt', attempt],
        ['request', exampleRequest(attempt, 'r1', { kind: 'choice', options: ['a', 'b'] })],
        ['worker', exampleWorker(projectId, 'w1')],
        ['session', session],
        ['hold', { projectId, account: 'team', until: 5, reason: 'quota' }],
      )
      const slice = await load(storage, { everything: true })
      equal(slice.project, exampleProject(projectId), 'the project')
      equal(slice.batches.get(batch.id), batch, 'the batch')
      equal(slice.tasks.get(task.id), task, 'the task')
      equal(slice.workOrders.get(order.id), { ...order, attemptId: attempt.id }, 'the work order')
      equal(slice.attempts.get(attempt.id), attempt, 'the attempt')
      equal(slice.requests.size, 1, 'the number of requests')
      equal([...slice.requests.values()][0]?.options, ['a', 'b'], 'the options')
      equal([...slice.holds.values()], [{ projectId, account: 'team', until: 5, reason: 'quota' }])
      equal([...slice.workers.values()], [exampleWorker(projectId, 'w1')], 'the workers')
      equal([...slice.sessions.values()], [session], 'the sessions')
      const edge: Dependency = exampleDependency(projectId, 't1', 't2', {
        confidence: 0.5,
        evidence: 'x',
      })
      equal(slice.dependencies.get(task.id), [edge], 'the dependencies')
      equal(slice.dependents.get(taskId('t2')), [edge], 'the dependents')
    },
  },
  {
    id: 'storage.rows.in-order',
    title: 'several changes of one row in one write count in their order',
    async run({ storage }) {
      await withProject(
        storage,
        ['task', exampleTask(projectId, 't1')],
        ['task', exampleTask(projectId, 't2')],
        ['hold', { projectId, account: 'a', until: 1, reason: 'old' }],
      )
      await write(storage, [
        update('task', 't1', { title: 'first', tail: 1 }),
        update('task', 't1', { title: 'second', layer: 3 }),
        { table: 'task', kind: 'delete', key: 't2' },
        ...inserts(['task', exampleTask(projectId, 't2', { title: 'new' })]),
        update('task', 't2', { title: 'newer' }),
        ...inserts(['task', exampleTask(projectId, 't3')]),
        { table: 'task', kind: 'delete', key: 't3' },
        { table: 'hold', kind: 'delete', key: { projectId, account: 'a' } },
        ...inserts(['hold', { projectId, account: 'a', until: 2, reason: 'new' }]),
        update('task', 'unknown', { title: 'nobody' }),
        { table: 'task', kind: 'delete', key: 'unknown' },
      ])
      const { tasks, holds } = await load(storage, { everything: true })
      equal([...tasks.keys()].toSorted(), ['t1', 't2'], 'the tasks')
      const { title, tail, layer } = tasks.get(taskId('t1'))!
      equal({ title, tail, layer }, { title: 'second', tail: 1, layer: 3 }, 'the updated task')
      equal(tasks.get(taskId('t2'))?.title, 'newer', 'the task that was replaced')
      equal(holds.get('a')?.reason, 'new', 'the hold')
    },
  },
  {
    id: 'storage.rows.conflict',
    title: 'an id or a task code that is taken is a conflict',
    async run({ storage }) {
      await withProject(storage, ['task', exampleTask(projectId, 't1', { code: 'CODE-1' })])
      await rejects(
        write(storage, inserts(['task', exampleTask(projectId, 't1', { code: 'other' })])),
        'conflict',
        'the same id',
      )
      await rejects(
        write(storage, inserts(['task', exampleTask(projectId, 't2', { code: 'CODE-1' })])),
        'conflict',
        'the same code',
      )
      await rejects(
        write(
          storage,
          inserts(
            ['task', exampleTask(projectId, 't3', { code: 'twice' })],
            ['task', exampleTask(projectId, 't4', { code: 'twice' })],
          ),
        ),
        'conflict',
        'the same code in one write',
      )
      equal((await query(storage, 'tasks', { projectId })).length, 1, 'the number of tasks')
    },
  },
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
  {
    id: 'storage.rows.many',
    title: '10 000 tasks and 30 000 dependencies are written and changed at once',
    async run({ storage }) {
      const count = 10_000
      const tasks = Array.from({ length: count }, (_, index) =>
        exampleTask(projectId, `t${index}`, { position: index }),
      )
      const edges = tasks.flatMap((task, index) =>
        [1, 2, 3]
          .filter((back) => index >= back)
          .map((back) => exampleDependency(projectId, task.id, `t${index - back}`)),
      )
      await withProject(storage, ['batch', exampleBatch(projectId, 'b1')])
      await write(
        storage,
        inserts(
          ...tasks.map((task) => ['task', task] as const),
          ...edges.map((edge) => ['dependency', edge] as const),
        ),
      )
      await write(
        storage,
        tasks.map((task, index): Change =>
          update('task', task.id, {
            status: 'staged',
            batchId: exampleBatch(projectId, 'b1').id,
            stagePriority: index % 7,
          }),
        ),
      )
      const [summary] = await query(storage, 'batches', { projectId })
      equal(summary?.staged, count, 'the number of staged tasks')
      const slice = await load(storage, { allDependentsOf: [taskId('t0')] })
      equal(slice.tasks.size, count, 'the tasks that wait for the first')
      equal(slice.tasks.get(taskId('t9999'))?.stagePriority, 9_999 % 7, 'a changed field')
      equal(slice.dependents.get(taskId('t0'))?.length, 3, 'the dependents of the first')
    },
  },
  {
    id: 'storage.rows.projects-apart',
    title: 'a project never sees the rows, events or codes of another',
    async run({ storage }) {
      const other = exampleProject('project-2', { createdAt: 2 })
      await withProject(storage, ['task', exampleTask(projectId, 't1', { code: 'same' })])
      await write(
        storage,
        inserts(
          ['project', other],
          ['task', exampleTask(other.id, 'other-t1', { code: 'same' })],
          ['batch', exampleBatch(other.id, 'other-b1')],
        ),
        [{ type: 'project.created', project: other, at: 1 }],
        other.id,
      )
      const slice = await load(storage, { tasks: [taskId('other-t1')], batches: 'all' })
      equal([slice.tasks.size, slice.batches.size], [0, 0], 'rows of the other project')
      equal(await storage.eventsAfter(projectId, 0), [], 'its events')
      equal((await query(storage, 'tasks', { projectId })).length, 1, 'its tasks')
      equal(
        (await query(storage, 'projects', {})).map((project) => project.id),
        [projectId, other.id],
        'the projects',
      )
      equal(
        await query(storage, 'projectOf', { id: 'other-b1' }),
        other.id,
        'the project of a batch',
      )
      equal(await query(storage, 'projectOf', { id: 't1' }), projectId, 'the project of a task')
      equal(await query(storage, 'projectOf', { id: 'nobody' }), null, 'the project of nobody')
    },
  },
  {
    id: 'storage.rows.ids-of-all-projects',
    title: 'an id that another project has is a conflict, and nobody changes rows of another',
    async run({ storage, advance }) {
      const other = exampleProject('project-2', { createdAt: 2 })
      const rowsOf = (project: ProjectId) => {
        const order = exampleWorkOrder(project, 't1', 'o1', { status: 'claimed', fence: 1 })
        const attempt = exampleAttempt(order, 'a1')
        return inserts(
          ['batch', exampleBatch(project, 'b1')],
          ['task', exampleTask(project, 't1')],
          ['workOrder', order],
          ['attempt', attempt],
          ['request', exampleRequest(attempt, 'r1')],
          ['session', exampleSession(attempt, 's1')],
          ['worker', exampleWorker(project, 'w1')],
        )
      }
      await withProject(storage)
      await write(storage, rowsOf(projectId))
      await write(storage, inserts(['project', other]), [], other.id)
      for (const change of rowsOf(other.id)) {
        const what = `the id of a ${change.table}`
        await rejects(write(storage, [change], [], other.id), 'conflict', what)
      }
      for (const change of rowsOf(projectId)) {
        await rejects(write(storage, [change]), 'conflict', `the same ${change.table} again`)
      }
      const worker = 'w1' as WorkerId
      await storage.transaction((transaction) =>
        transaction.lease([claimOf('o1', 1)], worker, 60_000),
      )
      await advance(1_000)
      await storage.renew([], 60_000, [worker])
      const foreign = [
        update('worker', 'w1', { status: 'offline' }),
        update('workOrder', 'o1', { fence: 7 }),
        { table: 'worker', kind: 'delete', key: 'w1' },
      ] as readonly Change[]
      for (const change of foreign) await write(storage, [change], [], other.id)
      const { workers, workOrders } = await load(storage, { everything: true })
      equal(
        [...workers.values()].map(({ id, status }) => [id, status]),
        [['w1', 'idle']],
        'the workers',
      )
      equal(
        [...workOrders.values()].map(({ fence }) => fence),
        [1],
        'the fences',
      )
      equal(await query(storage, 'silentWorkers', { projectId, silentMs: 500 }), [], 'the silent')
      equal(await storage.renew([claimOf('o1', 1)], 60_000), { lost: [] }, 'the renewal')
    },
  },
  {
    id: 'storage.rows.plans-artifacts',
    title: 'plans are found by revision, artifacts by hash and task; storing one twice is harmless',
    async run({ storage }) {
      const plan = (id: string, revision: number) =>
        ({
          id,
          projectId,
          revision,
          hash: id,
          createdAt: 1,
          plan: { layers: [[id]] },
        }) as StoredPlan
      const artifact = (set: Partial<StoredArtifact>): StoredArtifact => ({
        projectId,
        hash: 'ab12',
        name: 'log.txt',
        taskId: taskId('t1'),
        attemptId: null,
        size: 4,
        createdAt: 1,
        bytes: new Uint8Array([0, 255, 128, 10]),
        ...set,
      })
      await withProject(storage, ['plan', plan('p1', 1)], ['plan', plan('p2', 2)])
      equal(await query(storage, 'plan', { projectId }), plan('p2', 2), 'the newest plan')
      equal(
        await query(storage, 'plan', { projectId, planId: plan('p1', 1).id }),
        plan('p1', 1),
        'a plan by id',
      )
      await write(storage, inserts(['artifact', artifact({})]))
      await write(storage, inserts(['artifact', artifact({})]))
      await write(storage, inserts(['artifact', artifact({ taskId: taskId('t2') })]))
      const found = await query(storage, 'artifact', { projectId, hash: 'ab12' })
      equal(found?.bytes, artifact({}).bytes, 'the bytes')
      const { bytes: _, ...link } = artifact({})
      equal(await query(storage, 'artifacts', { projectId, taskId: taskId('t1') }), [link])
      equal((await query(storage, 'artifacts', { projectId })).length, 2, 'the number of artifacts')
      equal(await query(storage, 'artifact', { projectId, hash: 'none' }), null, 'no artifact')
    },
  },
]
