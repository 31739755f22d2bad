import type { Migration } from '../migrate.ts'

/** Where the finished work of a project was handed over to people. */
export const deliveries: Migration = {
  number: 7,
  name: 'deliveries',
  statements: [`alter table projects add column deliveries {json} not null default '[]'`],
}
