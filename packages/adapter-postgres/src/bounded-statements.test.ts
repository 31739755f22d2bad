import type { Database } from '@cueline/sql'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { describe, expect, it } from 'vitest'

import { boundedRows, boundedWrites } from '../../sql/src/fixtures/bounded-writes.ts'
import { freshSchema, runSql, url } from './fixtures/test-database.ts'
import { postgresDialect } from './postgres-dialect.ts'

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
    const stored = async () => {
      const { rows } = await pool.query<Record<string, unknown>>(
        `select id, body, more from rows order by cast(substr(id, 2) as int)`,
      )
      return rows.map(({ id, body, more }) => [id, body, more])
    }
    const { inserts, updates } = boundedWrites(database, dialect, count)
    for (const [mark, statements] of [
      ['inserted', inserts],
      ['changed', updates],
    ] as const) {
      expect(statements.length).toBeGreaterThan(3)
      // Only the row that is too heavy by itself.
      expect(statements.filter(({ isHeavy }) => isHeavy)).toHaveLength(1)
      for (const { text, values } of statements) await pool.query(text, values)
      expect(await stored()).toEqual(boundedRows(count, mark))
    }
    await database.destroy()
  })
})
