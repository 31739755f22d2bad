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
})
