import type { Clock } from '../clock.ts'

export interface TimeLimit {
  /** Time does not count until `resume`. */
  pause(): void
  resume(): void
  stop(): void
}

/** Calls `onLapse` once so many milliseconds have passed, pauses not counted. */
export function timeLimit(clock: Clock, ms: number, onLapse: () => void): TimeLimit {
  let left = ms
  let since = clock.now()
  let cancel: (() => void) | null = clock.setTimeout(onLapse, left)
  const stop = () => {
    cancel?.()
    cancel = null
  }
  return {
    pause() {
      if (cancel === null) return
      stop()
      left -= clock.now() - since
    },
    resume() {
      if (cancel !== null) return
      since = clock.now()
      cancel = clock.setTimeout(onLapse, Math.max(0, left))
    },
    stop,
  }
}
