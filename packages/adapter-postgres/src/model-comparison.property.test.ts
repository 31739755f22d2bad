import { sqlStorage } from '@cueline/sql'
import { Kysely, sql } from 'kysely'
import { Pool } from 'pg'
import { describe, expect, it } from 'vitest'

import {
  Again,
  comparisonStart,
  compareWithMemory,
  raceForOneTask,
} from '../../sql/src/fixtures/model-comparison.ts'
import { freshSchema, url } from './fixtures/test-database.ts'
import { postgresDialect } from './postgres-dialect.ts'
import { kyselyPostgres } from './postgres-driver.ts'

const place = 'the database of the tests'

function openStorage(schema: string) {
  const pool = new Pool({ connectionString: url, max: 2 })
  const dialect = postgresDialect({ schema, place })
  return sqlStorage({
    kysely: new Kysely({
      dialect: kyselyPostgres({
        pool,
        end: () => pool.end(),
        perConnection: `set search_path to "${schema}"`,
        perTransaction: '',
        outcomeTimeoutMs: 1_000,
        place,
      }),
    }),
    // The clock moves only when the comparison moves it.
    steadyNow: () => 0,
    dialect: {
      ...dialect,
      wallClock: sql`${sql.lit(comparisonStart)}`,
      isBusy: (error) => error instanceof Again || dialect.isBusy(error),
    },
  })
}

async function connections(count: number) {
  const schema = freshSchema()
  const opened = []
  for (let index = 0; index < count; index += 1) opened.push(await openStorage(schema))
  return opened
}

describe('memory and Postgres [S4-05, S2-01]', () => {
  it('give the same answers whichever of two processes changes, claims, rolls back, moves the clock and reads', async () => {
    await expect(compareWithMemory(() => connections(2), 30)).resolves.toBeUndefined()
  }, 120_000)

  it('lose no change of one row that several processes make at once', async () => {
    const storages = await connections(4)
    await expect(raceForOneTask(storages)).resolves.toBeUndefined()
    for (const storage of storages) await storage.close()
  }, 60_000)
})
