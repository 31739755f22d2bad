import type { Column, ColumnKind, Dialect } from '@cueline/sql'
import { sql } from 'kysely'

import { isBusy, sortSqliteError } from './sqlite-error.ts'

/** What SQLite does its own way. */
export function sqliteDialect(file: string): Dialect {
  return {
    name: 'sqlite',
    place: file,
    types: {
      text: 'text',
      int: 'integer',
      real: 'real',
      bool: 'integer',
      json: 'text',
      bytes: 'blob',
      serial: 'integer primary key',
    },
    wallClock: sql`cast(unixepoch('subsec') * 1000 as integer)`,
    records: (json, columns, alias) => sql`(
      select ${sql.join(columns.map(valueAt))} from json_each(${json})
    ) as ${sql.ref(alias)}`,
    typed: (value) => sql`${value}`,
    texts: (json) => sql`(select value from json_each(${json}))`,
    entries: (json, alias) => sql`json_each(${json}) as ${sql.ref(alias)}`,
    filterOnly: (column) => sql`+${sql.ref(column)}`,
    thenJoin: sql`cross join`,
    dataVersion: sql`(select data_version from pragma_data_version)`,
    encode,
    decode,
    isBusy,
    sortError: (error) => sortSqliteError(error, file),
  }
}

/** `->` keeps JSON as text, `->>` takes the value out of it. */
function valueAt({ name, kind }: Column, index: number) {
  return sql`value ${kind === 'json' ? sql`->` : sql`->>`} ${sql.lit(index)} as ${sql.ref(name)}`
}

function encode(kind: ColumnKind, value: unknown): unknown {
  if (kind === 'json') return JSON.stringify(value)
  if (kind === 'bool') return value === true ? 1 : 0
  return value
}

function decode(kind: ColumnKind, value: unknown): unknown {
  if (kind === 'json') return JSON.parse(String(value))
  if (kind === 'bool') return value === 1
  return value
}
