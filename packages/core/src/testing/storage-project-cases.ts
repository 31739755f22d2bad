import type { ProjectId, WorkerId } from '../id.ts'
import type { Change } from '../staging/slice.ts'
import { equal, rejects } from './check.ts'
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
  load,
  projectId,
  query,
  taskId,
  update,
  withProject,
  write,
} from './storage-steps.ts'
import type { StorageSubject } from './storage-suite.ts'

/** Projects of one storage, kept apart. */
export const storageProjectCases: readonly ContractCase<StorageSubject>[] = [
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
]
