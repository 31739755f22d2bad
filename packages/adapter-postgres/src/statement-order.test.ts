import { CompiledQuery } from 'kysely'
import { Pool } from 'pg'
import { describe, expect, it } from 'vitest'

import { url } from './fixtures/test-database.ts'
import { kyselyPostgres } from './postgres-driver.ts'

describe('statements of one connection [X-02]', () => {
  it.each([true, false])(
    'are carried out in the order of the calls, pipeline: %s',
    async (pipeline) => {
      // `pipeline` is newer than the published types.
      const config = { connectionString: url, max: 1, pipeline }
      const pool = new Pool(config)
      const driver = kyselyPostgres({
        pool,
        end: () => pool.end(),
        perConnection: 'create temporary table written (id int)',
        perTransaction: '',
        outcomeTimeoutMs: 1_000,
        place: 'the database of the tests',
      }).createDriver()
      const connection = await driver.acquireConnection()
      for (let round = 1; round <= 3; round += 1) {
        // The first is new to the connection each time, the second only the first time.
        const insert = `insert into written select $1::int -- ${round} ${pipeline}`
        const count = 'select count(*)::int as count from written where id > $1'
        const [, found] = await Promise.all([
          connection.executeQuery(CompiledQuery.raw(insert, [round])),
          connection.executeQuery(CompiledQuery.raw(count, [0])),
        ])
        expect(found.rows).toEqual([{ count: round }])
      }
      await Promise.all([
        driver.beginTransaction(connection, {}),
        connection.executeQuery(CompiledQuery.raw('insert into written select $1::int', [4])),
      ])
      await driver.rollbackTransaction(connection)
      const left = await connection.executeQuery(CompiledQuery.raw('table written', []))
      expect(left.rows).toHaveLength(3)
      await driver.releaseConnection(connection)
      await driver.destroy()
    },
  )
})
