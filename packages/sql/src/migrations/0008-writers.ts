import type { Migration } from '../migrate.ts'

/**
 * A statement that is a whole transaction compares what stands in one row, and writes it: the number of
 * the last event, and of writes without one. Its last event says who wrote it, since nothing else could
 * tell whether a commit whose reply was lost is stored.
 */
export const writers: Migration = {
  number: 8,
  name: 'writers',
  statements: [
    `alter table logs add column silent_writes {int} not null default 0`,
    `delete from settings where name like 'silent-writes %'`,
    `alter table events add column writer {int}`,
  ],
}
