import { createServer } from 'node:net'

import type { ProjectId, Storage, WorkerId, WorkOrderId } from '@cueline/core'
import { exampleEvent, exampleProject, exampleWorkOrder } from '@cueline/core/testing'
import { Pool } from 'pg'
import { describe, expect, it } from 'vitest'

import { cuttingProxy } from './fixtures/cutting-proxy.ts'
import { freshSchema, runSql, url } from './fixtures/test-database.ts'
import type { PostgresClient, PostgresQuery } from './postgres-driver.ts'
import { postgresStorage } from './postgres-storage.ts'

const projectId = 'p' as ProjectId

function append(storage: Storage, to = projectId): Promise<unknown> {
  return storage.transaction((transaction) => transaction.write(to, [], [exampleEvent(to)], 'test'))
}

/** The URL with parts of it changed. */
function changed(change: (url: URL) => void): string {
  const parsed = new URL(url)
  change(parsed)
  return parsed.href
}

async function unusedPort(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return String(typeof address === 'object' ? address?.port : '')
}

describe('opening Postgres in trouble [X-11]', () => {
  it('says that the password is wrong, without showing it', async () => {
    const wrong = changed((url) => (url.password = 'not-the-secret'))
    const failure = postgresStorage({ url: wrong, schema: freshSchema() })
    await expect(failure).rejects.toMatchObject({
      code: 'storage-unusable',
      message: expect.stringMatching(/does not let this user in.*Correct user and password/),
    })
    await expect(failure).rejects.not.toThrow(/not-the-secret/)
  })

  it('says that there is no such database, and its name', async () => {
    const wrong = changed((url) => (url.pathname = '/no_such_database'))
    await expect(postgresStorage({ url: wrong })).rejects.toMatchObject({
      code: 'storage-unusable',
      message: expect.stringMatching(/no_such_database.*createdb/s),
    })
  })

  it('says where it looked for the server, after trying for a while', async () => {
    const port = await unusedPort()
    const wrong = changed((url) => (url.port = port))
    await expect(postgresStorage({ url: wrong, busyTimeoutMs: 100 })).rejects.toMatchObject({
      code: 'storage-unreachable',
      retryable: true,
      message: expect.stringContaining(`:${port}/`),
    })
  })

  it('survives a server that ends a connection in the packet in which it welcomes it', async () => {
    // Welcome, ready, and at once: FATAL, going down.
    const fields = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0')
    const length = Buffer.alloc(4)
    length.writeInt32BE(fields.length + 4)
    const welcome = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49])
    const ending = Buffer.concat([welcome, Buffer.from('E'), length, fields])
    let met = 0
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => {
        met += 1
        socket.end(ending)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = String(typeof address === 'object' ? address?.port : '')
    const place = { url: `postgres://me@127.0.0.1:${port}/nowhere`, busyTimeoutMs: 50 }
    await expect(postgresStorage(place)).rejects.toMatchObject({ code: 'storage-unreachable' })
    const pool = new Pool({ connectionString: place.url })
    pool.on('error', () => {})
    await expect(postgresStorage({ pool, busyTimeoutMs: 50 })).rejects.toMatchObject({
      code: 'storage-unreachable',
    })
    expect(met).toBeGreaterThan(1)
    await pool.end()
    await new Promise((resolve) => server.close(resolve))
  })

  it('waits for a server that is about to start', async () => {
    const proxy = await cuttingProxy(url)
    proxy.accept(false)
    const opening = postgresStorage({ url: proxy.url, schema: freshSchema() })
    await new Promise((resolve) => setImmediate(resolve))
    proxy.accept(true)
    const storage = await opening
    await append(storage)
    expect(await storage.eventsAfter(projectId, 0)).toHaveLength(1)
    await storage.close()
  })

  it.each([
    ['no URL', 'localhost/cueline'],
    ['an empty one', ''],
  ])('refuses %s with the form of one', async (_, wrong) => {
    await expect(postgresStorage({ url: wrong })).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('postgres://user:password@host:5432/database'),
    })
  })

  it('wants either a URL or a pool, and a schema that can be one', async () => {
    await expect(postgresStorage({})).rejects.toMatchObject({ code: 'invalid-input' })
    for (const schema of ['', 'x'.repeat(64)]) {
      await expect(postgresStorage({ url, schema })).rejects.toMatchObject({
        code: 'invalid-input',
      })
    }
  })

  it('takes any other name for its schema', async () => {
    const schema = `${freshSchema()} "; drop table x; --`
    const storage = await postgresStorage({ url, schema })
    await append(storage)
    expect(await storage.eventsAfter(projectId, 0)).toHaveLength(1)
    await storage.close()
    await runSql(`drop schema "${schema.replaceAll('"', '""')}" cascade`)
  })

  it('says that the server only reads', async () => {
    const schema = freshSchema()
    const storage = await postgresStorage({ url, schema })
    await storage.close()
    const reading = changed((url) =>
      url.searchParams.set('options', '-c default_transaction_read_only=on'),
    )
    await expect(postgresStorage({ url: reading, schema })).rejects.toMatchObject({
      code: 'storage-readonly',
      message: expect.stringContaining('Name the primary server'),
    })
  })

  it('makes no schema for whoever only looks', async () => {
    const schema = freshSchema()
    const failure = postgresStorage({ url, schema, create: false })
    await expect(failure).rejects.toMatchObject({ code: 'storage-unusable', details: { schema } })
    await expect(failure).rejects.toThrow(`There is no schema "${schema}" at `)
    await (await postgresStorage({ url, schema })).close()
    await (await postgresStorage({ url, schema, create: false })).close()
  })

  it('leaves a schema of something else as it is', async () => {
    const schema = freshSchema()
    await runSql(`create schema "${schema}"; create table "${schema}".tasks (id int)`)
    const failure = postgresStorage({ url, schema })
    await expect(failure).rejects.toMatchObject({ code: 'storage-unusable', retryable: false })
    await expect(failure).rejects.toThrow(/holds tables of something else.*"tasks" already exists/s)
    expect(
      await runSql(
        'select count(*)::int as n from information_schema.tables where table_schema = $1',
        [schema],
      ),
    ).toEqual([{ n: 1 }])
  })

  it('says what a user is to be granted, and works once it is', async () => {
    const schema = freshSchema()
    const user = `user_${schema}`
    await (await postgresStorage({ url, schema })).close()
    await runSql(`create role ${user} login password 'poor'`)
    const poor = changed((url) => {
      url.username = user
      url.password = 'poor'
    })
    // Postgres does not say that the schema may not be used, but that there is none.
    const failure = postgresStorage({ url: poor, schema })
    await expect(failure).rejects.toMatchObject({ code: 'storage-readonly', retryable: false })
    await expect(failure).rejects.toThrow(
      /GRANT USAGE, CREATE ON SCHEMA and GRANT ALL ON ALL TABLES/,
    )
    await runSql(
      `grant usage, create on schema "${schema}" to ${user};
       grant all on all tables in schema "${schema}" to ${user}`,
    )
    const storage = await postgresStorage({ url: poor, schema })
    await append(storage)
    expect(await storage.eventsAfter(projectId, 0)).toHaveLength(1)
    await storage.close()
    await runSql(`drop owned by ${user}; drop role ${user}`)
  })

  it('says that the server does not encrypt what is to be encrypted', async () => {
    const encrypted = changed((url) => url.searchParams.set('sslmode', 'verify-full'))
    await expect(postgresStorage({ url: encrypted })).rejects.toMatchObject({
      code: 'storage-unusable',
      message: expect.stringMatching(/does not encrypt connections.*take sslmode out/s),
    })
  })

  it.each([
    ['postgres://me:se#cret@127.0.0.1/plans', /# \? @ of user and password are written as/],
    ['mysql://me:secret@127.0.0.1/plans', /It begins with mysql:; write postgres:/],
    ['127.0.0.1:5432', /cannot be read as one of Postgres/],
  ])('says how a URL is written, without showing a password: %s', async (wrong, message) => {
    const failure = postgresStorage({ url: wrong })
    await expect(failure).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(failure).rejects.toThrow(message)
    await expect(failure).rejects.not.toThrow(/cret/)
  })

  it('refuses a schema of a newer version, naming both versions and the next step', async () => {
    const schema = freshSchema()
    await (await postgresStorage({ url, schema })).close()
    await runSql(
      `insert into "${schema}".migrations (number, name, checksum) values (99, 'later', 'x')`,
    )
    const failure = postgresStorage({ url, schema })
    await expect(failure).rejects.toMatchObject({ code: 'storage-newer', retryable: false })
    await expect(failure).rejects.toThrow(
      /127\.0\.0\.1:\d+\/\w+ is at version 99.*up to \d+\. Update Cueline/s,
    )
  })
})

describe('Postgres in trouble [X-02, X-11]', () => {
  it('tries again what the server undid for the sake of others', async () => {
    const schema = freshSchema()
    const storage = await postgresStorage({ url, schema })
    // Fails the first two inserts the way a conflict does.
    await runSql(`
      create sequence "${schema}".failures;
      create function "${schema}".fail() returns trigger language plpgsql as $$
      begin
        if nextval('"${schema}".failures') <= 2 then
          raise exception 'conflict' using errcode = '40001';
        end if;
        return new;
      end $$;
      create trigger fail before insert on "${schema}".events
        for each row execute function "${schema}".fail()`)
    let runs = 0
    await storage.transaction(async (transaction) => {
      runs += 1
      await transaction.write(projectId, [], [exampleEvent(projectId)], 'test')
    })
    expect(runs).toBe(3)
    expect(await storage.eventsAfter(projectId, 0)).toHaveLength(1)
    await storage.close()
  })

  it('gets out of a deadlock: both transactions are stored', async () => {
    const schema = freshSchema()
    const storage = await postgresStorage({ url, schema })
    const [a, b] = ['a', 'b'] as ProjectId[] as [ProjectId, ProjectId]
    let holding = 0
    let bothHold: () => void = () => {}
    const both = new Promise<void>((resolve) => (bothHold = resolve))
    const cross = (first: ProjectId, second: ProjectId) =>
      storage.transaction(async (transaction) => {
        await transaction.load({ projectId: first })
        holding += 1
        if (holding === 2) bothHold()
        await both
        for (const id of [first, second]) {
          await transaction.write(id, [], [exampleEvent(id)], 'test')
        }
      })
    await Promise.all([cross(a, b), cross(b, a)])
    expect(holding).toBeGreaterThan(2)
    expect(await storage.eventsAfter(a, 0)).toHaveLength(2)
    expect(await storage.eventsAfter(b, 0)).toHaveLength(2)
    await storage.close()
  })

  it('gives up on a project that somebody else keeps locked, and says so', async () => {
    const schema = freshSchema()
    const one = await postgresStorage({ url, schema })
    const other = await postgresStorage({ url, schema, busyTimeoutMs: 50 })
    await one.transaction(async (transaction) => {
      await transaction.load({ projectId })
      await expect(append(other)).rejects.toMatchObject({
        code: 'storage-busy',
        retryable: true,
        message: expect.stringMatching(/stayed busy.*pg_stat_activity/s),
      })
      // Other projects are not kept waiting.
      await append(other, 'q' as ProjectId)
    })
    await append(other)
    await one.close()
    await other.close()
  })

  it('says what to do when all connections are in use, and goes on when one is free', async () => {
    const schema = freshSchema()
    const storage = await postgresStorage({ url, schema, poolSize: 2, connectTimeoutMs: 1_000 })
    const order = exampleWorkOrder(projectId, 't', 'o', { status: 'claimed', fence: 1 })
    const claim = { workOrderId: 'o' as WorkOrderId, fence: 1 }
    await storage.transaction(async (transaction) => {
      const changes = [
        { table: 'project', kind: 'insert', row: exampleProject(projectId) },
        { table: 'workOrder', kind: 'insert', row: order },
      ] as const
      await transaction.write(projectId, changes, [], 'test')
      await transaction.lease([claim], 'w' as WorkerId, 60_000)
    })
    let release: () => void = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    const holders = ['a', 'b'].map((id) =>
      storage.transaction(async (transaction) => {
        await transaction.load({ projectId: id as ProjectId })
        await released
      }),
    )
    await expect(append(storage)).rejects.toMatchObject({
      code: 'storage-busy',
      message: expect.stringMatching(/All connections.*raise poolSize/),
    })
    // No lease lapses because of that.
    expect(await storage.renew([claim], 60_000)).toEqual({ lost: [] })
    release()
    await Promise.all(holders)
    await append(storage)
    await storage.close()
  })

  it('cancels a statement that takes too long, and says so', async () => {
    const schema = freshSchema()
    // Tables are made without the limit.
    await (await postgresStorage({ url, schema })).close()
    const storage = await postgresStorage({ url, schema, statementTimeoutMs: 500 })
    await runSql(`
      create function "${schema}".wait() returns trigger language plpgsql as $$
      begin perform pg_sleep(30); return new; end $$;
      create trigger wait before insert on "${schema}".events
        for each row execute function "${schema}".wait()`)
    await expect(append(storage)).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('statementTimeoutMs'),
    })
    await storage.close()
  })

  it('goes on, without a word, when every connection is cut between and inside transactions', async () => {
    const proxy = await cuttingProxy(url)
    const storage = await postgresStorage({ url: proxy.url, schema: freshSchema() })
    await append(storage)
    proxy.cutAll()
    await append(storage)
    let runs = 0
    await storage.transaction(async (transaction) => {
      runs += 1
      await transaction.write(projectId, [], [exampleEvent(projectId)], 'test')
      if (runs === 1) proxy.cutAll()
      await transaction.query('lastSequence', { projectId })
    })
    expect(runs).toBe(2)
    expect(await storage.eventsAfter(projectId, 0)).toHaveLength(3)
    await storage.close()
  })

  it.each(['25P03', '25P04', '57P05'])(
    'starts again when the server ended the session of a process that stood still (%s)',
    async (code) => {
      const real = new Pool({ connectionString: url })
      let endings = 0
      /** Ends the session at the first question for the time, as after a freeze at the beginning. */
      const pool = {
        async connect() {
          const client = await real.connect()
          const query = client.query.bind(client) as (given: PostgresQuery) => Promise<never>
          const ending = (given: PostgresQuery) => {
            if (endings === 0 || !given.text.includes('clock_timestamp')) return query(given)
            endings -= 1
            const fatal = new Error('terminating connection due to idle-in-transaction timeout')
            return Promise.reject(Object.assign(fatal, { severity: 'FATAL', code }))
          }
          return Object.assign(client, { query: ending }) as unknown as PostgresClient
        },
      }
      const storage = await postgresStorage({ pool, schema: freshSchema() })
      endings = 1
      await append(storage)
      expect(endings).toBe(0)
      expect(await storage.eventsAfter(projectId, 0)).toHaveLength(1)
      await storage.close()
      await real.end()
    },
  )

  it('does not take a process for frozen that works out thousands of rows', async () => {
    // The server ends the session of whoever stands still in a transaction after half of that.
    const options = { url, schema: freshSchema(), busyTimeoutMs: 2_000 }
    const storage = await postgresStorage(options)
    const events = Array.from({ length: 6_000 }, () => exampleEvent(projectId))
    let runs = 0
    await storage.transaction(async (transaction) => {
      runs += 1
      await transaction.write(projectId, [], events, 'test')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_300) // As an engine that computes.
    })
    expect(runs).toBe(1)
    expect(await storage.eventsAfter(projectId, 5_999)).toHaveLength(1)
    await storage.close()
  })

  it('closes, although nothing arrives any more and nobody says so', async () => {
    const proxy = await cuttingProxy(url)
    const storage = await postgresStorage({ url: proxy.url, schema: freshSchema() })
    await append(storage)
    proxy.freeze()
    await expect(storage.close()).resolves.toBeUndefined()
  })

  it('passes the errors of the caller through as they are', async () => {
    const storage = await postgresStorage({ url, schema: freshSchema() })
    const mine = new TypeError('mine')
    await expect(
      storage.transaction(async () => {
        throw mine
      }),
    ).rejects.toBe(mine)
    await storage.close()
  })

  it('leaves the pool of a host as it found it', async () => {
    const pool = new Pool({ connectionString: url, max: 3 })
    const storage = await postgresStorage({ pool, schema: freshSchema() })
    await append(storage)
    expect(await storage.eventsAfter(projectId, 0)).toHaveLength(1)
    const { rows } = await pool.query('show search_path')
    expect(rows).toEqual([{ search_path: '"$user", public' }])
    await storage.close()
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await pool.end()
  })
})
