import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import type { ProjectId, Storage } from '@cueline/core'
import { exampleEvent, exampleTask } from '@cueline/core/testing'
import { sqlStorage } from '@cueline/sql'
import { describe, expect, it, vi } from 'vitest'

import { overNodeSqlite } from './node-sqlite.ts'
import { openDatabase } from './open-database.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import { sqliteStorage } from './sqlite-storage.ts'
import { temporaryFile } from './fixtures/temporary-file.ts'

const projectId = 'p' as ProjectId

function append(storage: Storage): Promise<unknown> {
  return storage.transaction((transaction) =>
    transaction.write(projectId, [], [exampleEvent(projectId)], 'test'),
  )
}

describe('SQLite in trouble [X-11]', () => {
  it('says that the disk is full, keeps what was there and goes on when there is room', async () => {
    const { file } = temporaryFile()
    const database = await openDatabase(file, { synchronous: 'full', busyTimeoutMs: 1_000 })
    const storage = await sqlStorage({
      ...overNodeSqlite(database),
      dialect: sqliteDialect(file),
    })
    await append(storage)
    const large = Array.from({ length: 500 }, (_, index) => ({
      table: 'task' as const,
      kind: 'insert' as const,
      row: exampleTask(projectId, `t${index}`, { description: 'x'.repeat(2_000) }),
    }))
    const writeLarge = () =>
      storage.transaction((transaction) => transaction.write(projectId, large, [], 'test'))
    const used = Number(database.prepare('pragma page_count').get()?.['page_count'])
    database.exec(`pragma max_page_count = ${used + 20}`)
    await expect(writeLarge()).rejects.toMatchObject({
      code: 'storage-full',
      message: expect.stringContaining(file),
    })
    const tasks = await storage.transaction((transaction) =>
      transaction.query('tasks', { projectId }),
    )
    expect(tasks).toEqual([])
    await append(storage)
    database.exec('pragma max_page_count = 1000000')
    await writeLarge()
    expect(await storage.eventsAfter(projectId, 0)).toHaveLength(2)
    await storage.close()
  })

  it.each([
    ['text', Buffer.from('Not a database, but a letter to you. '.repeat(200))],
    ['noise', Buffer.from(Array.from({ length: 10_000 }, (_, index) => (index * 97) % 251))],
  ])('refuses a file of %s and leaves it alone', async (_, bytes) => {
    const { file } = temporaryFile()
    writeFileSync(file, bytes)
    await expect(sqliteStorage({ file })).rejects.toMatchObject({
      code: 'storage-unusable',
      message: expect.stringContaining(file),
    })
    expect(readFileSync(file)).toEqual(bytes)
  })

  it.each([
    ['a table of the same name', 'create table tasks (id integer primary key)'],
    ['migrations of its own', 'create table migrations (version text)'],
  ])('leaves a database of something else as it is: %s', async (_, statement) => {
    const { file } = temporaryFile()
    const database = new DatabaseSync(file)
    database.exec(statement)
    const failure = sqliteStorage({ file })
    await expect(failure).rejects.toMatchObject({ code: 'storage-unusable', retryable: false })
    await expect(failure).rejects.toThrow(/cueline\.db holds tables of something else.*another/s)
    const tables = database.prepare("select count(*) as n from sqlite_master where type = 'table'")
    expect(tables.get()).toEqual({ n: 1 })
    database.close()
  })

  it('refuses a database of a newer version, naming both versions and the next step', async () => {
    const { file } = temporaryFile()
    await (await sqliteStorage({ file })).close()
    const database = new DatabaseSync(file)
    database.exec("insert into migrations (number, name, checksum) values (99, 'later', 'x')")
    database.close()
    const failure = sqliteStorage({ file })
    await expect(failure).rejects.toMatchObject({ code: 'storage-newer', retryable: false })
    await expect(failure).rejects.toThrow(/cueline\.db.*version 99.*up to \d+\. Update Cueline/s)
  })

  it('refuses to write once a newer version has migrated the database while it was open', async () => {
    const { file } = temporaryFile()
    const storage = await sqliteStorage({ file })
    const database = new DatabaseSync(file)
    database.exec(`insert into migrations (number, name, checksum) values (99, 'later', 'x');
      update store set schema = 99`)
    database.close()
    const late = storage.transaction((transaction) => transaction.query('projects', {}))
    await expect(late).rejects.toMatchObject({ code: 'storage-newer', retryable: false })
    await expect(late).rejects.toThrow(file)
    await storage.close()
  })

  it('refuses a database that went through another text of a migration', async () => {
    const { file } = temporaryFile()
    await (await sqliteStorage({ file })).close()
    const database = new DatabaseSync(file)
    database.exec("update migrations set checksum = 'edited' where number = 1")
    database.close()
    await expect(sqliteStorage({ file })).rejects.toThrow(/Migration 1 \(first\) is not the one/)
  })

  it('gives up on a database that stays busy, and says so', async () => {
    const { file } = temporaryFile()
    const storage = await sqliteStorage({ file, busyTimeoutMs: 30 })
    const other = new DatabaseSync(file)
    other.exec('begin immediate')
    await expect(append(storage)).rejects.toMatchObject({
      code: 'storage-busy',
      retryable: true,
      message: expect.stringMatching(/busy.*busyTimeoutMs/),
    })
    other.exec('commit')
    await append(storage)
    other.close()
    await storage.close()
  })

  it('opens a database that is up to date although somebody writes all the time', async () => {
    const { file } = temporaryFile()
    const first = await sqliteStorage({ file })
    await append(first)
    const writer = new DatabaseSync(file)
    writer.exec('begin immediate')
    const second = await sqliteStorage({ file, busyTimeoutMs: 30 })
    expect(await second.eventsAfter(projectId, 0)).toHaveLength(1)
    writer.exec('rollback')
    writer.close()
    await first.close()
    await second.close()
  })

  it('waits for a busy database without keeping the process from other work', async () => {
    const { file } = temporaryFile()
    const storage = await sqliteStorage({ file })
    const other = new DatabaseSync(file)
    other.exec('begin immediate')
    const writing = append(storage)
    // Runs only because the wait gives the process its turn.
    setImmediate(() => other.exec('commit'))
    await writing
    expect(await storage.eventsAfter(projectId, 0)).toHaveLength(1)
    other.close()
    await storage.close()
  })

  it('lets time go on although the clock of the host is behind what was seen before', async () => {
    const { file } = temporaryFile()
    const storage = await sqliteStorage({ file })
    vi.useFakeTimers({ toFake: ['performance'] })
    try {
      const now = () => storage.transaction(async (transaction) => transaction.now)
      await append(storage)
      const before = await now()
      await storage.advanceClock(-3_600_000)
      expect(await now()).toBe(before)
      vi.advanceTimersByTime(45_000)
      expect(await now()).toBe(before + 45_000)
      await append(storage)
      const other = await sqliteStorage({ file })
      const seen = await other.transaction(async (transaction) => transaction.now)
      expect(seen).toBe(before + 45_000)
      await other.close()
    } finally {
      vi.useRealTimers()
      await storage.close()
    }
  })

  it('writes nothing more once its file was removed or replaced', async () => {
    const { file } = temporaryFile()
    const storage = await sqliteStorage({ file })
    await append(storage)
    renameSync(file, `${file}.away`)
    await expect(append(storage)).rejects.toMatchObject({
      code: 'storage-unusable',
      message: expect.stringContaining(file),
    })
    writeFileSync(file, '')
    await expect(append(storage)).rejects.toMatchObject({ code: 'storage-unusable' })
    rmSync(file)
    renameSync(`${file}.away`, file)
    await append(storage)
    expect(await storage.eventsAfter(projectId, 0)).toHaveLength(2)
    await storage.close()
  })

  it('passes the errors of the caller through as they are', async () => {
    const storage = await sqliteStorage({ file: ':memory:' })
    const mine = new TypeError('mine')
    await expect(
      storage.transaction(async () => {
        throw mine
      }),
    ).rejects.toBe(mine)
    await storage.close()
  })
})
