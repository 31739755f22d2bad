import type {
  ProjectId,
  Storage,
  StorageTransaction,
  TaskId,
  WorkerId,
  WorkOrderId,
} from '@cueline/core'
import { exampleEvent, exampleProject, exampleWorkOrder } from '@cueline/core/testing'
import { Client, Pool } from 'pg'
import { describe, expect, it } from 'vitest'

import { cuttingProxy } from './fixtures/cutting-proxy.ts'
import { freshSchema, runSql, url } from './fixtures/test-database.ts'
import { postgresStorage } from './postgres-storage.ts'

const projectId = 'p' as ProjectId
const claim = { workOrderId: 'o' as WorkOrderId, fence: 1 }
const unknown = 'unknown' as TaskId

/** Appends one event; resolves with how often its work ran. */
async function append(storage: Storage): Promise<number> {
  let runs = 0
  await storage.transaction(async (transaction) => {
    runs += 1
    await transaction.write(projectId, [], [exampleEvent(projectId)], 'test')
  }, projectId)
  return runs
}

/** As often as it takes until the project is trusted and what is written is one statement. */
async function appendUntilTrusted(storage: Storage): Promise<void> {
  for (let round = 0; round < 6; round += 1) await append(storage)
}

/** A work order with a lease. */
function claimOne(storage: Storage, leaseMs: number) {
  return storage.transaction(async (transaction) => {
    const row = exampleWorkOrder(projectId, 't', claim.workOrderId, {
      status: 'claimed',
      fence: claim.fence,
    })
    await transaction.write(
      projectId,
      [
        { table: 'workOrder', kind: 'delete', key: claim.workOrderId },
        { table: 'workOrder', kind: 'insert', row },
      ],
      [exampleEvent(projectId)],
      'test',
    )
    await transaction.lease([claim], 'w' as WorkerId, leaseMs)
  }, projectId)
}

async function sequences(storage: Storage): Promise<readonly number[]> {
  return (await storage.eventsAfter(projectId, 0)).map(({ sequence }) => sequence)
}

function upTo(last: number): readonly number[] {
  return Array.from({ length: last }, (_, index) => index + 1)
}

function rename(storage: Storage, name: string) {
  return storage.transaction((transaction) =>
    transaction.write(
      projectId,
      [{ table: 'project', kind: 'update', key: projectId, set: { name } }],
      [],
      'test',
    ),
  )
}

async function nameOf(transaction: StorageTransaction) {
  return (await transaction.load({ projectId })).project?.name
}

describe('a transaction on what is known of its project [S4-05] [X-02]', () => {
  it('is one statement in one message, without a word before or after', async () => {
    const proxy = await cuttingProxy(url)
    const storage = await postgresStorage({ url: proxy.url, schema: freshSchema(), notify: false })
    await appendUntilTrusted(storage)
    const before = proxy.sent.length
    expect(await append(storage)).toBe(1)
    const sent = proxy.sent.slice(before)
    expect(sent).toMatch(/cueline_\d+/)
    expect(sent).not.toMatch(/begin|commit|select/)
    expect(await sequences(storage)).toEqual(upTo(7))
    await storage.close()
  })

  it('has one text in all schemas, so that many of them in a process are all as fast', async () => {
    const first = await postgresStorage({ url, schema: freshSchema() })
    await appendUntilTrusted(first)
    const proxy = await cuttingProxy(url)
    const second = await postgresStorage({ url: proxy.url, schema: freshSchema(), notify: false })
    for (let round = 0; round < 2; round += 1) await append(second)
    const before = proxy.sent.length
    await append(second)
    const sent = proxy.sent.slice(before)
    expect(sent).toContain('with written as')
    expect(sent).not.toMatch(/begin|commit/)
    await first.close()
    await second.close()
  })

  it('leaves no lock for hours where its host is lost before the word that ends it', async () => {
    const proxy = await cuttingProxy(url)
    const storage = await postgresStorage({ url: proxy.url, schema: freshSchema(), notify: false })
    await append(storage)
    const settings = ['idle', 'interval', 'count'].map((name) => `tcp_keepalives_${name} = `)
    for (const setting of settings) expect(proxy.sent).toContain(`set ${setting}`)
    await storage.close()
  })

  it('is never one on connections of the host, which may be another each time', async () => {
    const proxy = await cuttingProxy(url)
    const pool = new Pool({ connectionString: proxy.url, max: 2 })
    const storage = await postgresStorage({ pool, schema: freshSchema(), notify: false })
    await appendUntilTrusted(storage)
    expect(proxy.sent).not.toContain('pg_try_advisory')
    expect(await sequences(storage)).toEqual(upTo(6))
    await storage.close()
    await pool.end()
  })

  it('runs again when another process has written, with and without an event', async () => {
    const schema = freshSchema()
    const one = await postgresStorage({ url, schema })
    const other = await postgresStorage({ url, schema })
    await appendUntilTrusted(one)
    await append(other)
    expect(await append(one)).toBe(2)
    await appendUntilTrusted(one)
    await rename(other, 'second')
    expect(await append(one)).toBe(2)
    expect(await sequences(one)).toEqual(upTo(15))
    await one.close()
    await other.close()
  })

  it('runs again when another process writes while it waits for the row', async () => {
    const schema = freshSchema()
    const storage = await postgresStorage({ url, schema })
    await appendUntilTrusted(storage)
    const client = new Client({ connectionString: url })
    await client.connect()
    await client.query(`begin; update "${schema}".logs set silent_writes = silent_writes + 1`)
    const appending = append(storage)
    for (;;) {
      const waiting = await runSql(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and pg_blocking_pids(pid) @>
          array(select pid from pg_stat_activity where state = 'idle in transaction' and query like $1)`,
        [`%"${schema}".logs set silent%`],
      )
      if (waiting.length > 0) break
    }
    await client.query('commit')
    expect(await appending).toBe(2)
    await client.end()
    await storage.close()
  })

  it('answers nothing that is not true any more: neither a result nor an error', async () => {
    const schema = freshSchema()
    const one = await postgresStorage({ url, schema })
    const other = await postgresStorage({ url, schema })
    await one.transaction((transaction) =>
      transaction.write(
        projectId,
        [{ table: 'project', kind: 'insert', row: exampleProject(projectId, { name: 'first' }) }],
        [],
        'test',
      ),
    )
    const untilTrusted = async () => {
      await one.transaction(nameOf, projectId)
      await appendUntilTrusted(one)
    }
    await untilTrusted()
    await rename(other, 'second')
    expect(await one.transaction(nameOf, projectId)).toBe('second')
    await untilTrusted()
    await rename(other, 'third')
    const refused = one.transaction(async (transaction) => {
      throw new Error(await nameOf(transaction))
    }, projectId)
    await expect(refused).rejects.toThrow('third')
    await untilTrusted()
    await rename(other, 'fourth')
    const thrownMeanwhile = one.transaction(async (transaction) => {
      const name = await nameOf(transaction)
      transaction.load({ projectId, tasks: [unknown] }).catch(() => {})
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
      throw new Error(name)
    }, projectId)
    await expect(thrownMeanwhile).rejects.toThrow('fourth')
    await untilTrusted()
    await rename(other, 'fifth')
    const wrapped = one.transaction(async (transaction) => {
      try {
        await transaction.load({ projectId, tasks: [unknown] })
      } catch (error) {
        throw new Error('It could not be loaded.', { cause: error })
      }
      return nameOf(transaction)
    }, projectId)
    expect(await wrapped).toBe('fifth')
    await one.close()
    await other.close()
  })

  it('calls no lease held that has lapsed by the clock of the server', async () => {
    const schema = freshSchema()
    const one = await postgresStorage({ url, schema })
    const other = await postgresStorage({ url, schema })
    for (const { leaseMs, ms } of [
      { leaseMs: 60_000, ms: 3_600_000 },
      { leaseMs: 150, ms: 200 },
    ]) {
      await claimOne(one, leaseMs)
      await appendUntilTrusted(one)
      await other.advanceClock(ms)
      const held = await one.transaction(async (transaction) => {
        await transaction.load({ projectId, workOrders: [claim.workOrderId] })
        const found = await transaction.held([claim])
        await transaction.write(projectId, [], [exampleEvent(projectId)], 'test')
        return found.size
      }, projectId)
      expect(held).toBe(0)
    }
    await one.close()
    await other.close()
  })

  it('calls a lease held that has been renewed, also where the clock is read after its first end', async () => {
    const schema = freshSchema()
    const one = await postgresStorage({ url, schema })
    const other = await postgresStorage({ url, schema })
    await claimOne(one, 60_000)
    await one.renew([claim], 3_600_000)
    await other.advanceClock(59_800)
    await appendUntilTrusted(one)
    await other.advanceClock(220)
    const held = await one.transaction(async (transaction) => {
      const workOrders = [claim.workOrderId]
      await transaction.load({ projectId, workOrders, tasks: [unknown] })
      return (await transaction.held([claim])).size
    }, projectId)
    expect(held).toBe(1)
    await one.close()
    await other.close()
  })

  it('locks rows in the order in which they are written: leases after what else there is', async () => {
    const schema = freshSchema()
    const storage = await postgresStorage({ url, schema })
    await claimOne(storage, 60_000)
    await runSql(`
      create table "${schema}".trace (number serial, name text);
      create function "${schema}".trace() returns trigger language plpgsql as $$
      begin insert into "${schema}".trace (name) values (tg_table_name); return null; end $$;
      ${['logs', 'work_orders', 'events', 'leases']
        .map(
          (name) => `create trigger trace after insert or update or delete on "${schema}".${name}
            for each row execute function "${schema}".trace();`,
        )
        .join('')}`)
    const traced = async () => {
      await runSql(`truncate "${schema}".trace`)
      await storage.transaction(async (transaction) => {
        await transaction.load({ projectId, workOrders: [claim.workOrderId] })
        const key = claim.workOrderId
        await transaction.write(
          projectId,
          [{ table: 'workOrder', kind: 'update', key, set: { fence: claim.fence } }],
          [exampleEvent(projectId)],
          'test',
        )
        await transaction.lease([claim], 'w' as WorkerId, 60_000)
      }, projectId)
      const rows = await runSql(`select name from "${schema}".trace order by number`)
      return rows.map(({ name }) => name)
    }
    // As often as it takes until they are one statement that is a transaction: it begins with the log.
    let names = await traced()
    for (let round = 0; round < 50 && names[0] !== 'logs'; round += 1) names = await traced()
    expect(names).toEqual(['logs', 'work_orders', 'events', 'leases'])
    await storage.close()
  })

  it('is written no more once a newer version has migrated the database', async () => {
    const schema = freshSchema()
    const storage = await postgresStorage({ url, schema })
    await appendUntilTrusted(storage)
    await runSql(
      `insert into "${schema}".migrations (number, name, checksum) values (99, 'later', 'x');
       update "${schema}".store set schema = 99`,
    )
    await expect(append(storage)).rejects.toMatchObject({ code: 'storage-newer' })
    await storage.close()
  })

  it('does not try again and again where two processes write by turns', async () => {
    const schema = freshSchema()
    const storages = [
      await postgresStorage({ url, schema }),
      await postgresStorage({ url, schema }),
    ]
    for (const storage of storages) await appendUntilTrusted(storage)
    let runs = 0
    for (let turn = 0; turn < 20; turn += 1) {
      for (const storage of storages) runs += await append(storage)
    }
    expect(runs).toBeLessThanOrEqual(42)
    expect(await sequences(storages[0]!)).toEqual(upTo(52))
    for (const storage of storages) await storage.close()
  })

  it('loses and doubles nothing where processes write at once', async () => {
    const schema = freshSchema()
    const storages = await Promise.all(
      [1, 2, 3].map(() => postgresStorage({ url, schema, poolSize: 3 })),
    )
    let runs = 0
    await Promise.all(
      storages.map(async (storage, index) => {
        for (let burst = 0; burst < 6; burst += 1) {
          for (let turn = 0; turn < 3 * index + 4; turn += 1) runs += await append(storage)
          await Promise.all([append(storage), append(storage)])
        }
      }),
    )
    const expected = 6 * (4 + 7 + 10) + 3 * 6 * 2
    expect(await sequences(storages[0]!)).toEqual(upTo(expected))
    expect(runs).toBeLessThanOrEqual(2 * expected)
    for (const storage of storages) await storage.close()
  })
})

describe('a whole transaction whose reply is lost [X-02, X-11]', () => {
  it('is stored exactly once, wherever it is cut', async () => {
    const proxy = await cuttingProxy(url)
    const storage = await postgresStorage({ url: proxy.url, schema: freshSchema(), notify: false })
    let appended = 0
    for (const cut of ['reply', 'request', 'request-unnoticed', 'unended', 'reply'] as const) {
      await appendUntilTrusted(storage)
      const before = proxy.sent.length
      proxy.cutNextCommit(cut)
      expect(await append(storage)).toBe(cut === 'reply' ? 1 : 2)
      // It was the whole statement that was cut, not the commit of one that asked first.
      expect(proxy.sent.slice(before)).toMatch(/^[^]{0,8}B[^]{5}cueline_\d+/)
      appended += 7
      expect(await sequences(storage)).toEqual(upTo(appended))
    }
    expect(proxy.cuts).toBe(5)
    await storage.close()
  })

  it('is never stored later when it ran again', async () => {
    const proxy = await cuttingProxy(url)
    const storage = await postgresStorage({ url: proxy.url, schema: freshSchema(), notify: false })
    await appendUntilTrusted(storage)
    proxy.cutNextCommit('late')
    expect(await append(storage)).toBe(2)
    expect(await proxy.deliver()).toContain('this transaction runs again')
    expect(await sequences(storage)).toEqual(upTo(7))
    await storage.close()
  })

  it('is never stored later when its failure was reported', async () => {
    const proxy = await cuttingProxy(url)
    const storage = await postgresStorage({
      url: proxy.url,
      schema: freshSchema(),
      busyTimeoutMs: 1,
      notify: false,
    })
    await appendUntilTrusted(storage)
    proxy.cutNextCommit('late')
    await expect(append(storage)).rejects.toMatchObject({
      code: 'storage-unreachable',
      retryable: true,
    })
    expect(await proxy.deliver()).toContain('this transaction runs again')
    expect(await sequences(storage)).toEqual(upTo(6))
    await storage.close()
  })

  it('is told from the same event of another process', async () => {
    const proxy = await cuttingProxy(url)
    const schema = freshSchema()
    const storage = await postgresStorage({ url: proxy.url, schema, notify: false })
    const other = await postgresStorage({ url, schema })
    await appendUntilTrusted(storage)
    proxy.cutNextCommit('late')
    proxy.accept(false)
    const appending = append(storage)
    // Takes the number and the content of what was cut.
    await append(other)
    proxy.accept(true)
    expect(await appending).toBe(2)
    expect(await proxy.deliver()).toContain('this transaction runs again')
    expect(await sequences(storage)).toEqual(upTo(8))
    await storage.close()
    await other.close()
  })

  it('is found although others have written since', async () => {
    const proxy = await cuttingProxy(url)
    const schema = freshSchema()
    const storage = await postgresStorage({ url: proxy.url, schema, notify: false })
    const other = await postgresStorage({ url, schema })
    await appendUntilTrusted(storage)
    proxy.cutNextCommit('reply')
    proxy.accept(false)
    const appending = append(storage)
    while ((await sequences(other)).length < 7);
    await append(other)
    proxy.accept(true)
    expect(await appending).toBe(1)
    expect(await sequences(other)).toEqual(upTo(8))
    await storage.close()
    await other.close()
  })

  it('is never called busy, which would have it repeated, when it cannot be found out', async () => {
    const proxy = await cuttingProxy(url)
    const schema = freshSchema()
    const storage = await postgresStorage({
      url: proxy.url,
      schema,
      busyTimeoutMs: 200,
      notify: false,
    })
    await appendUntilTrusted(storage)
    proxy.cutNextCommit('reply')
    proxy.accept(false)
    await expect(append(storage)).rejects.toMatchObject({
      code: 'storage-unreachable',
      retryable: false,
      message: expect.stringMatching(/during a commit.*Look at the state before you repeat/),
    })
    proxy.accept(true)
    expect(await sequences(storage)).toEqual(upTo(7))
    await storage.close()
  })
})
