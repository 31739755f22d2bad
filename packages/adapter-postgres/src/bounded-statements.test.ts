import type { Column, Database } from '@cueline/sql'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { describe, expect, it } from 'vitest'

import { insertRows } from '../../sql/src/insert-rows.ts'
import type { Writing } from '../../sql/src/pipelined.ts'
import { weigh } from '../../sql/src/portions.ts'
import { updateRows } from '../../sql/src/update-rows.ts'
import { freshSchema, runSql, url } from './fixtures/test-database.ts'
import { postgresDialect } from './postgres-dialect.ts'

const columns: readonly Column[] = [
  { name: 'id', kind: 'text' },
  { name: 'project_id', kind: 'text' },
  { name: 'body', kind: 'text' },
  { name: 'more', kind: 'json' },
]
const most = 5_000

/** So many rows of which each has about a thousand units, and one that has more than is allowed. */
function rowsOf(count: number, mark: string): readonly unknown[][] {
  return Array.from({ length: count }, (_, at) => {
    const body = `${mark} ${at} "\\{}'`.padEnd(at === 3 ? 8_000 : 500, 'é')
    return [`r${at}`, 'p', body, { text: '\u{1F600}"'.repeat(150), at }]
  })
}

describe('large writes [S2-05]', () => {
  // Two forms of inserts: lists, and JSON for the few columns in which many rows differ.
  it.each([20, 200])('of %i rows are sent in portions and stored whole', async (count) => {
    const schema = freshSchema()
    await runSql(`create schema "${schema}"`)
    await runSql(
      `create table "${schema}".rows (id text primary key, project_id text, body text, more json)`,
    )
    const pool = new Pool({ connectionString: url, options: `-c search_path=${schema}` })
    const database: Database = new Kysely({ dialect: new PostgresDialect({ pool }) })
    const dialect = postgresDialect({ schema, place: 'here', ownConnections: true })
    const sent: { readonly text: string; readonly values: unknown[] }[] = []
    const writing: Writing = {
      database,
      send: (text, values) => void sent.push({ text, values: [...values] }),
      apart() {},
    }
    insertRows(writing, dialect, { table: 'rows', columns }, rowsOf(count, 'inserted'), most)
    const inserts = sent.length
    const [id, , ...changing] = columns
    const changes = rowsOf(count, 'changed').map(([key, , ...values]) => [key, ...values])
    const target = { table: 'rows', key: [id!], columns: changing, project: 'project_id' }
    updateRows(writing, dialect, target, 'p', changes, most)
    expect([inserts, sent.length - inserts].every((statements) => statements > 3)).toBe(true)
    const heavy = sent.filter(({ values }) => weigh(values) > 1.2 * most)
    // Only the row that is too heavy by itself, once in each.
    expect(heavy).toHaveLength(2)

    for (const { text, values } of sent.slice(0, inserts)) await pool.query(text, values)
    const stored = async () =>
      (await pool.query<{ id: string; body: string; more: unknown }>('select * from rows')).rows
        .map(({ id: key, body, more }) => [key, body, more])
        .toSorted()
    const wanted = (mark: string) =>
      rowsOf(count, mark)
        .map(([key, , ...values]) => [key, ...values])
        .toSorted()
    expect(await stored()).toEqual(wanted('inserted'))
    for (const { text, values } of sent.slice(inserts)) await pool.query(text, values)
    expect(await stored()).toEqual(wanted('changed'))
    await database.destroy()
  })
})
