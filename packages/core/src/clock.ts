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

/** The host's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout(callback, ms) {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
}
