import type { Migration } from '../migrate.ts'

/** What keeps conflicting tasks apart, and who has waited longest. */
export const claims: Migration = {
  number: 2,
  name: 'claims',
  statements: [
    `alter table tasks add column exclusive_keys {json} not null default '[]'`,
    `create index work_orders_queued on work_orders (project_id, enqueued_at, id)
      where status = 'queued'`,
  ],
}
