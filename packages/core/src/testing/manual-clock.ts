import type { Clock } from '../clock.ts'

export interface ManualClock extends Clock {
  /**
   * Moves time on, calling every timer that comes due at its own moment, and lets all that follows
   * from each call happen before the next.
   */
  advance(ms: number): Promise<void>
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>
  /** Timers that are set. */
  pending(): number
}

/** A clock that stands still until it is moved. */
export function manualClock(start = 1_700_000_000_000): ManualClock {
  let now = start
  let count = 0
  const timers = new Map<number, { readonly at: number; readonly callback: () => void }>()
  // One turn of the event loop: every promise that is ready has gone on as far as it can.
  const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0))
  const nextDue = (until: number) =>
    [...timers]
      .filter(([, timer]) => timer.at <= until)
      .toSorted(([a, one], [b, other]) => one.at - other.at || a - b)[0]
  return {
    now: () => now,
    setTimeout(callback, ms) {
      count += 1
      const id = count
      timers.set(id, { at: now + Math.max(0, ms), callback })
      return () => {
        timers.delete(id)
      }
    },
    async advance(ms) {
      const until = now + ms
      await settle()
      for (let due = nextDue(until); due !== undefined; due = nextDue(until)) {
        const [id, timer] = due
        timers.delete(id)
        now = Math.max(now, timer.at)
        timer.callback()
        await settle()
      }
      now = until
      await settle()
    },
    settle,
    pending: () => timers.size,
  }
}
