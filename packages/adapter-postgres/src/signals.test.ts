import { execFile } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { ProjectId, Storage, StoredEvent } from '@cueline/core'
import { exampleEvent } from '@cueline/core/testing'
import { Client } from 'pg'
import { afterEach, describe, expect, it } from 'vitest'

import { cuttingProxy } from './fixtures/cutting-proxy.ts'
import { freshSchema, runSql, url } from './fixtures/test-database.ts'
import { postgresStorage } from './postgres-storage.ts'
import { Signals } from './signals.ts'
import type { SignalClient } from './signals.ts'

const projectId = 'p' as ProjectId
/** Longer than any test: what arrives was not polled. */
const never = 3_600_000

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

async function opened(options: Parameters<typeof postgresStorage>[0]): Promise<Storage> {
  const storage = await postgresStorage(options)
  open.push(() => storage.close())
  return storage
}

function append(storage: Storage, to = projectId): Promise<unknown> {
  return storage.transaction((transaction) => transaction.write(to, [], [exampleEvent(to)], 'test'))
}

/** The next events of a log, each when it is there. */
function follow(storage: Storage): () => Promise<StoredEvent> {
  const stop = new AbortController()
  open.push(() => stop.abort())
  const events = storage.watch(projectId, 0, stop.signal)[Symbol.asyncIterator]()
  return async () => {
    const next = await events.next()
    if (next.done === true) throw new Error('the log ended')
    return next.value
  }
}

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** The processes of the server that listen for this schema. */
async function listeners(storageSchema: string): Promise<readonly number[]> {
  const rows = await runSql(`select pid from pg_stat_activity where application_name = $1`, [
    `cueline ${storageSchema}`,
  ])
  return rows.map((row) => Number(row['pid']))
}

describe('wake-ups between processes on Postgres [X-02, X-11]', () => {
  it('reach a follower long before it would poll', async () => {
    const schema = freshSchema()
    const [one, other] = [
      await opened({ url, schema, pollMs: never }),
      await opened({ url, schema, pollMs: never }),
    ]
    const next = follow(other)
    const first = next()
    for (let sequence = 1; sequence <= 5; sequence += 1) {
      await append(one)
      expect(await (sequence === 1 ? first : next())).toMatchObject({ sequence })
    }
  })

  it('reach a follower over the pool of a host', async () => {
    const schema = freshSchema()
    const { Pool } = await import('pg')
    const pool = new Pool({ connectionString: url })
    open.push(() => pool.end())
    const one = await opened({ url, schema, pollMs: never })
    const other = await opened({ pool, schema, pollMs: never })
    const next = follow(other)
    const first = next()
    await append(one)
    expect(await first).toMatchObject({ sequence: 1 })
  })

  it('are not needed: with all of them suppressed, followers poll', async () => {
    const schema = freshSchema()
    const one = await opened({ url, schema, notify: false })
    const other = await opened({ url, schema, pollMs: 10 })
    const next = follow(other)
    await append(one)
    expect(await next()).toMatchObject({ sequence: 1 })
    await append(one)
    expect(await next()).toMatchObject({ sequence: 2 })
  })

  it('come again after the listening connection was ended by the server', async () => {
    const schema = freshSchema()
    const listening = new URL(url)
    listening.searchParams.set('application_name', `cueline ${schema}`)
    const one = await opened({ url, schema, pollMs: never })
    const other = await opened({ url: listening.href, schema, pollMs: never })
    const next = follow(other)
    await append(one)
    expect(await next()).toMatchObject({ sequence: 1 })
    const before = await listeners(schema)
    expect(before.length).toBeGreaterThan(0)
    await runSql('select pg_terminate_backend(pid) from unnest($1::int[]) as ended (pid)', [before])
    await append(one)
    expect(await next()).toMatchObject({ sequence: 2 })
    await append(one)
    expect(await next()).toMatchObject({ sequence: 3 })
  })

  it('come again after the listening connection went half open', async () => {
    const proxy = await cuttingProxy(url)
    const wakes: (ReadonlySet<string> | undefined)[] = []
    let opens = 0
    const signals = new Signals({
      async open() {
        opens += 1
        const client = new Client({
          connectionString: proxy.url,
          connectionTimeoutMillis: 500,
        })
        client.on('error', () => {})
        await client.connect()
        return client
      },
      close: (client: SignalClient) => void (client as Client).end().catch(() => {}),
      channel: 'cueline_half_open',
      gatherMs: 1,
      pingMs: 100,
    })
    open.push(() => signals.close())
    signals.listen((projectIds) => wakes.push(projectIds))
    const heard = (id: string) => wakes.some((wake) => wake?.has(id) === true)
    await until(async () => {
      await runSql(`select pg_notify('cueline_half_open', '["before"]')`)
      return heard('before')
    })
    proxy.freeze()
    const told = wakes.length
    await until(async () => {
      await runSql(`select pg_notify('cueline_half_open', '["after"]')`)
      return heard('after')
    })
    expect(opens).toBeGreaterThan(1)
    // Whatever was told in between may have been missed.
    expect(wakes.slice(told)).toContain(undefined)
  })

  it('are gathered: a thousand commits send a handful, naming each project', async () => {
    const sent: string[][] = []
    const signals = new Signals({
      open: async () => ({
        query: async ({ values }) => void sent.push(JSON.parse(String(values?.[1])) as string[]),
        on: () => {},
      }),
      close: () => {},
      channel: 'c',
      gatherMs: 20,
      pingMs: 1_000,
    })
    for (let commit = 0; commit < 1_000; commit += 1) {
      signals.notify(new Set([`project ${commit % 3}`]))
      if (commit % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await signals.close()
    expect(sent.length).toBeLessThan(20)
    expect(new Set(sent.flat())).toEqual(new Set(['project 0', 'project 1', 'project 2']))
  })

  it('say "any project" when the names of all would be too long', async () => {
    const sent: unknown[] = []
    const signals = new Signals({
      open: async () => ({
        query: async ({ values }) => void sent.push(values?.[1]),
        on: () => {},
      }),
      close: () => {},
      channel: 'c',
      gatherMs: 1,
      pingMs: 1_000,
    })
    signals.notify(new Set(Array.from({ length: 500 }, (_, index) => `a long project id ${index}`)))
    await until(() => sent.length > 0)
    await signals.close()
    expect(sent).toEqual([''])
  })

  it('do not end a program that closes while the server has no room for their connection', async () => {
    const program = fileURLToPath(new URL('fixtures/closing-process.ts', import.meta.url))
    const args = ['--conditions=cueline-source', program]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    expect(stdout).toBe('closed')
  })

  it('from strangers wake everybody rather than nobody', async () => {
    const schema = freshSchema()
    const storage = await opened({ url, schema, pollMs: never })
    const next = follow(storage)
    await append(storage)
    expect(await next()).toMatchObject({ sequence: 1 })
    const later = next()
    // Stored behind the storage's back, told in a payload that is no list.
    await runSql(`
      update "${schema}".logs set last_sequence = 2;
      insert into "${schema}".events select project_id, 2, actor, event from "${schema}".events`)
    const { createHash } = await import('node:crypto')
    const channel = `cueline_${createHash('sha256').update(schema).digest('hex').slice(0, 32)}`
    let done = false
    void later.then(() => (done = true))
    await until(async () => {
      await runSql('select pg_notify($1, $2)', [channel, 'hello {'])
      return done
    })
    expect(await later).toMatchObject({ sequence: 2 })
  })
})
