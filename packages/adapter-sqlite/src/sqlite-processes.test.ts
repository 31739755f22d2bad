import { once } from 'node:events'
import { chmodSync, chownSync, existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'

import { createCueline } from '@cueline/core'
import type { ProjectId } from '@cueline/core'
import { describe, expect, it } from 'vitest'

import {
  expectFollowedOnce,
  expectOneWinner,
  expectOnlyCommitted,
  expectPrunedWhole,
  linesOf,
  startProgram,
} from '../../sql/src/fixtures/several-processes.ts'
import { temporaryFile } from './fixtures/temporary-file.ts'
import { sqliteStorage } from './sqlite-storage.ts'

const program = fileURLToPath(new URL('fixtures/sqlite-process.ts', import.meta.url))
const projectId = 'p' as ProjectId
const nobody = 65_534

function start(args: readonly string[], as: object = {}) {
  return startProgram(program, args, as)
}

const isRoot = process.getuid?.() === 0

describe('several processes on one SQLite file [S1-08] [X-02] [X-11]', () => {
  it('migrates an empty file once and gives every work order to exactly one of four processes', async () => {
    const { file } = temporaryFile()
    const claimed = expectOneWinner(
      (command) => start([command, file]),
      () => sqliteStorage({ file }),
    )
    await expect(claimed).resolves.toBeUndefined()
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

  it('shows every event once and in order to followers that come and go, while four processes append', async () => {
    const { file } = temporaryFile()
    const followed = expectFollowedOnce(
      (command) => start([command, file]),
      () => sqliteStorage({ file, pollMs: 5 }),
    )
    await expect(followed).resolves.toBeUndefined()
  }, 60_000)

  it('keeps all that was committed, and nothing else, when a writer is killed at any moment', async () => {
    const { file } = temporaryFile()
    const kept = expectOnlyCommitted(
      (command, seed) => start([command, file, seed]),
      () => sqliteStorage({ file }),
      () => {
        const database = new DatabaseSync(file)
        const checked = database.prepare('pragma integrity_check').all()
        expect(checked).toEqual([{ integrity_check: 'ok' }])
        database.close()
      },
    )
    await expect(kept).resolves.toBeUndefined()
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

  it('prunes all or nothing, whichever statement of it kills the process', async () => {
    const { file } = temporaryFile()
    const cueline = await createCueline({ storage: await sqliteStorage({ file }) })
    const { id: projectId } = await cueline.projects.create({ name: 'Greenhouse' })
    const tasks = Array.from({ length: 30 }, (_, at) => ({ id: `T${at}`, title: `Task ${at}` }))
    for (const task of tasks) await cueline.tasks.add({ projectId, tasks: [task] })
    const before = await cueline.events.after({ projectId })
    const report = await cueline.reports.build({ projectId })
    let kills = 0
    for (;;) {
      const child = start(['prune-until', file, String(kills + 1)])
      const [code] = (await once(child, 'exit')) as [number | null]
      expect((await cueline.doctor.check({ projectId })).findings).toEqual([])
      expect(await cueline.reports.build({ projectId })).toEqual(report)
      if (code === 0) break
      kills += 1
      expect(await cueline.events.after({ projectId })).toEqual(before)
    }
    // The event, its number, the mark, the base of before and the new one, the events.
    expect(kills).toBeGreaterThanOrEqual(6)
    const last = before.length - 5
    await expect(cueline.events.after({ projectId })).rejects.toMatchObject({ code: 'pruned' })
    const left = await cueline.events.after({ projectId, cursor: last })
    expect(left.slice(0, -1)).toEqual(before.slice(last))
    expect(left.at(-1)).toMatchObject({ type: 'log.pruned', through: last })
    await cueline.close()
  }, 60_000)

  it('keeps log, state and reports in step while two processes prune and are killed', async () => {
    const { file } = temporaryFile()
    const pruned = expectPrunedWhole(
      (command) => start([command, file]),
      () => sqliteStorage({ file }),
    )
    await expect(pruned).resolves.toBeUndefined()
  }, 120_000)

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
