import type { Queries, QueuedMerge } from '@cueline/core'
import { sql } from 'kysely'
import type { Expression, RawBuilder } from 'kysely'

import type { Database, Dialect } from './dialect.ts'
import { statement } from './statement.ts'

/** Along the index `attempts_merging`: what is not in the queue is not looked at. */
export async function mergeQueue(
  database: Database,
  dialect: Dialect,
  { target, limit }: Queries['mergeQueue']['input'],
  now: number,
): Promise<readonly QueuedMerge[]> {
  const rows =
    target === undefined
      ? await queued.run(database, dialect, { limit, now })
      : await queuedFor.run(database, dialect, { target, limit, now })
  return rows.map((row) => ({
    target: row.merge_target,
    projectId: row.project_id,
    taskId: row.task_id,
    code: row.code,
    workOrderId: row.work_order_id,
    attemptId: row.id,
    number: Number(row.number),
    queuedAt: Number(row.merge_queued_at),
  }))
}

interface QueuedRow {
  readonly merge_target: string
  readonly project_id: QueuedMerge['projectId']
  readonly task_id: QueuedMerge['taskId']
  readonly code: string
  readonly work_order_id: QueuedMerge['workOrderId']
  readonly id: QueuedMerge['attemptId']
  readonly number: unknown
  readonly merge_queued_at: unknown
}

const queuedFor = statement<{ target: string; limit: number; now: number }, QueuedRow>(
  ({ target, limit, now }, { thenJoin }) =>
    select(thenJoin, sql`attempts.merge_target = ${target}`, now, limit),
)

const queued = statement<{ limit: number; now: number }, QueuedRow>(
  ({ limit, now }, { thenJoin }) =>
    select(thenJoin, sql`attempts.merge_target is not null`, now, limit),
)

/** A lease that has lapsed, or that another attempt has by now, keeps nobody waiting. */
function select(
  thenJoin: RawBuilder<unknown>,
  wanted: RawBuilder<unknown>,
  now: Expression<unknown>,
  limit: Expression<unknown>,
): RawBuilder<unknown> {
  return sql`select attempts.merge_target, attempts.project_id, attempts.task_id, tasks.code,
      attempts.work_order_id, attempts.id, attempts.number, attempts.merge_queued_at
    from attempts
    ${thenJoin} work_orders on work_orders.id = attempts.work_order_id
    ${thenJoin} leases on leases.work_order_id = attempts.work_order_id
    ${thenJoin} tasks on tasks.id = attempts.task_id
    where attempts.merging and ${wanted} and attempts.merge_queued_at is not null
      and work_orders.status = 'claimed' and work_orders.attempt_id = attempts.id
      and leases.fence = attempts.fence and leases.until > ${now}
    order by attempts.merge_target, attempts.merge_queued_at, attempts.id limit ${limit}`
}
