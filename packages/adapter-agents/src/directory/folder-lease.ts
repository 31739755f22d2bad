import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { CuelineError } from '@cueline/core'

import { findProcess, machineId } from '../process/list-processes.ts'
import { readIfThere, writeAtomically } from './atomic-file.ts'

/** A lease that processes take in turns, held. */
export interface FolderHold {
  /** False when somebody else has taken over, because this process looked dead. */
  isOurs(): Promise<boolean>
  /** Lets the next one in; harmless when it is not held any more. */
  release(): Promise<void>
}

interface Owner {
  readonly token: string
  readonly machine: string
  readonly pid: number
  readonly started: string
  readonly released: boolean
}

/** Without a heartbeat for so long, an owner counts as gone. */
const usualSilenceMs = 60_000
const beatsPerSilence = 12
/** A file is empty for an instant while it is made. */
const bornMs = 5_000
const firstPauseMs = 3
const longestPauseMs = 50
const kept = 8

/**
 * One holder at a time among all processes that use the folder, for as long as files are read or moved:
 * who merges next is decided elsewhere, and nobody holds this while gates run. A landing needs it because
 * it is many renames and not one compare-and-swap: two processes that apply landings at once, as when one
 * was frozen after it was confirmed and wakes later, would mix their files. One that was taken over finds
 * so before each step.
 * Whoever finds the newest generation
 * released, or its owner dead, makes the next one, and only one can: a file is created exclusively.
 * The newest is never deleted, so nobody can mistake an old state for a free lease. An owner of this
 * machine is dead when no process has its id and start time, and counts as gone when it lives but did
 * not touch its file while somebody waited for `silenceMs`, as when it is frozen; of another machine,
 * when its file was not touched for so long.
 *
 * @throws CuelineError `cancelled` when `signal` aborts first.
 */
export async function takeFolderLease(
  folder: string,
  signal: AbortSignal,
  silenceMs = usualSilenceMs,
): Promise<FolderHold> {
  await mkdir(folder, { recursive: true })
  const me: Owner = {
    token: randomUUID(),
    machine: machineId(),
    pid: process.pid,
    started: (await findProcess(process.pid))?.started ?? 'unknown',
    released: false,
  }
  const silence = silenceWatch()
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    if (signal.aborted) throw gaveUp(signal)
    const newest = await newestGeneration(folder)
    if (newest === null || (await isFree(folder, newest, silenceMs, silence))) {
      const hold = await claim(folder, (newest ?? 0) + 1, me, silenceMs)
      if (hold !== null) return hold
    }
    await pauseFor(pause * (0.5 + Math.random() / 2), signal)
  }
}

async function claim(
  folder: string,
  generation: number,
  me: Owner,
  silenceMs: number,
): Promise<FolderHold | null> {
  const file = fileOf(folder, generation)
  try {
    await writeFile(file, JSON.stringify(me), { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null
    throw error
  }
  const isOurs = async () => (await newestGeneration(folder)) === generation
  if (!(await isOurs())) {
    // What looked like the newest was long over, and its successor already cleaned up.
    await rm(file, { force: true })
    return null
  }
  await Promise.all(
    (await generationsIn(folder))
      .filter((old) => old <= generation - kept)
      .map((old) => rm(fileOf(folder, old), { force: true })),
  )
  const heartbeat = setInterval(() => {
    const now = new Date()
    utimes(file, now, now).catch(() => {})
  }, silenceMs / beatsPerSilence)
  heartbeat.unref()
  let held = true
  return {
    isOurs: async () => held && (await isOurs()),
    async release() {
      if (!held) return
      held = false
      clearInterval(heartbeat)
      await writeAtomically(file, JSON.stringify({ ...me, released: true }))
    },
  }
}

async function isFree(
  folder: string,
  generation: number,
  silenceMs: number,
  silence: SilenceWatch,
): Promise<boolean> {
  const file = fileOf(folder, generation)
  const text = await readIfThere(file)
  if (text === null) return false // Cleaned up: there is a newer one by now.
  const touched = (await stat(file).catch(() => null))?.mtimeMs ?? Date.now()
  const owner = parsed(text)
  if (owner === null) return Date.now() - touched > bornMs
  if (owner.released) return true
  if (owner.machine !== machineId()) return Date.now() - touched > silenceMs
  if ((await findProcess(owner.pid))?.started !== owner.started) return true
  return silence(generation, touched) > silenceMs
}

type SilenceWatch = (generation: number, touched: number) => number

/** For how long this process has seen a file untouched, by a clock that never jumps. */
function silenceWatch(): SilenceWatch {
  let seen = ''
  let since = 0
  return (generation, touched) => {
    const state = `${generation} ${touched}`
    if (state !== seen) since = performance.now()
    seen = state
    return performance.now() - since
  }
}

function parsed(text: string): Owner | null {
  try {
    return JSON.parse(text) as Owner
  } catch {
    return null
  }
}

async function newestGeneration(folder: string): Promise<number | null> {
  const all = await generationsIn(folder)
  return all.length === 0 ? null : Math.max(...all)
}

async function generationsIn(folder: string): Promise<number[]> {
  const names = await readdir(folder)
  return names.flatMap((name) => {
    const match = /^lease-(\d{1,15})\.json$/.exec(name)
    return match === null ? [] : [Number(match[1])]
  })
}

function fileOf(folder: string, generation: number): string {
  return join(folder, `lease-${generation}.json`)
}

function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
}

function gaveUp(signal: AbortSignal): CuelineError {
  return new CuelineError(
    'cancelled',
    'Stopped while waiting for a lease that another process holds; nothing was changed. Try again.',
    { retryable: true, cause: signal.reason },
  )
}
