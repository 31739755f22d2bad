import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'

import type { Change, ProjectId } from '@cueline/core'
import {
  exampleBatch,
  exampleProject,
  exampleTask,
  exampleWorkOrder,
  seededRandom,
} from '@cueline/core/testing'
import { afterEach, describe, expect, it } from 'vitest'

import { sqliteStorage } from './sqlite-storage.ts'
import { temporaryFile } from './fixtures/temporary-file.ts'

const program = fileURLToPath(new URL('fixtures/sqlite-process.ts', import.meta.url))
const projectId = 'p' as ProjectId
const nobody = 65_534

const children: ChildProcessWithoutNullStreams[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

function start(args: readonly string[], as: object = {}): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, ['--conditions=cueline-source', program, ...args], as)
  child.stderr.on('data', (text: Buffer) => process.stderr.write(text))
  children.push(child)
  return child
}

/** Its lines until it ends. */
async function linesOf(child: ChildProcessWithoutNullStreams): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) lines.push(line)
  return lines
}

const isRoot = process.getuid?.() === 0

describe('several processes on one SQLite file [X-02] [X-11]', () => {
  it('migrates an empty file once and gives every work order to exactly one of four processes', async () => {
    const { file } = temporaryFile()
    const others = Array.from({ length: 4 }, () => start(['claim', file]))
    const readers = others.map((child) => {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      return { child, lines }
    })
    for (const { lines } of readers) expect(await lines.next()).toMatchObject({ value: 'open' })
    const count = 60
    await enqueue(file, count)
    for (const { child } of readers) child.stdin.write('go\n')
    const claims = await Promise.all(
      readers.map(async ({ lines }) => {
        const claimed: string[] = []
        for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
          claimed.push(next.value)
        }
        return claimed
      }),
    )
    const expected = Array.from({ length: count }, (_, index) => `o${index}`)
    expect(claims.flat().toSorted()).toEqual(expected.toSorted())
    const storage = await sqliteStorage({ file })
    const orders = await storage.transaction((transaction) =>
      transaction.query('workOrders', { projectId }),
    )
    expect(new Set(orders.map((order) => `${order.status} ${order.fence}`))).toEqual(
      new Set(['claimed 1']),
    )
    await storage.close()
  }, 60_000)

  it('shows followers the events that another process writes', async () => {
    const { file } = temporaryFile()
    const storage = await sqliteStorage({ file, pollMs: 5 })
    const follower = storage.watch(projectId, 0, AbortSignal.timeout(15_000))
    const child = start(['open', file])
    for await (const event of follower) {
      expect(event).toMatchObject({ sequence: 1, actor: 'other process' })
      break
    }
    await linesOf(child)
    await storage.close()
  }, 30_000)

  it('keeps all that was committed, and nothing else, when a writer is killed at any moment', async () => {
    const { file } = temporaryFile()
    const random = seededRandom(7)
    let acknowledged = 0
    for (let round = 0; round < 10; round += 1) {
      const child = start(['write', file, String(round)])
      let left = 1 + Math.floor(random() * 12)
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged = Number(line)
        left -= 1
        if (left === 0) child.kill('SIGKILL')
      }
      const database = new DatabaseSync(file)
      expect(database.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
      database.close()
      const storage = await sqliteStorage({ file })
      const events = await storage.eventsAfter(projectId, 0, 100_000)
      expect(events.length).toBeGreaterThanOrEqual(acknowledged)
      expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1))
      const tasks = await storage.transaction((transaction) =>
        transaction.query('tasks', { projectId }),
      )
      const written = events.map((event) => ('name' in event ? Number(event.name) : 0))
      expect(tasks.length).toBe(written.reduce((sum, count) => sum + count, 0))
      await storage.close()
    }
  }, 120_000)

  it.each([2, 7, 15])(
    'migrates anew after a process was killed before table %i',
    async (table) => {
      const { file } = temporaryFile()
      const child = start(['migrate', file, String(table)])
      const [, signal] = await once(child, 'exit')
      expect(signal).toBe('SIGKILL')
      const storage = await sqliteStorage({ file })
      expect(await storage.transaction((transaction) => transaction.query('projects', {}))).toEqual(
        [],
      )
      await storage.close()
    },
    30_000,
  )

  it.each(['without a database', 'with one'])(
    'says that a directory is read-only, %s',
    async (kind) => {
      const { directory, file } = temporaryFile()
      if (kind === 'with one') await (await sqliteStorage({ file })).close()
      if (existsSync(file)) chmodSync(file, 0o444)
      // The bit means nothing to root, so the other process is nobody.
      if (isRoot) chownSync(directory, nobody, nobody)
      chmodSync(directory, 0o555)
      const child = start(['open', file], isRoot ? { uid: nobody, gid: nobody } : {})
      const [line = '{}'] = await linesOf(child)
      expect(JSON.parse(line)).toMatchObject({
        code: 'storage-readonly',
        message: expect.stringContaining(file),
      })
    },
    30_000,
  )
})

async function enqueue(file: string, count: number): Promise<void> {
  const storage = await sqliteStorage({ file })
  const batch = exampleBatch(projectId, 'b')
  const indexes = Array.from({ length: count }, (_, index) => index)
  const changes: readonly Change[] = [
    { table: 'project', kind: 'insert', row: exampleProject(projectId) },
    { table: 'batch', kind: 'insert', row: batch },
    ...indexes.flatMap((index): Change[] => {
      const order = exampleWorkOrder(projectId, `t${index}`, `o${index}`)
      const row = exampleTask(projectId, `t${index}`, {
        status: 'staged',
        batchId: batch.id,
        workOrderId: order.id,
      })
      return [
        { table: 'task', kind: 'insert', row },
        { table: 'workOrder', kind: 'insert', row: order },
      ]
    }),
  ]
  await storage.transaction((transaction) => transaction.write(projectId, changes, [], 'test'))
  await storage.close()
}
