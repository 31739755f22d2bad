import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'

import type { Database, Dialect } from './dialect.ts'
import type { Writing } from './pipelined.ts'
import { statement } from './statement.ts'

/** How far the stored mark may lag behind: it is written once in this time, not at every write. */
const markEveryMs = 1_000

/**
 * The one expression that decides expiry: the database's clock, moved by the testing-only offset,
 * never earlier than the stored high-water mark.
 */
const readClock = statement<
  Record<string, never>,
  { now: number; mark: number; version: number | null; schema: number }
>(
  (_, dialect) => sql`select
    ${nowOf(dialect)} as now,
    store.clock_mark as mark,
    ${dialect.dataVersion ?? sql`null`} as version,
    store.schema as schema
    from store where ${theStore}`,
)

/** The one row of the table `store`. */
export const theStore = sql<boolean>`store.id = 1`

/** The clock that decides expiry, before the high-water mark; over the table `store`. */
export function nowOf(dialect: Dialect): RawBuilder<number> {
  return sql`${dialect.wallClock} + store.clock_offset`
}

const raiseMark = statement<{ at: number }>(
  ({ at }) => sql`update store set clock_mark = ${at} where ${theStore} and clock_mark < ${at}`,
)

const moveOffset = statement<{ ms: number }>(
  ({ ms }) => sql`update store set clock_offset = clock_offset + ${ms} where ${theStore}`,
)

/** The storage's clock inside a transaction, and the mark that is stored for it. */
export interface Now {
  readonly now: number
  readonly mark: number
  /** `Dialect.dataVersion`, null where there is none. */
  readonly version: number | null
  /** Of the migration that the database went through last. */
  readonly schema: number
}

export async function readNow(database: Database, dialect: Dialect): Promise<Now> {
  const [row] = await readClock.run(database, dialect, {})
  const stored = Number(row?.mark ?? 0)
  const version = row?.version ?? null
  const schema = Number(row?.schema ?? 0)
  return { now: Math.max(Number(row?.now ?? 0), stored), mark: stored, version, schema }
}

/**
 * Keeps the high-water mark, so that a clock that is set back revives no lease after a restart. Gives
 * the mark that is stored then.
 */
export function keepMark(writing: Writing, dialect: Dialect, at: Now): number {
  if (at.now < at.mark + markEveryMs) return at.mark
  raiseMark.send(writing, dialect, { at: at.now })
  return at.now
}

/** Moves the clock of every process on this database; for tests only. */
export async function moveClock(database: Database, dialect: Dialect, ms: number): Promise<void> {
  await moveOffset.run(database, dialect, { ms })
}
