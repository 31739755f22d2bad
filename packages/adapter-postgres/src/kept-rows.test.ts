import type { Change, ProjectId, Storage, TaskId, WorkerId, WorkOrderId } from '@cueline/core'
import { exampleEvent, exampleProject, exampleTask, exampleWorkOrder } from '@cueline/core/testing'
import { sqlStorage } from '@cueline/sql'
import { Kysely, sql } from 'kysely'
import { Pool } from 'pg'
import { describe, expect, it } from 'vitest'

import { freshSchema, runSql, url } from './fixtures/test-database.ts'
import { postgresDialect } from './postgres-dialect.ts'
import { kyselyPostgres } from './postgres-driver.ts'
import { postgresStorage } from './postgres-storage.ts'

const projectId = 'p' as ProjectId
const taskId = 't' as TaskId

function write(storage: Storage, ...changes: readonly Change[]) {
  return storage.transaction((transaction) => transaction.write(projectId, changes, [], 'test'))
}

async function withTask(storage: Storage) {
  const row = exampleTask(projectId, taskId, { title: 'first' })
  await write(storage, { table: 'project', kind: 'insert', row: exampleProject(projectId) })
  await write(storage, { table: 'task', kind: 'insert', row })
}

function title(storage: Storage) {
  return storage.transaction(async (transaction) => {
    const { tasks } = await transaction.load({ projectId, tasks: [taskId] })
    return tasks.get(taskId)?.title
  })
}

/** Resolves once somebody waits for the lock of the project. */
async function somebodyWaits(schema: string): Promise<void> {
  for (;;) {
    const waiting = await runSql(
      `select 1 from pg_locks where locktype = 'advisory' and not granted
        and (classid::bigint << 32 | objid::bigint) = hashtextextended($1, 0)`,
      [`cueline ${schema} ${projectId}`],
    )
    if (waiting.length > 0) return
  }
}

describe('rows kept between transactions on Postgres [S4-05] [X-02]', () => {
  it('are read again after another process has written without an event', async () => {
    const schema = freshSchema()
    const one = await postgresStorage({ url, schema })
    await withTask(one)
    expect(await title(one)).toBe('first')
    const other = await postgresStorage({ url, schema })
    await write(other, { table: 'task', kind: 'update', key: taskId, set: { title: 'second' } })
    expect(await title(one)).toBe('second')
    await one.close()
    await other.close()
  })

  it('call no lease held that another process has released without an event', async () => {
    const schema = freshSchema()
    const one = await postgresStorage({ url, schema })
    const other = await postgresStorage({ url, schema })
    const claim = { workOrderId: 'o' as WorkOrderId, fence: 1 }
    await withTask(one)
    await one.transaction(async (transaction) => {
      const row = exampleWorkOrder(projectId, taskId, 'o', { status: 'claimed', fence: 1 })
      const changes = [{ table: 'workOrder', kind: 'insert', row }] as const
      await transaction.write(projectId, changes, [exampleEvent(projectId)], 'test')
      await transaction.lease([claim], 'w' as WorkerId, 60_000)
    })
    const held = () =>
      one.transaction(async (transaction) => {
        await transaction.load({ projectId, workOrders: [claim.workOrderId] })
        return [...(await transaction.held([claim]))]
      })
    expect(await held()).toEqual(['o'])
    await other.transaction((transaction) => transaction.release([claim.workOrderId]))
    expect(await held()).toEqual([])
    await one.close()
    await other.close()
  })

  it('are read again from a server that took over, which may lack what was committed last', async () => {
    const schema = freshSchema()
    const pool = new Pool({ connectionString: url, max: 2 })
    const place = 'the database of the tests'
    const storage = await sqlStorage({
      kysely: new Kysely({
        dialect: kyselyPostgres({
          pool,
          end: () => pool.end(),
          perConnection: `set search_path to "${schema}"`,
          perTransaction: '',
          outcomeTimeoutMs: 1_000,
          place,
        }),
      }),
      dialect: {
        ...postgresDialect({ schema, place }),
        server: sql`(select value from settings where name = 'server of this test')`,
      },
    })
    await withTask(storage)
    expect(await title(storage)).toBe('first')
    await runSql(`update "${schema}".tasks set title = 'of the replica'`)
    expect(await title(storage)).toBe('first')
    await runSql(`insert into "${schema}".settings values ('server of this test', 2)`)
    expect(await title(storage)).toBe('of the replica')
    await storage.close()
  })

  it('are written no more once a newer version has migrated the database', async () => {
    const schema = freshSchema()
    const storage = await postgresStorage({ url, schema })
    await withTask(storage)
    await runSql(
      `insert into "${schema}".migrations (number, name, checksum) values (99, 'later', 'x');
       update "${schema}".store set schema = 99`,
    )
    const late = write(storage, { table: 'task', kind: 'delete', key: taskId })
    await expect(late).rejects.toMatchObject({ code: 'storage-newer', retryable: false })
    await expect(storage.renew([], 1_000, ['w' as never])).rejects.toThrow(/Update Cueline/)
    expect(await runSql(`select title from "${schema}".tasks`)).toHaveLength(1)
    await storage.close()
  })

  it('are written no more when the migration ends while the transaction waits for its project', async () => {
    const schema = freshSchema()
    const one = await postgresStorage({ url, schema })
    const other = await postgresStorage({ url, schema })
    await withTask(one)
    await title(other)
    const late = await one.transaction(async (transaction) => {
      await transaction.load({ projectId })
      const waiting = write(other, { table: 'task', kind: 'delete', key: taskId })
      waiting.catch(() => {})
      await somebodyWaits(schema)
      await runSql(
        `insert into "${schema}".migrations (number, name, checksum) values (99, 'later', 'x');
       update "${schema}".store set schema = 99`,
      )
      return { waiting }
    })
    await expect(late.waiting).rejects.toMatchObject({ code: 'storage-newer' })
    await one.close()
    await other.close()
  })
})

describe('the time of a transaction that waited for its project [X-02]', () => {
  it('is not before what the one that it waited for has written', async () => {
    const schema = freshSchema()
    const one = await postgresStorage({ url, schema })
    const other = await postgresStorage({ url, schema })
    await withTask(one)
    const held = await one.transaction(async (transaction) => {
      await transaction.load({ projectId })
      const waiting = other.transaction(async (late) => {
        const first = late.load({ projectId })
        await first
        const { now } = late
        await late.query('lastSequence', { projectId })
        return [now, late.now]
      })
      await somebodyWaits(schema)
      await other.advanceClock(3_600_000)
      return { now: transaction.now, waiting }
    })
    const [now = 0, later] = await held.waiting
    expect(now).toBeGreaterThanOrEqual(held.now + 3_600_000)
    expect(later).toBe(now)
    await one.close()
    await other.close()
  })
})
