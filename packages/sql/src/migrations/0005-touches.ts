import type { Migration } from '../migrate.ts'

/** What the work of a task really changed. */
export const touches: Migration = {
  number: 5,
  name: 'touches',
  statements: [`alter table tasks add column touched {json}`],
}
