import { CuelineError } from '../error.ts'
import type { StoredEvent } from '../event/event.ts'
import type { AttemptId } from '../id.ts'
import type { Storage } from '../storage/storage.ts'

/**
 * Who of this process waits in the merge queue. The queue itself is the storage's (`mergeQueue`): the
 * first of a target may merge, by the lease of its own work order. So there is no second lease to renew,
 * and a process that is gone keeps the others waiting no longer than its claim stands.
 */
export interface MergeTurns {
  /**
   * Resolves when the attempt is the first in the queue of its target; rejects with the reason when
   * `signal` aborts before that. It may not be the first any more when it comes to land, so that is
   * asked again then.
   */
  turn(target: string, attemptId: AttemptId, signal: AbortSignal): Promise<void>
  /** Looks who is first, if anybody here waits: to be called when a queue may have moved on. */
  look(): void
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
  const waiting = new Map<string, Map<AttemptId, () => void>>()
  let unsubscribe: (() => void) | undefined
  let looking = false
  let again = false

  const lookNow = async () => {
    for (const target of waiting.keys()) {
      const [head] = await storage.transaction((transaction) =>
        transaction.query('mergeQueue', { target, limit: 1 }),
      )
      if (head !== undefined) waiting.get(target)?.get(head.attemptId)?.()
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
  const enter = (target: string, attemptId: AttemptId, go: () => void) => {
    const queue = waiting.get(target)
    if (queue === undefined) waiting.set(target, new Map([[attemptId, go]]))
    else queue.set(attemptId, go)
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
    turn: (target, attemptId, signal) =>
      new Promise((resolve, reject) => {
        const done = () => {
          leave(target, attemptId)
          signal.removeEventListener('abort', onAbort)
        }
        const onAbort = () => {
          done()
          reject(signal.reason)
        }
        if (signal.aborted) return reject(signal.reason)
        signal.addEventListener('abort', onAbort, { once: true })
        enter(target, attemptId, () => {
          done()
          resolve()
        })
        void look()
      }),
    look: () => {
      if (waiting.size > 0) void look()
    },
  }
}
