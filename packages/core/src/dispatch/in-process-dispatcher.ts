import pLimit from 'p-limit'
import type { ConsumeOptions, Consumer, Delivery, Dispatcher, Disposition } from './dispatcher.ts'

/**
 * The dispatcher of one process: a dispatch wakes its consumers, nothing is queued outside the
 * storage. Deliveries carry no ids, so the consumer claims whatever is best at that moment.
 */
export function inProcessDispatcher(): Dispatcher {
  const consumers = new Set<() => void>()
  let closed = false
  return {
    name: 'in-process',
    async dispatch() {
      for (const wake of consumers) wake()
    },
    consume(options, deliver) {
      const consumer = createConsumer(options, deliver)
      consumers.add(consumer.wake)
      const forget = () => consumers.delete(consumer.wake)
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

function createConsumer(
  { slots, signal }: ConsumeOptions,
  deliver: (delivery: Delivery) => Promise<Disposition>,
): Consumer {
  const limit = pLimit(Math.max(1, slots()))
  const finished = Promise.withResolvers<void>()
  let inFlight = 0
  /** Counts wakes, so that one which arrives while an empty answer is on its way is not lost. */
  let wakes = 0
  let hungry = false

  const pump = () => {
    while (hungry && !signal.aborted && inFlight < slots()) {
      limit.concurrency = Math.max(1, slots(), inFlight + 1)
      inFlight += 1
      void limit(deliverOnce, wakes)
    }
    if (signal.aborted && inFlight === 0) finished.resolve()
  }
  const deliverOnce = async (wakesBefore: number) => {
    try {
      if (signal.aborted) return
      const disposition = await deliver({})
      if (disposition === 'empty' && wakes === wakesBefore) hungry = false
    } catch (error) {
      finished.reject(error)
      hungry = false
    } finally {
      inFlight -= 1
      pump()
    }
  }
  const wake = () => {
    wakes += 1
    hungry = true
    pump()
  }
  signal.addEventListener('abort', pump, { once: true })
  wake()
  return { wake, done: finished.promise }
}
