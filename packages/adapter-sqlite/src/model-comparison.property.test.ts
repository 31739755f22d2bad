import { DatabaseSync } from 'node:sqlite'

import { sqlStorage } from '@cueline/sql'
import { Kysely, sql } from 'kysely'
import { describe, expect, it } from 'vitest'

import { comparisonStart, compareWithMemory } from '../../sql/src/fixtures/model-comparison.ts'
import { ImmediateSqliteDialect } from './node-sqlite.ts'
import { sqliteDialect } from './sqlite-dialect.ts'

describe('memory and SQLite [S4-05]', () => {
  it('give the same answers under any sequence of changes, claims, roll-backs and moves of the clock', async () => {
    const compared = compareWithMemory(async () => {
      const file = ':memory:'
      return sqlStorage({
        kysely: new Kysely({ dialect: new ImmediateSqliteDialect(new DatabaseSync(file)) }),
        // The clock moves only when the comparison moves it.
        steadyNow: () => 0,
        dialect: { ...sqliteDialect(file), wallClock: sql`${sql.lit(comparisonStart)}` },
      })
    }, 100)
    await expect(compared).resolves.toBeUndefined()
  })
})
