import type { ProjectId, Storage, StorageTransaction, TaskId } from '@cueline/core'
import { exampleEvent, exampleTask } from '@cueline/core/testing'
import { Pool } from 'pg'
import type { PoolClient, QueryConfig } from 'pg'
import { afterAll, describe, expect, it } from 'vitest'

import { freshSchema, url } from './fixtures/test-database.ts'
import type { PostgresClient, PostgresPool, PostgresQuery } from './postgres-driver.ts'
import { postgresStorage } from './postgres-storage.ts'

const servers = new Pool({ connectionString: url, max: 4 })
servers.on('error', () => {})
afterAll(() => servers.end())

/**
 * As a pooler in transaction mode (PgBouncer): a client has a connection of the server only for as
 * long as a transaction, and what it leaves behind there - settings, prepared statements - is gone.
 */
class PooledClient implements PostgresClient {
  #server: PoolClient | undefined
  #inTransaction = false

  async query(query: PostgresQuery) {
    this.#server ??= await servers.connect()
    const server = this.#server
    if (query.text.startsWith('begin')) this.#inTransaction = true
    if (query.text === 'commit' || query.text === 'rollback') this.#inTransaction = false
    try {
      return await server.query(query as QueryConfig)
    } finally {
      if (!this.#inTransaction) {
        this.#server = undefined
        await server.query('discard all')
        server.release()
      }
    }
  }

  release(): void {
    this.#server?.release(true)
    this.#server = undefined
  }

  on(): this {
    return this
  }

  off(): this {
    return this
  }
}

const pool: PostgresPool = { connect: async () => new PooledClient() }

const projectId = 'p' as ProjectId
const taskId = 't' as TaskId

describe('behind a pooler in transaction mode [S2-01]', () => {
  it('processes lose no change of one task that they make at once', async () => {
    const options = { pool, schema: freshSchema(), notify: false }
    const storages = [await postgresStorage(options), await postgresStorage(options)] as const
    const priorityOf = async (transaction: StorageTransaction) => {
      const { tasks } = await transaction.load({ projectId, tasks: [taskId] })
      return tasks.get(taskId)?.stagePriority ?? 0
    }
    const row = exampleTask(projectId, taskId, { stagePriority: 0 })
    await storages[0].transaction((transaction) =>
      transaction.write(projectId, [{ table: 'task', kind: 'insert', row }], [], 'test'),
    )
    const addOne = (storage: Storage) =>
      storage.transaction(async (transaction) => {
        const set = { stagePriority: (await priorityOf(transaction)) + 1 }
        const change = { table: 'task', kind: 'update', key: taskId, set } as const
        await transaction.write(projectId, [change], [exampleEvent(projectId)], 'test')
      }, projectId)
    for (let round = 0; round < 8; round += 1) await Promise.all(storages.map(addOne))
    for (const storage of storages) {
      expect(await storage.transaction(priorityOf)).toBe(16)
      expect(await storage.eventsAfter(projectId, 0)).toHaveLength(16)
    }
    for (const storage of storages) await storage.close()
  })
})
