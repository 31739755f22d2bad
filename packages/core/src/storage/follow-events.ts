import type { StoredEvent } from '../event/event.ts'

export interface FollowedLog {
  /** The events after a cursor, in order; an empty list when there are none yet. */
  eventsAfter(cursor: number): Promise<readonly StoredEvent[]>
  /**
   * Calls back whenever there may be new events, and once when the log closes; returns the function
   * that ends the subscription.
   */
  subscribe(wake: () => void): () => void
  isClosed(): boolean
}

/**
 * Follows a log: every event once and in order, from `cursor` on, until `signal` aborts or the log
 * closes. Wake-ups may be lost while it reads or repeat themselves: the log alone decides.
 */
export async function* followEvents(
  log: FollowedLog,
  cursor: number,
  signal: AbortSignal,
): AsyncGenerator<StoredEvent, void, undefined> {
  let awake = true
  let wake: () => void = () => {}
  const rouse = (): void => {
    awake = true
    wake()
  }
  const unsubscribe = log.subscribe(rouse)
  signal.addEventListener('abort', rouse)
  try {
    while (!signal.aborted && !log.isClosed()) {
      // Before the read: an event that arrives while reading must cause another read.
      awake = false
      const events = await log.eventsAfter(cursor)
      for (const event of events) {
        if (signal.aborted || log.isClosed()) return
        cursor = event.sequence
        yield event
      }
      if (events.length > 0 || awake || signal.aborted || log.isClosed()) continue
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  } finally {
    signal.removeEventListener('abort', rouse)
    unsubscribe()
  }
}
