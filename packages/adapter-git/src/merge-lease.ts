import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

import { CuelineError } from '@cueline/core'

import { digestOf } from './names.ts'
import type { Repository } from './repository.ts'

/** The right to merge into one branch, held. */
export interface MergeHold {
  /** False when somebody else has taken over, because this process was silent for too long. */
  isOurs(): Promise<boolean>
  /** Lets the next one in; harmless when it is not held any more. */
  release(): Promise<void>
}

interface Owner {
  readonly host: string
  readonly pid: number
  readonly token: string
  readonly beat: number
}

const beatsPerSilence = 12
const firstPauseMs = 2
const longestPauseMs = 40

/** Who waits in this process, by lease: only the first of them asks the repository. */
const queues = new Map<string, Promise<void>>()

/**
 * One holder at a time among all processes that share the repository. The lease is a ref that is only
 * changed by compare-and-swap; its holder renews it. Whoever waits takes over when the holder's
 * process is gone, or when it has not renewed the lease for `silenceMs` while this one watched. It
 * keeps merges from getting into each other's way; that none overwrites another is ensured by the
 * compare-and-swap of the branch itself.
 *
 * @throws CuelineError `cancelled` when `signal` aborts first.
 */
export async function takeMergeLease(
  place: Repository,
  signal: AbortSignal,
  silenceMs: number,
): Promise<MergeHold> {
  const ref = `refs/cueline/lease/${digestOf(place.target)}`
  const key = `${place.common}\0${ref}`
  const before = queues.get(key)
  let next = () => {}
  const mine = new Promise<void>((resolve) => (next = resolve))
  const queue = (before ?? Promise.resolve()).then(() => mine)
  queues.set(key, queue)
  const leave = () => {
    next()
    if (queues.get(key) === queue) queues.delete(key)
  }
  try {
    await settledOrAborted(before, signal)
    const hold = await takeRef(place, ref, signal, silenceMs)
    return {
      isOurs: hold.isOurs,
      async release() {
        await hold.release()
        leave()
      },
    }
  } catch (error) {
    leave()
    throw error
  }
}

async function takeRef(
  place: Repository,
  ref: string,
  signal: AbortSignal,
  silenceMs: number,
): Promise<MergeHold> {
  const me = { host: hostname(), pid: process.pid, token: randomUUID() }
  let seen = ''
  let since = 0
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    if (signal.aborted) throw gaveUp(signal)
    const current = await valueOf(place, ref)
    if (current !== seen) [seen, since] = [current, performance.now()]
    const isFree = current === '' || performance.now() - since > silenceMs
    if (isFree || (await isDead(place, current))) {
      const mine = await write(place, { ...me, beat: 0 })
      if (await swap(place, ref, mine, current)) return holdOf(place, ref, me, mine, silenceMs)
    }
    await settledOrAborted(pauseFor(pause * (0.5 + Math.random() / 2)), signal)
  }
}

function holdOf(
  place: Repository,
  ref: string,
  me: Omit<Owner, 'beat'>,
  first: string,
  silenceMs: number,
): MergeHold {
  let current = first
  let beat = 0
  let held = true
  let renewing: Promise<void> = Promise.resolve()
  const renew = async () => {
    beat += 1
    const renewed = await write(place, { ...me, beat })
    if (!held) return
    if (await swap(place, ref, renewed, current)) current = renewed
    else held = false
  }
  const heartbeat = setInterval(() => {
    // A beat that fails is made up for by the next; the branch itself is guarded by its own swap.
    renewing = renewing.then(() => (held ? renew() : undefined)).catch(() => {})
  }, silenceMs / beatsPerSilence)
  heartbeat.unref()
  return {
    async isOurs() {
      await renewing
      return held && (await valueOf(place, ref)) === current
    },
    async release() {
      clearInterval(heartbeat)
      await renewing
      if (!held) return
      held = false
      // Somebody may have taken over: then it is theirs to release.
      await place.refs(['update-ref', '-d', ref, current]).catch(() => {})
    },
  }
}

async function write({ content }: Repository, owner: Owner): Promise<string> {
  const answer = await content(['hash-object', '-w', '--stdin'], { input: JSON.stringify(owner) })
  return answer.stdout.trim()
}

async function swap({ refs }: Repository, ref: string, to: string, from: string): Promise<boolean> {
  try {
    await refs(['update-ref', ref, to, from])
    return true
  } catch (error) {
    if (error instanceof CuelineError && error.code === 'internal') return false
    throw error
  }
}

/** The object that the ref names, or nothing. */
async function valueOf({ common, refs }: Repository, ref: string): Promise<string> {
  // Nearly always a file of its own, which is read without starting a process.
  const loose = await readFile(join(common, ref), 'utf8').catch(() => '')
  if (/^[0-9a-f]{40,64}\n$/.test(loose)) return loose.trim()
  return (await refs(['for-each-ref', '--format=%(objectname)', ref])).trim()
}

/** Whether the holder was a process of this machine that is gone. */
async function isDead({ content }: Repository, blob: string): Promise<boolean> {
  if (blob === '') return false
  const { code, stdout } = await content(['cat-file', 'blob', blob], { answers: [128] })
  if (code !== 0) return true // Whoever has written it is gone for so long that it was collected.
  try {
    const owner = JSON.parse(stdout) as Owner
    if (owner.host !== hostname() || owner.pid === process.pid) return false
    process.kill(owner.pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' || error instanceof SyntaxError
  }
}

function pauseFor(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function settledOrAborted(
  promise: Promise<void> | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) throw gaveUp(signal)
  if (promise === undefined) return
  await new Promise<void>((resolve, reject) => {
    const abort = () => reject(gaveUp(signal))
    signal.addEventListener('abort', abort, { once: true })
    void promise.then(() => {
      signal.removeEventListener('abort', abort)
      resolve()
    })
  })
}

function gaveUp(signal: AbortSignal): CuelineError {
  return new CuelineError(
    'cancelled',
    'Stopped while waiting for another merge to finish; nothing was changed. Try again.',
    { retryable: true, cause: signal.reason },
  )
}
