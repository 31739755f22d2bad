import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { sqlStorage } from '@cueline/sql'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import {
  Again,
  comparisonStart,
  compareWithMemory,
  raceForOneTask,
} from '../../sql/src/fixtures/model-comparison.ts'
import { overNodeSqlite } from './node-sqlite.ts'
import { openDatabase } from './open-database.ts'
import { sqliteDialect } from './sqlite-dialect.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cueline-compared-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})

function storageOver(database: DatabaseSync, file: string) {
  const dialect = sqliteDialect(file)
  return sqlStorage({
    ...overNodeSqlite(database),
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
  const file = join(folder, `${crypto.randomUUID()}.db`)
  const opened = []
  for (let index = 0; index < count; index += 1) {
    const database = await openDatabase(file, { synchronous: 'normal', busyTimeoutMs: 5_000 })
    opened.push(await storageOver(database, file))
  }
  return opened
}

describe('memory and SQLite [S4-05]', () => {
  it('give the same answers under any sequence of changes, claims, roll-backs and moves of the clock', async () => {
    const open = async () => [await storageOver(new DatabaseSync(':memory:'), ':memory:')]
    await expect(compareWithMemory(open, 100)).resolves.toBeUndefined()
  }, 60_000)

  it('give the same answers whichever of two connections writes and whichever reads', async () => {
    await expect(compareWithMemory(() => connections(2), 60)).resolves.toBeUndefined()
  }, 60_000)

  it('lose no change of one row that several connections make at once', async () => {
    const storages = await connections(3)
    await expect(raceForOneTask(storages)).resolves.toBeUndefined()
    for (const storage of storages) await storage.close()
  })
})
