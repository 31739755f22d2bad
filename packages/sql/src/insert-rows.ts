import { CompiledQuery, sql } from 'kysely'
import type { RawBuilder } from 'kysely'

import type { Column, Database, Dialect } from './dialect.ts'

export interface InsertTarget {
  readonly table: string
  readonly columns: readonly Column[]
  /** What follows the values, such as `on conflict do nothing`. */
  readonly rest?: RawBuilder<unknown>
}

/** Rows per statement: bound values are several times faster than rows taken out of JSON. */
const sizes = [64, 16, 4, 1] as const

const texts = new WeakMap<InsertTarget, Map<string, string>>()

/** Inserts rows, each a list of values in the order of the columns, in a few large statements. */
export async function insertRows(
  database: Database,
  dialect: Dialect,
  target: InsertTarget,
  rows: readonly (readonly unknown[])[],
): Promise<void> {
  let start = 0
  for (const size of sizes) {
    while (rows.length - start >= size) {
      const values: unknown[] = []
      for (let index = start; index < start + size; index += 1) {
        const row = rows[index] ?? []
        for (let at = 0; at < target.columns.length; at += 1) {
          const column = target.columns[at]
          if (column !== undefined) values.push(dialect.encode(column.kind, row[at]))
        }
      }
      const text = textOf(database, dialect, target, size)
      await database.executeQuery(CompiledQuery.raw(text, values))
      start += size
    }
  }
}

function textOf(database: Database, dialect: Dialect, target: InsertTarget, size: number): string {
  let known = texts.get(target)
  if (known === undefined) {
    known = new Map()
    texts.set(target, known)
  }
  const name = `${dialect.name} ${size}`
  let text = known.get(name)
  if (text === undefined) {
    const row = sql`(${sql.join(target.columns.map(() => sql.val(null)))})`
    const columns = sql.join(target.columns.map((column) => sql.ref(column.name)))
    const query = sql`insert into ${sql.ref(target.table)} (${columns})
      values ${sql.join(Array.from({ length: size }, () => row))} ${target.rest ?? sql``}`
    text = query.compile(database).sql
    known.set(name, text)
  }
  return text
}
