import pLimit from 'p-limit'
import type { ConsumeOptions, Consumer, Delivery, Dispatcher, Disposition } from './dispatcher.ts'

export interface InProcessDispatcherOptions {
  /**
   * Tells that other processes may have released work (`Storage.subscribe`); returns the function
   * that ends it.
   */
  readonly news?: ((wake: () => void) => () => void) | undefined
}

/**
 * The dispatcher without a queue: a dispatch wakes the consumers of this process, and news from the
 * storage those of all others, so the rows of the storage are the queue (work is taken by lease).
 * Deliveries carry no ids, so the consumer claims whatever is best at that moment.
 */
export function inProcessDispatcher({ news }: InProcessDispatcherOptions = {}): Dispatcher {
  const consumers = new Set<WakingConsumer>()
  let closed = false
  return {
    name: news === undefined ? 'in-process' : 'leases',
    async dispatch({ length }) {
      for (const { wakeFor } of consumers) wakeFor(length === 0 ? Infinity : length)
    },
    consume(options, deliver) {
      const consumer = createConsumer(options, deliver)
      const unsubscribe = news?.(consumer.wake)
      consumers.add(consumer)
      const forget = () => {
        consumers.delete(consumer)
        unsubscribe?.()
      }
      consumer.done.then(forget, forget)
      return consumer
    },
    async health() {
      return closed ? { ok: false, reason: 'the dispatcher was closed' } : { ok: true }
    },
    async close() {
      closed = true
      consumers.clear()
    },
  }
}

interface WakingConsumer extends Consumer {
  /** As `wake`, for so many slots at most. */
  wakeFor(most: number): void
}

function createConsumer(
  { slots, signal }: ConsumeOptions,
  deliver: (delivery: Delivery) => Promise<Disposition>,
): WakingConsumer {
  const limit = pLimit(Math.max(1, slots()))
  const finished = Promise.withResolvers<void>()
  let inFlight = 0
  /** Counts wakes, so that one which arrives while an empty answer is on its way is not lost. */
  let wakes = 0
  let hungry = false
  /** How many more slots may find something. */
  let wanted = 0

  const pump = () => {
    while (hungry && wanted > 0 && !signal.aborted && inFlight < slots()) {
      limit.concurrency = Math.max(1, slots(), inFlight + 1)
      inFlight += 1
      wanted -= 1
      void limit(deliverOnce, wakes)
    }
    if (signal.aborted && inFlight === 0) finished.resolve()
  }
  const deliverOnce = async (wakesBefore: number) => {
    try {
      if (signal.aborted) return
      const disposition = await deliver({})
      if (disposition === 'empty' && wakes === wakesBefore) hungry = false
      wanted = hungry ? Math.max(1, wanted) : 0
    } catch (error) {
      finished.reject(error)
      hungry = false
    } finally {
      inFlight -= 1
      pump()
    }
  }
  const wakeFor = (most: number) => {
    wakes += 1
    hungry = true
    wanted = Math.max(wanted, most)
    pump()
  }
  const wake = () => wakeFor(Infinity)
  signal.addEventListener('abort', pump, { once: true })
  wake()
  return { wake, wakeFor, done: finished.promise }
}
