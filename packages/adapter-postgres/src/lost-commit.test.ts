import type { ProjectId, Storage, StorageTransaction, WorkerId, WorkOrderId } from '@cueline/core'
import { exampleEvent, exampleWorkOrder } from '@cueline/core/testing'
import { Pool } from 'pg'
import { describe, expect, it } from 'vitest'

import { cuttingProxy } from './fixtures/cutting-proxy.ts'
import { freshSchema, url } from './fixtures/test-database.ts'
import { postgresStorage } from './postgres-storage.ts'

const projectId = 'p' as ProjectId

/** Appends one event; resolves with how often its work ran. */
async function append(storage: Storage, named?: ProjectId): Promise<number> {
  let runs = 0
  await storage.transaction(async (transaction) => {
    runs += 1
    await transaction.write(projectId, [], [exampleEvent(projectId)], 'test')
  }, named)
  return runs
}

describe('a commit whose reply is lost [X-02, X-11]', () => {
  it('is not repeated when the server has committed it', async () => {
    const proxy = await cuttingProxy(url)
    const storage = await postgresStorage({ url: proxy.url, schema: freshSchema() })
    await append(storage)
    proxy.cutNextCommit('reply')
    expect(await append(storage)).toBe(1)
    expect(proxy.cuts).toBe(1)
    expect(await storage.eventsAfter(projectId, 0)).toHaveLength(2)
    await storage.close()
  })

  it('runs again when it never reached the server', async () => {
    const proxy = await cuttingProxy(url)
    const storage = await postgresStorage({ url: proxy.url, schema: freshSchema() })
    await append(storage)
    proxy.cutNextCommit('request')
    expect(await append(storage)).toBe(2)
    expect(proxy.cuts).toBe(1)
    expect(await storage.eventsAfter(projectId, 0)).toHaveLength(2)
    await storage.close()
  })

  it('runs again when the server has not noticed that its client is gone, and frees its locks', async () => {
    const proxy = await cuttingProxy(url)
    const storage = await postgresStorage({ url: proxy.url, schema: freshSchema() })
    await append(storage)
    proxy.cutNextCommit('request-unnoticed')
    expect(await append(storage)).toBe(2)
    expect(proxy.cuts).toBe(1)
    expect(await storage.eventsAfter(projectId, 0)).toHaveLength(2)
    await storage.close()
  })

  it('stores each of many exactly once, wherever they are cut', async () => {
    const proxy = await cuttingProxy(url)
    const storage = await postgresStorage({ url: proxy.url, schema: freshSchema() })
    const cuts = ['reply', 'request', 'request-unnoticed'] as const
    for (let round = 0; round < 12; round += 1) {
      proxy.cutNextCommit(cuts[round % 3] ?? 'reply')
      await Promise.all([append(storage), append(storage), append(storage)])
    }
    expect(proxy.cuts).toBe(12)
    const events = await storage.eventsAfter(projectId, 0)
    expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1))
    expect(events).toHaveLength(36)
    await storage.close()
  })

  it('is found out where the project was named, so that identity, writes and commit go out together', async () => {
    const proxy = await cuttingProxy(url)
    const schema = freshSchema()
    const storage = await postgresStorage({ url: proxy.url, schema })
    // What is known of the project is not trusted, since another process writes in between.
    const other = await postgresStorage({ url, schema })
    // As often as it takes until the writes are one statement.
    for (let round = 0; round < 4; round += 1) {
      await append(storage, projectId)
      await append(other)
    }
    for (const cut of ['reply', 'request', 'request-unnoticed', 'reply'] as const) {
      await append(other)
      proxy.cutNextCommit(cut)
      expect(await append(storage, projectId)).toBe(cut === 'reply' ? 1 : 2)
    }
    proxy.cutNextCommit('reply')
    const read = (transaction: StorageTransaction) =>
      transaction.query('lastSequence', { projectId })
    expect(await storage.transaction(read, projectId)).toBe(16)
    expect(proxy.cuts).toBe(5)
    const events = await storage.eventsAfter(projectId, 0)
    expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1))
    expect(events).toHaveLength(16)
    await storage.close()
    await other.close()
  })

  it('loses no lease: a renewal whose reply is cut off was applied, and one that was cut off is made', async () => {
    const proxy = await cuttingProxy(url)
    const storage = await postgresStorage({ url: proxy.url, schema: freshSchema() })
    const claim = { workOrderId: 'o' as WorkOrderId, fence: 1 }
    await storage.transaction(async (transaction) => {
      const row = exampleWorkOrder(projectId, 't', 'o', { status: 'claimed', fence: 1 })
      await transaction.write(projectId, [{ table: 'workOrder', kind: 'insert', row }], [], 'test')
      await transaction.lease([claim], 'w' as WorkerId, 1_000)
    })
    for (const cut of ['reply', 'request', 'request-unnoticed'] as const) {
      proxy.cutNextCommit(cut)
      expect(await storage.renew([claim], 3_600_000)).toEqual({ lost: [] })
    }
    expect(proxy.cuts).toBe(3)
    await storage.advanceClock(1_800_000)
    const held = await storage.transaction((transaction) => transaction.held([claim]))
    expect([...held]).toEqual(['o'])
    await storage.close()
  })

  it('is found out although the pool has no other connection', async () => {
    const proxy = await cuttingProxy(url)
    const schema = freshSchema()
    const storage = await postgresStorage({ url: proxy.url, schema, poolSize: 1 })
    for (const cut of ['reply', 'request', 'request-unnoticed'] as const) {
      proxy.cutNextCommit(cut)
      await append(storage)
    }
    expect(proxy.cuts).toBe(3)
    expect(await storage.eventsAfter(projectId, 0)).toHaveLength(3)
    await storage.close()
  })

  it('is never called busy, which would have it repeated, when it cannot be found out', async () => {
    const proxy = await cuttingProxy(url)
    const schema = freshSchema()
    const options = { url: proxy.url, schema, poolSize: 1 }
    const storage = await postgresStorage({
      ...options,
      connectTimeoutMs: 1_500,
      busyTimeoutMs: 300,
    })
    let release: () => void = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    proxy.cutNextCommit('reply')
    const appending = append(storage)
    // Waits in line, and takes the place of the connection that was lost.
    const holder = storage.transaction(async (transaction) => {
      await transaction.load({ projectId: 'other' as ProjectId })
      await released
    })
    await expect(appending).rejects.toMatchObject({ code: 'storage-unreachable', retryable: false })
    release()
    await holder
    await storage.close()
  })

  it('is never called busy when it was committed and only its log cannot be read', async () => {
    const proxy = await cuttingProxy(url)
    const pool = new Pool({ connectionString: proxy.url, max: 3 })
    pool.on('error', () => {})
    let afterCut = 0
    const storage = await postgresStorage({
      pool: {
        async connect() {
          if (proxy.cuts > 0) afterCut += 1
          // The first asks what became of the commit, the second reads the log.
          if (afterCut === 2) throw new Error('timeout exceeded when trying to connect')
          return pool.connect()
        },
      },
      schema: freshSchema(),
      notify: false,
      busyTimeoutMs: 300,
    })
    await append(storage)
    proxy.cutNextCommit('reply')
    await expect(append(storage)).rejects.toMatchObject({
      code: 'storage-unreachable',
      retryable: false,
      message: expect.stringMatching(/Look at the state before you repeat/),
    })
    expect(await storage.eventsAfter(projectId, 0)).toHaveLength(2)
    await storage.close()
    await pool.end()
  })

  it('says so when the server does not tell in time', async () => {
    const proxy = await cuttingProxy(url)
    const schema = freshSchema()
    const storage = await postgresStorage({ url: proxy.url, schema, busyTimeoutMs: 200 })
    await append(storage)
    proxy.cutNextCommit('reply')
    const appending = append(storage)
    proxy.accept(false)
    await expect(appending).rejects.toMatchObject({
      code: 'storage-unreachable',
      retryable: false,
      message: expect.stringMatching(/during a commit.*Look at the state before you repeat/),
    })
    proxy.accept(true)
    expect(await storage.eventsAfter(projectId, 0)).toHaveLength(2)
    await storage.close()
  })

  it('costs readers nothing: a transaction that only read needs no number', async () => {
    const proxy = await cuttingProxy(url)
    const schema = freshSchema()
    const storage = await postgresStorage({ url: proxy.url, schema })
    for (let round = 0; round < 5; round += 1) {
      proxy.cutNextCommit('reply')
      const projects = await storage.transaction((transaction) => transaction.query('projects', {}))
      expect(projects).toEqual([])
    }
    expect(proxy.cuts).toBe(5)
    // That of the migration.
    expect(proxy.sent.match(/pg_current_xact_id/g)).toHaveLength(1)
    await storage.close()
  })
})
