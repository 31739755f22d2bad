import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Change, ProjectId, Storage, TaskId } from '@cueline/core'
import { exampleProject, exampleTask } from '@cueline/core/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { sqliteStorage } from './sqlite-storage.ts'

const projectId = 'p' as ProjectId
const taskId = 't' as TaskId
let folder = ''
const opened: Storage[] = []

async function open(name: string) {
  const storage = await sqliteStorage({ file: join(folder, name) })
  opened.push(storage)
  return storage
}

function write(storage: Storage, ...changes: readonly Change[]) {
  return storage.transaction((transaction) => transaction.write(projectId, changes, [], 'test'))
}

function title(storage: Storage) {
  return storage.transaction(async (transaction) => {
    const { tasks } = await transaction.load({ projectId, tasks: [taskId] })
    return tasks.get(taskId)?.title
  })
}

function renamed(to: string): Change {
  return { table: 'task', kind: 'update', key: taskId, set: { title: to } }
}

async function withTask(storage: Storage) {
  const row = exampleTask(projectId, taskId, { title: 'first' })
  await write(storage, { table: 'project', kind: 'insert', row: exampleProject(projectId) })
  await write(storage, { table: 'task', kind: 'insert', row })
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cueline-kept-'))
})

afterEach(async () => {
  for (const storage of opened.splice(0)) await storage.close()
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})

describe('rows kept between transactions [S4-05] [X-02]', () => {
  it('are read again after another connection has written', async () => {
    const one = await open('a.db')
    await withTask(one)
    const other = await open('a.db')
    await write(other, renamed('second'))
    expect(await title(one)).toBe('second')
  })

  it('are what was committed, not what was rolled back', async () => {
    const storage = await open('b.db')
    await withTask(storage)
    const failing = storage.transaction(async (transaction) => {
      await transaction.write(projectId, [renamed('lost')], [], 'test')
      throw new Error('rolled back')
    })
    await expect(failing).rejects.toThrow('rolled back')
    expect(await title(storage)).toBe('first')
  })
})
