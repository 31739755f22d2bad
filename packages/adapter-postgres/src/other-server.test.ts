import type { ProjectId, Storage } from '@cueline/core'
import { exampleProject } from '@cueline/core/testing'
import { sqlStorage } from '@cueline/sql'
import { Kysely, sql } from 'kysely'
import { Pool } from 'pg'
import { describe, expect, it } from 'vitest'

import { freshSchema, runSql, url } from './fixtures/test-database.ts'
import { postgresDialect } from './postgres-dialect.ts'
import { kyselyPostgres } from './postgres-driver.ts'

const projectId = 'p' as ProjectId
const place = 'the database of the tests'

/** A storage over a server whose name stands in a table. */
async function overNamedServer(schema: string): Promise<Storage> {
  await runSql(
    `create schema "${schema}"; create table "${schema}".server as select 'first' as name`,
  )
  // `pipeline` is newer than the published types.
  const config = { connectionString: url, max: 1, pipeline: true }
  const pool = new Pool(config)
  const driver = kyselyPostgres({
    pool,
    end: () => pool.end(),
    perConnection: `set search_path to "${schema}"`,
    perTransaction: '',
    outcomeTimeoutMs: 1_000,
    place,
  })
  const dialect = postgresDialect({ schema, place, ownConnections: true })
  return sqlStorage({
    kysely: new Kysely({ dialect: driver }),
    dialect: { ...dialect, server: sql`(select name from server)` },
  })
}

/** Notes the name that the project has; resolves with how often that ran. */
async function noteName(storage: Storage): Promise<number> {
  let runs = 0
  await storage.transaction(async (transaction) => {
    runs += 1
    const { project } = await transaction.load({ projectId })
    const name = project?.name ?? ''
    await transaction.write(
      projectId,
      [],
      [{ type: 'project.updated', projectId, name, at: 1 }],
      'x',
    )
  }, projectId)
  return runs
}

describe('a replica that takes over [S4-05, X-02]', () => {
  it('is asked anew, though it has counted on from where it lacked the last commit', async () => {
    const schema = freshSchema()
    const storage = await overNamedServer(schema)
    const row = exampleProject(projectId, { name: 'as it was' })
    await storage.transaction((transaction) =>
      transaction.write(projectId, [{ table: 'project', kind: 'insert', row }], [], 'test'),
    )
    for (let round = 0; round < 6; round += 1) await noteName(storage)
    expect(await noteName(storage)).toBe(1)
    // The last event was lost, and another one has its number.
    await runSql(`
      update "${schema}".server set name = 'second';
      update "${schema}".projects set name = 'as it is';
      update "${schema}".events set actor = 'another process' where sequence = 7`)
    expect(await noteName(storage)).toBe(2)
    const events = await storage.eventsAfter(projectId, 5)
    expect(events).toMatchObject([
      { sequence: 6, name: 'as it was', actor: 'x' },
      { sequence: 7, actor: 'another process' },
      { sequence: 8, name: 'as it is', actor: 'x' },
    ])
    await storage.close()
  })
})
