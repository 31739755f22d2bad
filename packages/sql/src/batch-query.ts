import type { BatchSummary } from '@cueline/core'
import { sql } from 'kysely'

import type { Database, Dialect } from './dialect.ts'
import { isReady } from './readiness.ts'
import { columnsOf, decodeRow } from './rows.ts'
import { statement } from './statement.ts'
import { tables } from './tables.ts'

const statuses = ['todo', 'staged', 'doing', 'review', 'done', 'failed', 'cancelled'] as const

interface Counted {
  readonly batch_id: string
  readonly status: (typeof statuses)[number]
  readonly count: number
  readonly lowest_layer: number
  readonly changed_at: number
}

/** Every batch with what its tasks add up to, from one walk along the index `tasks_by_batch`. */
export async function batchSummaries(
  database: Database,
  dialect: Dialect,
  projectId: string,
): Promise<readonly BatchSummary[]> {
  const given = { projectId }
  const rows = await selectBatches.run(database, dialect, given)
  const counts = new Map<string, Counted[]>()
  for (const row of await countTasks.run(database, dialect, given)) {
    const list = counts.get(row.batch_id)
    if (list === undefined) counts.set(row.batch_id, [row])
    else list.push(row)
  }
  const queued = new Map<string, number>()
  for (const row of await countQueued.run(database, dialect, given)) {
    queued.set(row.batch_id, Number(row.count))
  }
  return rows.map((row) => {
    const batch = decodeRow(dialect, 'batch', row)
    return summarise(batch, counts.get(batch.id) ?? [], queued.get(batch.id) ?? 0)
  })
}

function summarise(
  batch: BatchSummary['batch'],
  counted: readonly Counted[],
  queued: number,
): BatchSummary {
  const byStatus = { todo: 0, staged: 0, doing: 0, review: 0, done: 0, failed: 0, cancelled: 0 }
  let total = 0
  let lowestOpenLayer: number | null = null
  let lastProgressAt: number | null = null
  for (const { status, count, lowest_layer, changed_at } of counted) {
    byStatus[status] = Number(count)
    total += Number(count)
    lastProgressAt = Math.max(lastProgressAt ?? 0, Number(changed_at))
    if (status === 'done' || status === 'failed' || status === 'cancelled') continue
    lowestOpenLayer = Math.min(lowestOpenLayer ?? Infinity, Number(lowest_layer))
  }
  return {
    batch,
    total,
    ...byStatus,
    queued,
    lowestOpenLayer,
    lastProgressAt: lastProgressAt ?? batch.createdAt,
  }
}

const selectBatches = statement<{ projectId: string }>(
  ({ projectId }) => sql`select ${columnsOf(tables.batch)} from batches
    where project_id = ${projectId} order by "order", id`,
)

const countTasks = statement<{ projectId: string }, Counted>(
  ({ projectId }) => sql`select batch_id, status, count(*) as count,
      min(layer) as lowest_layer, max(changed_at) as changed_at
    from tasks where project_id = ${projectId} and batch_id is not null
    group by batch_id, status`,
)

const countQueued = statement<{ projectId: string }, { batch_id: string; count: number }>(
  (
    { projectId },
    { thenJoin, filterOnly },
  ) => sql`select tasks.batch_id, count(*) as count from tasks
    ${thenJoin} work_orders on work_orders.id = tasks.work_order_id and work_orders.task_id = tasks.id
    ${thenJoin} batches on batches.id = tasks.batch_id
    ${thenJoin} projects on projects.id = tasks.project_id
    where tasks.project_id = ${projectId} and tasks.work_order_id is not null
      and ${isReady} and work_orders.status = 'queued'
    group by ${filterOnly('tasks.batch_id')}`,
)
