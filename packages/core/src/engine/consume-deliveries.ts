import type { Consumer, ConsumeOptions, Delivery, Disposition } from '../dispatch/dispatcher.ts'
import type { EngineContext } from './context.ts'

export interface Deliveries {
  /** Looks for work again, through the dispatcher. */
  wake(): void
  /** To be called at every sweep: stands in for a dispatcher that is silent or gone. */
  sweep(): void
  /** Resolves when `signal` has aborted and no delivery is in flight; rejects when one threw. */
  readonly done: Promise<void>
}

/**
 * Takes deliveries from the dispatcher and does not depend on it. One that broke is asked again at
 * the next sweep; while nothing came from it between two sweeps, free slots look for work by
 * themselves. So a bad or dead dispatcher costs latency, and no work.
 */
export function consumeDeliveries(
  { dispatcher, onError }: Pick<EngineContext, 'dispatcher' | 'onError'>,
  { projectId, slots, signal }: ConsumeOptions,
  deliver: (delivery: Delivery) => Promise<Disposition>,
): Deliveries {
  const ended = Promise.withResolvers<void>()
  let inFlight = 0
  /** Deliveries that the dispatcher made since the last sweep. */
  let heard = 0
  let standingIn = 0
  let consumer: Consumer | null = null

  const endIfIdle = () => {
    if (signal.aborted && inFlight === 0) ended.resolve()
  }
  const guarded = async (delivery: Delivery): Promise<Disposition> => {
    if (signal.aborted) return 'empty'
    inFlight += 1
    try {
      return await deliver(delivery)
    } catch (error) {
      ended.reject(error)
      return 'empty'
    } finally {
      inFlight -= 1
      endIfIdle()
    }
  }
  const connect = () => {
    try {
      const connected = dispatcher.consume({ projectId, slots, signal }, (delivery) => {
        heard += 1
        return guarded(delivery)
      })
      consumer = connected
      const lose = () => {
        if (consumer === connected) consumer = null
      }
      connected.done.then(lose, (error: unknown) => {
        lose()
        if (!signal.aborted) onError(error, 'taking deliveries')
      })
    } catch (error) {
      onError(error, 'taking deliveries')
    }
  }
  const wake = () => {
    try {
      consumer?.wake()
    } catch (error) {
      onError(error, 'waking the dispatcher')
    }
  }
  const standIn = async () => {
    standingIn += 1
    try {
      while (heard === 0 && (await guarded({})) === 'done');
    } finally {
      standingIn -= 1
    }
  }
  signal.addEventListener('abort', endIfIdle, { once: true })
  connect()
  return {
    wake,
    sweep() {
      if (signal.aborted) return
      if (heard === 0) {
        for (let free = slots() - inFlight - standingIn; free > 0; free -= 1) void standIn()
      }
      heard = 0
      if (consumer === null) connect()
      wake()
    },
    done: ended.promise,
  }
}
