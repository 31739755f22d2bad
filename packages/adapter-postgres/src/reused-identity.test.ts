import type { ProjectId } from '@cueline/core'
import { exampleEvent } from '@cueline/core/testing'
import { Pool, type PoolClient } from 'pg'
import { afterAll, describe, expect, it } from 'vitest'

import { freshSchema, url } from './fixtures/test-database.ts'
import { postgresStorage } from './postgres-storage.ts'

const projectId = 'p' as ProjectId
const pool = new Pool({ connectionString: url, max: 3 })
pool.on('error', () => {})
afterAll(() => pool.end())

/** A server that crashes at the next commit, and gives its identity to another transaction. */
function crashingPool() {
  let crash = false
  const wrapped = (client: PoolClient) =>
    new Proxy(client, {
      get(target, name) {
        if (name !== 'query') {
          const value: unknown = Reflect.get(target, name)
          return typeof value === 'function' ? value.bind(target) : value
        }
        return async (query: { readonly text: string }) => {
          if (crash && query.text === 'commit') {
            crash = false
            await target.query('rollback')
            throw new Error('Connection terminated unexpectedly')
          }
          if (query.text.includes('pg_xact_status')) return { rows: [{ status: 'committed' }] }
          return target.query(query)
        }
      },
    })
  return {
    connect: async () => wrapped(await pool.connect()),
    crashAtCommit: () => {
      crash = true
    },
  }
}

describe('a commit that was lost in a crash [X-02, X-11]', () => {
  it('is repeated, although the server calls another transaction of its identity committed', async () => {
    const server = crashingPool()
    const storage = await postgresStorage({
      pool: server,
      schema: freshSchema(),
    })
    let runs = 0
    const append = (at: number) =>
      storage.transaction(async (transaction) => {
        runs += 1
        await transaction.write(projectId, [], [{ ...exampleEvent(projectId), at }], 'test')
      })
    await append(1)
    server.crashAtCommit()
    await append(2)
    expect(runs).toBe(3)
    const events = await storage.eventsAfter(projectId, 0)
    expect(events.map(({ sequence, at }) => [sequence, at])).toEqual([
      [1, 1],
      [2, 2],
    ])
    await storage.close()
  })
})
