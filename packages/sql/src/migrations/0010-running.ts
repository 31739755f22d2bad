import type { Migration } from '../migrate.ts'

/**
 * No index has the state of an attempt any more, so that its end changes no index: what runs is named by
 * the claimed work orders, and what merges says so in a column that most attempts never change.
 */
export const running: Migration = {
  number: 10,
  name: 'running',
  statements: [
    `alter table attempts add column merging {bool} not null default false`,
    `update attempts set merging = true where status = 'merging'`,
    `drop index attempts_merging`,
    `create index attempts_merging on attempts (merge_target, merge_queued_at, id) where merging`,
    `drop index attempts_by_status`,
    `drop index attempts_by_task`,
    `create index attempts_by_task on attempts (project_id, task_id)`,
  ],
}
