import type { Migration } from '../migrate.ts'

/**
 * What every transaction compares with stands in one row: the clock's offset and high-water mark, and
 * the number of the migration that the database went through last. Programs of before read the empty
 * `settings` until they find that they are too old.
 */
export const store: Migration = {
  number: 9,
  name: 'store',
  statements: [
    `create table store (
      id {int} not null primary key,
      clock_offset {int} not null,
      clock_mark {int} not null,
      schema {int} not null
    )`,
    `insert into store (id, clock_offset, clock_mark, schema) values (
      1,
      coalesce((select value from settings where name = 'clock-offset'), 0),
      coalesce((select value from settings where name = 'clock-mark'), 0),
      9
    )`,
    `delete from settings`,
  ],
}
