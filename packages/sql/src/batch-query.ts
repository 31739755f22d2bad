import type { BatchId, BatchSummary, Task } from '@cueline/core'
import { sql } from 'kysely'

import type { Database, Dialect } from './dialect.ts'
import { isReady } from './readiness.ts'
import type { ProjectCache } from './row-cache.ts'
import { columnsOf, decodeRow } from './rows.ts'
import { statement } from './statement.ts'
import { tables } from './tables.ts'
import { TaskCounts } from './task-counts.ts'

/**
 * Every batch with what its tasks add up to: counted once by a walk along the index
 * `tasks_by_batch`, and kept in the cache from then on.
 */
export async function batchSummaries(
  database: Database,
  dialect: Dialect,
  projectId: string,
  cache: ProjectCache,
): Promise<readonly BatchSummary[]> {
  const given = { projectId }
  if (!cache.allBatches) {
    for (const row of await selectBatches.run(database, dialect, given)) {
      cache.learn('batch', decodeRow(dialect, 'batch', row))
    }
    cache.allBatches = true
  }
  if (cache.taskCounts === undefined) {
    cache.taskCounts = new TaskCounts()
    for (const row of await countTasks.run(database, dialect, given)) {
      const [count, layer, changedAt] = [row.count, row.layer, row.changed_at].map(Number)
      cache.taskCounts.add(row.batch_id, row.status, layer ?? 0, count ?? 0, changedAt ?? 0)
    }
  }
  const queued = new Map<string, number>()
  for (const row of await countQueued.run(database, dialect, given)) {
    queued.set(row.batch_id, Number(row.count))
  }
  const { taskCounts } = cache
  return cache.batchesByOrder().map((batch): BatchSummary => {
    const counts = taskCounts.of(batch.id)
    return {
      batch,
      // Named one by one: there are as many of these as batches each time the project moves on.
      total: counts.total,
      todo: counts.todo,
      staged: counts.staged,
      doing: counts.doing,
      review: counts.review,
      done: counts.done,
      failed: counts.failed,
      cancelled: counts.cancelled,
      queued: queued.get(batch.id) ?? 0,
      lowestOpenLayer: counts.lowestOpenLayer,
      lastProgressAt: counts.changedAt ?? batch.createdAt,
    }
  })
}

const selectBatches = statement<{ projectId: string }>(
  ({ projectId }) => sql`select ${columnsOf(tables.batch)} from batches
    where project_id = ${projectId} order by "order", id`,
)

const countTasks = statement<
  { projectId: string },
  {
    batch_id: BatchId
    status: Task['status']
    layer: number
    count: number
    changed_at: number
  }
>(
  ({ projectId }) => sql`select batch_id, status, layer, count(*) as count,
      max(changed_at) as changed_at
    from tasks where project_id = ${projectId} and batch_id is not null
    group by batch_id, status, layer`,
)

const countQueued = statement<{ projectId: string }, { batch_id: string; count: number }>(
  (
    { projectId },
    { thenJoin, filterOnly },
  ) => sql`select min(tasks.batch_id) as batch_id, count(*) as count from tasks
    ${thenJoin} work_orders on work_orders.id = tasks.work_order_id and work_orders.task_id = tasks.id
    ${thenJoin} batches on batches.id = tasks.batch_id
    ${thenJoin} projects on projects.id = tasks.project_id
    where tasks.project_id = ${projectId} and tasks.work_order_id is not null
      and ${isReady} and work_orders.status = 'queued'
    group by ${filterOnly('tasks.batch_id')}`,
)
