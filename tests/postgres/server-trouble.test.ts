import { postgresStorage } from '@cueline/adapter-postgres'
import type { ProjectId, Storage } from '@cueline/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type PostgresServer, runSql, schemaName, startPostgres } from '../postgres-server.ts'

let server: PostgresServer
beforeAll(async () => {
  // What these tests stop and crash is nobody else's, and what it has committed is on the disk.
  server = await startPostgres({ durable: true, settings: { max_connections: '12' } })
})
afterAll(() => server.close())

const projectId = 'p' as ProjectId

/** Appends an event; resolves with the time it took, milliseconds. */
async function append(storage: Storage, name: string): Promise<number> {
  const start = performance.now()
  await storage.transaction((transaction) =>
    transaction.write(projectId, [], [{ type: 'project.updated', projectId, name, at: 1 }], 'test'),
  )
  return performance.now() - start
}

async function namesIn(storage: Storage): Promise<readonly string[]> {
  const events = await storage.eventsAfter(projectId, 0, 100_000)
  expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1))
  return events.map((event) => ('name' in event ? String(event.name) : ''))
}

/** Writers that append names of their own one after the other until they are stopped. */
function writers(storage: Storage, count: number) {
  const written: string[] = []
  let stopped = false
  const running = Array.from({ length: count }, async (_, writer) => {
    for (let index = 0; !stopped; index += 1) {
      const name = `${writer}-${index}`
      await append(storage, name)
      written.push(name)
    }
  })
  return {
    written,
    async stop() {
      stopped = true
      await Promise.all(running)
    },
  }
}

describe('a Postgres server that fails [X-02, X-11]', () => {
  it('is waited for when it crashes in mid-transaction; nothing is lost or doubled', async () => {
    const storage = await postgresStorage({ url: server.url, schema: schemaName() })
    const { written, stop } = writers(storage, 4)
    let extra = 0
    while (written.length < 20) await append(storage, `extra ${(extra += 1)}`)
    await server.stop('immediate')
    await server.start()
    const resumed = performance.now()
    await append(storage, 'after the crash')
    expect(performance.now() - resumed).toBeLessThan(5_000)
    await stop()
    const names = await namesIn(storage)
    expect(new Set(names).size).toBe(names.length)
    expect(names).toEqual(expect.arrayContaining(written))
    expect(names.filter((name) => !name.includes(' ')).length).toBe(written.length)
    await storage.close()
  })

  it('may end every connection, again and again; nothing is lost or doubled', async () => {
    const storage = await postgresStorage({ url: server.url, schema: schemaName() })
    const { written, stop } = writers(storage, 4)
    let extra = 0
    for (let wave = 0; wave < 10; wave += 1) {
      const before = written.length
      while (written.length < before + 5) await append(storage, `extra ${(extra += 1)}`)
      await runSql(
        server.url,
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cueline'`,
      )
    }
    await stop()
    const names = await namesIn(storage)
    expect(new Set(names).size).toBe(names.length)
    expect(names).toEqual(expect.arrayContaining(written))
    await storage.close()
  })

  it('may stay away: calls say so, followers and later calls go on when it is back', async () => {
    const schema = schemaName()
    const storage = await postgresStorage({
      url: server.url,
      schema,
      busyTimeoutMs: 100,
      pollMs: 20,
    })
    const stop = new AbortController()
    const follower = storage.watch(projectId, 0, stop.signal)[Symbol.asyncIterator]()
    await append(storage, 'before')
    expect(await follower.next()).toMatchObject({ value: { sequence: 1 } })
    const second = follower.next()
    await server.stop()
    await expect(append(storage, 'meanwhile')).rejects.toMatchObject({
      code: 'storage-unreachable',
      retryable: true,
      message: expect.stringMatching(/does not answer|going down/),
    })
    await server.start()
    await append(storage, 'after')
    expect(await namesIn(storage)).toEqual(['before', 'after'])
    expect(await second).toMatchObject({ value: { sequence: 2 } })
    stop.abort()
    await storage.close()
  })

  it('may have no connection left: the error says what to change', async () => {
    const storage = await postgresStorage({ url: server.url, schema: schemaName(), poolSize: 30 })
    let release: () => void = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    const holding = Array.from({ length: 20 }, (_, index) =>
      storage.transaction(async (transaction) => {
        await transaction.load({ projectId: `p${index}` as ProjectId })
        await released
      }),
    )
    // Nobody lets go before the first has failed.
    await expect(Promise.all(holding)).rejects.toMatchObject({
      code: 'storage-busy',
      message: expect.stringMatching(/no connection left.*Lower poolSize.*max_connections/s),
    })
    release()
    await Promise.allSettled(holding)
    await append(storage, 'later')
    await storage.close()
  })

  it('may not let its user make a schema: the error says which right is missing', async () => {
    await runSql(server.url, `create role poor login password 'x'`)
    const poor = new URL(server.url)
    poor.username = 'poor'
    poor.password = 'x'
    await expect(postgresStorage({ url: poor.href, schema: schemaName() })).rejects.toMatchObject({
      code: 'storage-readonly',
      message: expect.stringMatching(/permission denied.*GRANT CREATE/s),
    })
  })

  it('may hold a database whose encoding has no room for every text: it is refused', async () => {
    await runSql(
      server.url,
      `create database latin encoding 'LATIN1' locale_provider libc locale 'C' template template0`,
    )
    const latin = new URL(server.url)
    latin.pathname = '/latin'
    await expect(postgresStorage({ url: latin.href })).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/LATIN1.*UTF8/),
    })
  })
})
