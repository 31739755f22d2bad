import { DatabaseSync } from 'node:sqlite'
import type { BatchId, Change, ProjectId, Storage, TaskId, WorkOrderId } from '@cueline/core'
import { exampleBatch, exampleProject, exampleTask, exampleWorkOrder } from '@cueline/core/testing'
import { sqlStorage } from '@cueline/sql'
import type { SynchronousConnection } from '@cueline/sql'
import { afterEach, describe, expect, it } from 'vitest'

import { overNodeSqlite } from './node-sqlite.ts'
import { sqliteDialect } from './sqlite-dialect.ts'

const projectId = 'p' as ProjectId
const batchId = 'b' as BatchId
const opened: Storage[] = []

/** A storage that tells how many statements have read from a table. */
async function counting() {
  const texts: string[] = []
  const { kysely, transact } = overNodeSqlite(new DatabaseSync(':memory:'))
  const storage = await sqlStorage({
    kysely,
    transact: (work) =>
      transact((connection) => {
        const executeNow: SynchronousConnection['executeNow'] = (text, parameters) => {
          texts.push(text)
          return connection.executeNow(text, parameters)
        }
        return work({ ...connection, executeNow } as SynchronousConnection)
      }),
    dialect: sqliteDialect(':memory:'),
  })
  opened.push(storage)
  return {
    storage,
    readsOf: (table: string) =>
      texts.filter((text) => text.includes(`from ${table}`) && text.startsWith('select')).length,
  }
}

function queued(index: number): readonly Change[] {
  const id = `t${index}`
  const order = `o${index}` as WorkOrderId
  const task = exampleTask(projectId, id, {
    batchId,
    status: 'staged',
    contextReady: true,
    position: index,
    workOrderId: order,
  })
  return [
    { table: 'task', kind: 'insert', row: task },
    { table: 'workOrder', kind: 'insert', row: exampleWorkOrder(projectId, id, order) },
  ]
}

async function withQueue(storage: Storage, count: number) {
  await write(
    storage,
    { table: 'project', kind: 'insert', row: exampleProject(projectId) },
    { table: 'batch', kind: 'insert', row: exampleBatch(projectId, batchId, { promotedAt: 1 }) },
    ...Array.from({ length: count }, (_, index) => queued(index)).flat(),
  )
}

function write(storage: Storage, ...changes: readonly Change[]) {
  return storage.transaction((transaction) => transaction.write(projectId, changes, [], 'test'))
}

function next(storage: Storage, limit = 2) {
  return storage.transaction((transaction) => transaction.query('claimable', { projectId, limit }))
}

function started(index: number): Change {
  return { table: 'task', kind: 'update', key: `t${index}` as TaskId, set: { status: 'doing' } }
}

afterEach(async () => {
  for (const storage of opened.splice(0)) await storage.close()
})

describe('who comes next, where nobody else writes [S2-03]', () => {
  it('is asked of the database a few times for dozens of claims', async () => {
    const { storage, readsOf } = await counting()
    await withQueue(storage, 60)
    for (let index = 0; index < 50; index += 1) {
      expect(await next(storage)).toEqual([`o${index}`, `o${index + 1}`])
      await write(storage, started(index))
    }
    expect(readsOf('tasks')).toBeLessThan(15)
  })

  it('is told at once of what is queued in front, put back or put off', async () => {
    const { storage } = await counting()
    await withQueue(storage, 60)
    for (let time = 0; time < 8; time += 1) await next(storage)
    const set = { priority: 'high' } as const
    await write(storage, { table: 'task', kind: 'update', key: 't40', set })
    expect(await next(storage)).toEqual(['o40', 'o0'])
    await write(storage, started(40), started(0))
    expect(await next(storage)).toEqual(['o1', 'o2'])
    const back = { status: 'staged' } as const
    await write(storage, { table: 'task', kind: 'update', key: 't0', set: back })
    expect(await next(storage)).toEqual(['o0', 'o1'])
    const later = { notBefore: Number.MAX_SAFE_INTEGER }
    await write(storage, {
      table: 'workOrder',
      kind: 'update',
      key: 'o0',
      set: later,
    })
    expect(await next(storage)).toEqual(['o1', 'o2'])
  })

  it('is nobody while the batch or the project is paused, and the same as before afterwards', async () => {
    const { storage } = await counting()
    await withQueue(storage, 9)
    for (let time = 0; time < 8; time += 1) await next(storage)
    const pause = (pausedAt: number | null): Change => ({
      table: 'project',
      kind: 'update',
      key: projectId,
      set: { pausedAt },
    })
    await write(storage, pause(5))
    expect(await next(storage)).toEqual([])
    await write(storage, pause(null))
    expect(await next(storage)).toEqual(['o0', 'o1'])
  })

  it('is known on when a batch is promoted whose tasks were read, those queued before included', async () => {
    const { storage, readsOf } = await counting()
    await withQueue(storage, 3)
    const later = 'later' as BatchId
    const order = exampleWorkOrder(projectId, 't9', 'o9')
    const task = { batchId: later, status: 'staged', contextReady: true } as const
    await write(
      storage,
      { table: 'batch', kind: 'insert', row: exampleBatch(projectId, later, { promotedAt: null }) },
      { table: 'workOrder', kind: 'insert', row: order },
      {
        table: 'task',
        kind: 'insert',
        row: exampleTask(projectId, 't9', { ...task, position: 9, workOrderId: order.id }),
      },
    )
    for (let time = 0; time < 8; time += 1) expect(await next(storage, 9)).toHaveLength(3)
    const before = readsOf('tasks')
    const found = await storage.transaction(async (transaction) => {
      await transaction.load({ projectId, tasksOfBatches: [later] })
      const promoted: Change = {
        table: 'batch',
        kind: 'update',
        key: later,
        set: { promotedAt: 2 },
      }
      await transaction.write(projectId, [promoted], [], 'test')
      return transaction.query('claimable', { projectId, limit: 9 })
    })
    expect(found).toEqual(['o0', 'o1', 'o2', 'o9'])
    expect(readsOf('tasks') - before).toBeLessThanOrEqual(1)
    // Nothing was read of this one before it is promoted.
    const unread = 'unread' as BatchId
    await write(
      storage,
      {
        table: 'batch',
        kind: 'insert',
        row: exampleBatch(projectId, unread, { promotedAt: null }),
      },
      { table: 'task', kind: 'update', key: 't9', set: { batchId: unread } },
    )
    expect(await next(storage, 9)).toEqual(['o0', 'o1', 'o2'])
    await write(storage, { table: 'batch', kind: 'update', key: unread, set: { promotedAt: 3 } })
    expect(await next(storage, 9)).toEqual(['o0', 'o1', 'o2', 'o9'])
  })

  it('tells how far the batches are, with every write, and asks for it once', async () => {
    const { storage, readsOf } = await counting()
    await withQueue(storage, 3)
    for (let time = 0; time < 8; time += 1) await next(storage, 9)
    const look = () =>
      storage.transaction(async (transaction) => {
        const [batch] = await transaction.query('batches', { projectId, moving: true })
        return [batch?.queued, batch?.doing, await transaction.query('nextTime', { projectId })]
      })
    expect(await look()).toEqual([3, 0, null])
    const before = readsOf('tasks') + readsOf('work_orders')
    await write(storage, started(0))
    expect(await look()).toEqual([2, 1, null])
    expect(readsOf('tasks') + readsOf('work_orders')).toBe(before)
    const delay: Change = {
      table: 'workOrder',
      kind: 'update',
      key: 'o1',
      set: { notBefore: 9e15 },
    }
    await write(storage, delay)
    expect(await look()).toEqual([2, 1, 9e15])
    const pause = (pausedAt: number | null): Change => ({
      table: 'batch',
      kind: 'update',
      key: batchId,
      set: { pausedAt },
    })
    await write(storage, pause(4))
    expect(await look()).toEqual([0, 1, 9e15])
    await write(storage, pause(null))
    expect(await look()).toEqual([2, 1, 9e15])
  })

  it('leaves out of the moving batches those that are done or far from their turn', async () => {
    const { storage } = await counting()
    const rows = ['done', 'runs', 'manual', 'next', 'last'].map((id, order) => {
      const promotedAt = order < 2 ? 1 : null
      const autoPromote = id !== 'manual'
      return exampleBatch(projectId, id, { order, promotedAt, autoPromote })
    })
    const task = (batch: string): Change => {
      const status = batch === 'done' ? 'done' : batch === 'runs' ? 'doing' : 'staged'
      const row = exampleTask(projectId, `of ${batch}`, { batchId: batch as BatchId, status })
      return { table: 'task', kind: 'insert', row }
    }
    await write(
      storage,
      { table: 'project', kind: 'insert', row: exampleProject(projectId) },
      ...rows.map((row): Change => ({ table: 'batch', kind: 'insert', row })),
      ...rows.map(({ id }) => task(id)),
    )
    const moving = await storage.transaction((transaction) =>
      transaction.query('batches', { projectId, moving: true }),
    )
    expect(moving.map(({ batch }) => batch.id)).toEqual(['runs', 'manual', 'next'])
  })
})
