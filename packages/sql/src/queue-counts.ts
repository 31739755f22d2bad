import type { QueueCounts } from '@cueline/core'
import { sql } from 'kysely'

import type { Database, Dialect } from './dialect.ts'
import { statement } from './statement.ts'

const none = { queued: 0, later: 0, retried: 0, claimed: 0, oldestAt: null }
const priorities = ['high', 'normal', 'low'] as const

/** Counted along the indexes of queued and of claimed work orders; settled ones are not looked at. */
export async function queueCounts(
  database: Database,
  dialect: Dialect,
  projectId: string,
  now: number,
): Promise<readonly QueueCounts[]> {
  const rows = await countOrders.run(database, dialect, { projectId, now })
  return priorities.map((priority): QueueCounts => {
    const row = rows.find((each) => each.priority === priority)
    if (row === undefined) return { priority, ...none }
    const { queued, later, retried, claimed, oldest } = row
    return {
      priority,
      queued: Number(queued),
      later: Number(later),
      retried: Number(retried),
      claimed: Number(claimed),
      oldestAt: oldest === null ? null : Number(oldest),
    }
  })
}

const columns = sql`id, task_id, not_before, fence, enqueued_at`

const countOrders = statement<
  { projectId: string; now: number },
  Readonly<Record<'queued' | 'later' | 'retried' | 'claimed', unknown>> & {
    priority: QueueCounts['priority']
    oldest: unknown
  }
>(
  ({ projectId, now }, { thenJoin }) => sql`select tasks.priority as priority,
      sum(orders.queued) as queued,
      sum(case when orders.queued = 1 and orders.not_before > ${now} then 1 else 0 end) as later,
      sum(case when orders.queued = 1 and orders.fence > 0 then 1 else 0 end) as retried,
      sum(1 - orders.queued) as claimed,
      min(case when orders.queued = 1 then orders.enqueued_at end) as oldest
    from (
      select 1 as queued, ${columns} from work_orders
        where project_id = ${projectId} and status = 'queued'
      union all
      select 0 as queued, ${columns} from work_orders
        where project_id = ${projectId} and status = 'claimed'
    ) as orders
    ${thenJoin} tasks on tasks.id = orders.task_id and tasks.work_order_id = orders.id
    where tasks.status in ('todo', 'staged', 'doing', 'review')
    group by tasks.priority`,
)
