import { CuelineError } from '../error.ts'
import type { StoredEvent } from '../event/event.ts'
import type { AttemptId } from '../id.ts'
import type { Storage } from '../storage/storage.ts'
import type { MergeCandidate } from './merge-candidate.ts'

/**
 * Who of this process waits in the merge queue. The queue itself is the storage's (`mergeQueue`): the
 * first of a target may merge, by the lease of its own work order. So there is no second lease to renew,
 * and a process that is gone keeps the others waiting no longer than its claim stands.
 */
export interface MergeTurns {
  /**
   * Resolves with true when the attempt is the first in the queue of its target; rejects with the reason
   * when `signal` aborts before that. It may not be the first any more when it comes to land, so that
   * is asked again then. Resolves with false when it was settled by another one that it has `joined`.
   */
  turn(target: string, candidate: MergeCandidate, signal: AbortSignal): Promise<boolean>
  /**
   * Takes those that come next after the first and wait here, so many at most, out of the wait for their
   * turns. Others that wait elsewhere keep their place.
   */
  join(target: string, first: MergeCandidate, most: number): Promise<readonly JoinedMerge[]>
  /** Looks who is first, if anybody here waits: to be called when a queue may have moved on. */
  look(): void
}

/** An attempt that merges with another one that has its turn. The first call of these counts. */
export interface JoinedMerge {
  readonly candidate: MergeCandidate
  /** It has been written how it ended. */
  settle(): void
  reject(error: unknown): void
  /** It waits for its own turn again. */
  release(): void
}

/** Events with which an attempt may have left the queue. */
const leaving: ReadonlySet<StoredEvent['type']> = new Set([
  'attempt.succeeded',
  'attempt.failed',
  'attempt.interrupted',
  'work.withdrawn',
  'task.done',
  'task.cancelled',
])

export function movesQueue({ type }: StoredEvent): boolean {
  return leaving.has(type)
}

/**
 * One look at the head of each target serves all that wait here. Other processes are heard of by the
 * storage's hints (`subscribe`); the sweep looks too, so a lost hint costs seconds.
 */
export function createMergeTurns(
  storage: Storage,
  onError: (error: unknown, where: string) => void,
): MergeTurns {
  const waiting = new Map<string, Map<AttemptId, Waiting>>()
  let unsubscribe: (() => void) | undefined
  let looking = false
  let again = false

  const lookNow = async () => {
    for (const target of waiting.keys()) {
      const [head] = await storage.transaction((transaction) =>
        transaction.query('mergeQueue', { target, limit: 1 }),
      )
      if (head !== undefined) waiting.get(target)?.get(head.attemptId)?.go()
    }
  }
  const look = async () => {
    again = true
    if (looking) return
    looking = true
    try {
      while (again && waiting.size > 0) {
        again = false
        await lookNow()
      }
    } catch (error) {
      // The next hint or sweep looks again.
      if (!(error instanceof CuelineError && error.retryable))
        onError(error, 'looking at the merge queue')
    } finally {
      looking = false
    }
  }
  const enter = (target: string, attemptId: AttemptId, each: Waiting) => {
    const queue = waiting.get(target)
    if (queue === undefined) waiting.set(target, new Map([[attemptId, each]]))
    else queue.set(attemptId, each)
    unsubscribe ??= storage.subscribe?.(() => void look())
  }
  const leave = (target: string, attemptId: AttemptId) => {
    const queue = waiting.get(target)
    queue?.delete(attemptId)
    if (queue?.size === 0) waiting.delete(target)
    if (waiting.size > 0) return
    unsubscribe?.()
    unsubscribe = undefined
  }

  return {
    turn: (target, candidate, signal) =>
      new Promise((resolve, reject) => {
        const { attemptId } = candidate.claim
        const done = () => {
          leave(target, attemptId)
          signal.removeEventListener('abort', onAbort)
        }
        const onAbort = () => {
          done()
          reject(signal.reason)
        }
        const wait = () => {
          if (signal.aborted) return reject(signal.reason)
          signal.addEventListener('abort', onAbort, { once: true })
          enter(target, attemptId, { provider: candidate.provider, go, join })
          void look()
        }
        const go = () => {
          done()
          resolve(true)
        }
        const join = () => {
          done()
          let over = false
          const once = (then: () => void) => {
            if (!over) then()
            over = true
          }
          return {
            candidate,
            settle: () => once(() => resolve(false)),
            reject: (error: unknown) => once(() => reject(error)),
            release: () => once(wait),
          }
        }
        wait()
      }),
    async join(target, { claim, provider }, most) {
      const limit = most * queuedPerJoined
      const queued = await storage.transaction((transaction) =>
        transaction.query('mergeQueue', { target, limit }),
      )
      const joined: JoinedMerge[] = []
      for (const { attemptId } of queued) {
        if (joined.length === most || attemptId === claim.attemptId) continue
        const found = waiting.get(target)?.get(attemptId)
        if (found?.provider === provider) joined.push(found.join())
      }
      return joined
    },
    look: () => {
      if (waiting.size > 0) void look()
    },
  }
}

interface Waiting extends Pick<MergeCandidate, 'provider'> {
  go(): void
  join(): JoinedMerge
}

/** How much of the queue is looked through for those that wait here. */
const queuedPerJoined = 10
