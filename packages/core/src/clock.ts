/** Time as an argument, so that every run can be replayed and tests never sleep. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /**
   * Calls back once, no sooner than `ms` milliseconds from now, and returns the function that
   * cancels it. Cancelling twice, or after the call, does nothing.
   */
  setTimeout(callback: () => void, ms: number): () => void
}

/** Timers of hosts count milliseconds in 31 bits; a longer wait is cut into several. */
const longestTimer = 2 ** 31 - 1

/** The host's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout(callback, ms) {
    let left = ms
    let timer: ReturnType<typeof setTimeout>
    const arm = () => {
      const part = Math.min(left, longestTimer)
      left -= part
      timer = setTimeout(() => (left > 0 ? arm() : callback()), part)
    }
    arm()
    return () => clearTimeout(timer)
  },
}
