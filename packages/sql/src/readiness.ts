import { sql } from 'kysely'

/**
 * `readiness` in SQL, over `tasks` joined with `batches` and `projects`: the same facts in the same
 * order. `open_dependencies` is the counter that the transaction settling a dependency keeps, so no
 * edge is looked at.
 */
export const isReady = sql`
  tasks.status = 'staged'
  and batches.promoted_at is not null
  and batches.paused_at is null
  and projects.paused_at is null
  and (tasks.context_ready or tasks.forced)
  and tasks.open_dependencies = 0
  and (batches.open_layer is null or tasks.layer <= batches.open_layer)`
