import type { Migration } from '../migrate.ts'

/** What is left of events that were pruned. */
export const pruning: Migration = {
  number: 4,
  name: 'pruning',
  statements: [
    `alter table logs add column pruned_through {int} not null default 0`,
    `create table log_bases (
      project_id {text} not null,
      part {int} not null,
      content {json} not null,
      primary key (project_id, part)
    )`,
  ],
}
