import { sqlStorage } from '@cueline/sql'
import { Kysely, sql } from 'kysely'
import { Pool } from 'pg'
import { describe, expect, it } from 'vitest'

import { comparisonStart, compareWithMemory } from '../../sql/src/fixtures/model-comparison.ts'
import { freshSchema, url } from './fixtures/test-database.ts'
import { postgresDialect } from './postgres-dialect.ts'
import { kyselyPostgres } from './postgres-driver.ts'

describe('memory and Postgres [S4-05, S2-01]', () => {
  it('give the same answers under any sequence of changes, claims, roll-backs and moves of the clock', async () => {
    const place = 'the database of the tests'
    const compared = compareWithMemory(async () => {
      const schema = freshSchema()
      const pool = new Pool({ connectionString: url, max: 2 })
      const dialect = kyselyPostgres({
        pool,
        end: () => pool.end(),
        perConnection: `set search_path to "${schema}"`,
        perTransaction: '',
        outcomeTimeoutMs: 1_000,
        place,
      })
      return sqlStorage({
        kysely: new Kysely({ dialect }),
        // The clock moves only when the comparison moves it.
        steadyNow: () => 0,
        dialect: {
          ...postgresDialect({ schema, place }),
          wallClock: sql`${sql.lit(comparisonStart)}`,
        },
      })
    }, 30)
    await expect(compared).resolves.toBeUndefined()
  }, 120_000)
})
