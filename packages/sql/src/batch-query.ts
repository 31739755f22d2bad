import { compareBatches } from '@cueline/core'
import type { Batch, BatchId, BatchSummary, Task } from '@cueline/core'
import { sql } from 'kysely'

import type { Database, Dialect } from './dialect.ts'
import { isReady } from './readiness.ts'
import type { ProjectCache } from './row-cache.ts'
import { columnsOf, decodeRow } from './rows.ts'
import { statement } from './statement.ts'
import { tables } from './tables.ts'
import { TaskCounts } from './task-counts.ts'

/**
 * Batches with what their tasks add up to: counted once by a walk along the index `tasks_by_batch`,
 * and kept in the cache from then on. With `moving` only those that may change by themselves.
 */
export async function batchSummaries(
  database: Database,
  dialect: Dialect,
  projectId: string,
  cache: ProjectCache,
  moving = false,
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
  const queued = new Map<BatchId, number>()
  for (const row of await countQueued.run(database, dialect, given)) {
    queued.set(row.batch_id, Number(row.count))
  }
  return summariesOf(cache, cache.taskCounts, queued, moving)
}

/** The answer without a question, where it is known. */
export function knownBatches(
  cache: ProjectCache,
  moving = false,
): readonly BatchSummary[] | undefined {
  const { allBatches, taskCounts } = cache
  if (!allBatches || taskCounts === undefined) return undefined
  const queued = cache.queue.queuedByBatch()
  return queued && summariesOf(cache, taskCounts, queued, moving)
}

function summariesOf(
  cache: ProjectCache,
  taskCounts: TaskCounts,
  queued: ReadonlyMap<BatchId, number>,
  moving: boolean,
): readonly BatchSummary[] {
  const wanted = moving ? movingBatches(cache, taskCounts, queued) : cache.batchesByOrder()
  return wanted.map((batch): BatchSummary => {
    const { total, byStatus, changedAt } = taskCounts.of(batch.id)
    return {
      batch,
      total,
      // Named one by one: a spread of them takes longer than all else here.
      todo: byStatus.todo,
      staged: byStatus.staged,
      doing: byStatus.doing,
      review: byStatus.review,
      done: byStatus.done,
      failed: byStatus.failed,
      cancelled: byStatus.cancelled,
      queued: queued.get(batch.id) ?? 0,
      lowestOpenLayer: taskCounts.lowestOpenLayer(batch.id),
      lastProgressAt: changedAt ?? batch.createdAt,
    }
  })
}

/** What the query `batches` gives with `moving`: thousands that are done or wait are not looked at. */
function movingBatches(
  cache: ProjectCache,
  taskCounts: TaskCounts,
  queued: ReadonlyMap<BatchId, number>,
): readonly Batch[] {
  const moving = new Set(cache.movingBatches(taskCounts).all())
  for (const id of queued.keys()) {
    const batch = cache.rows.batch.get(id)
    if (batch) moving.add(batch)
  }
  return [...moving].toSorted(compareBatches)
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

const countQueued = statement<{ projectId: string }, { batch_id: BatchId; count: number }>(
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
