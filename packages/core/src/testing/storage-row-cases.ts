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

/** What is written comes back, and nothing is overwritten unasked. */
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
