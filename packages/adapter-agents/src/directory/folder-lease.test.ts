import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { machineId } from '../process/list-processes.ts'
import { takeFolderLease } from './folder-lease.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'folder-lease-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

const never = new AbortController().signal
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000)

/** What another process has left, or holds. */
function leave(generation: number, content: string, touched = new Date()): void {
  const file = join(folder, `lease-${generation}.json`)
  writeFileSync(file, content)
  utimesSync(file, touched, touched)
}

const owner = (set: object) =>
  JSON.stringify({
    token: 't',
    machine: 'elsewhere',
    pid: 1,
    started: '1',
    released: false,
    ...set,
  })

/** Resolves when the lease can be had. */
async function untilFree(): Promise<'free'> {
  await (await takeFolderLease(folder, never)).release()
  return 'free'
}

/** Tries to have the lease for a while; a held one is told by the abort, never by the time. */
async function tryFor(ms: number): Promise<'free' | 'held'> {
  const controller = new AbortController()
  const hold = takeFolderLease(folder, controller.signal)
  setTimeout(() => controller.abort(), ms)
  return await hold.then(
    async (taken) => {
      await taken.release()
      return 'free' as const
    },
    () => 'held' as const,
  )
}

describe('the merge lease of a folder [X-07]', () => {
  it('has one holder at a time, however many want it', async () => {
    let holders = 0
    let most = 0
    await Promise.all(
      Array.from({ length: 24 }, async () => {
        const hold = await takeFolderLease(folder, never)
        holders += 1
        most = Math.max(most, holders)
        await new Promise((resolve) => setImmediate(resolve))
        expect(await hold.isOurs()).toBe(true)
        holders -= 1
        await hold.release()
        await hold.release()
      }),
    )
    expect(most).toBe(1)
    expect(readdirSync(folder).length).toBeLessThan(24)
  })

  it('is taken over from a process that is gone, and from nobody who lives', async () => {
    leave(4, owner({ machine: machineId(), pid: process.pid, started: 'at another time' }))
    expect(await untilFree()).toBe('free')
    const held = await takeFolderLease(folder, never)
    expect(await tryFor(150)).toBe('held')
    expect(await held.isOurs()).toBe(true)
  })

  it('is taken over from a process of this machine that lives but is silent, as when it is frozen', async () => {
    const held = await takeFolderLease(folder, never)
    // It touches its file every five seconds; whoever waits for less takes it for frozen.
    const other = await takeFolderLease(folder, never, 50)
    expect([await held.isOurs(), await other.isOurs()]).toEqual([false, true])
  })

  it('is taken over from another machine only when that has been silent for a minute', async () => {
    leave(1, owner({}))
    expect(await tryFor(150)).toBe('held')
    leave(1, owner({}), minutesAgo(2))
    expect(await untilFree()).toBe('free')
  })

  it('is not free in the instant in which a holder writes its name', async () => {
    leave(1, '')
    expect(await tryFor(150)).toBe('held')
    leave(1, '', minutesAgo(1))
    expect(await untilFree()).toBe('free')
  })

  it('tells a holder that was taken over, whose release then harms nobody', async () => {
    const first = await takeFolderLease(folder, never)
    const [name] = readdirSync(folder)
    expect(name).toBe('lease-1.json')
    // As if it had been silent on another machine.
    leave(1, owner({}), minutesAgo(2))
    const second = await takeFolderLease(folder, never)
    expect([await first.isOurs(), await second.isOurs()]).toEqual([false, true])
    await first.release()
    expect(await second.isOurs()).toBe(true)
    expect(await tryFor(150)).toBe('held')
  })
})
