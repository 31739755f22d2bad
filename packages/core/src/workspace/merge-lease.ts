import { CuelineError } from '../error.ts'

/** One holder at a time, in the order of asking. */
export interface MergeLease {
  /** Resolves once the lease is the caller's; rejects when `signal` aborts before that. */
  take(signal: AbortSignal): Promise<void>
  /** Passes the lease on. */
  release(): void
}

/** A merge lease within one process. */
export function mergeLease(): MergeLease {
  const waiting = new Set<() => void>()
  let held = false
  return {
    take(signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(gaveUp(signal))
        if (!held) {
          held = true
          return resolve()
        }
        const stop = () => {
          waiting.delete(go)
          reject(gaveUp(signal))
        }
        const go = () => {
          signal.removeEventListener('abort', stop)
          resolve()
        }
        waiting.add(go)
        signal.addEventListener('abort', stop, { once: true })
      })
    },
    release() {
      const [first] = waiting
      if (first === undefined) {
        held = false
        return
      }
      waiting.delete(first)
      first()
    },
  }
}

function gaveUp(signal: AbortSignal): CuelineError {
  return new CuelineError(
    'cancelled',
    'Stopped while waiting for the merge lease; nothing was merged. Try the merge again.',
    { retryable: true, cause: signal.reason },
  )
}
