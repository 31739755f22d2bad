import type { Migration } from '../migrate.ts'

/** Who waits to merge, and into what. Attempts of before are in no queue. */
export const mergeQueue: Migration = {
  number: 6,
  name: 'merge-queue',
  statements: [
    `alter table attempts add column merge_target {text}`,
    `alter table attempts add column merge_queued_at {int}`,
    `create index attempts_merging on attempts (merge_target, merge_queued_at, id)
      where status = 'merging'`,
    `alter table work_orders add column merge_rounds {int} not null default 0`,
  ],
}
