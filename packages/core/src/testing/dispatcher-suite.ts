import type { Dispatcher, DispatchReference, Disposition } from '../dispatch/dispatcher.ts'
import type { ProjectId, WorkOrderId } from '../id.ts'
import { check, equal } from './check.ts'
import { type Contract, type KnownGaps, registerContract, type TestFramework } from './contract.ts'

export interface DispatcherSubject {
  readonly dispatcher: Dispatcher
  /** Resolves once what was dispatched had the time to arrive. */
  readonly delivered: () => Promise<void>
}

export interface DispatcherSuiteOptions {
  readonly create: () => Promise<DispatcherSubject> | DispatcherSubject
  readonly knownGaps?: KnownGaps
}

/** What every dispatcher promises: hints that arrive, slots that are kept, an end that is clean. */
export function dispatcherSuite(framework: TestFramework, options: DispatcherSuiteOptions): void {
  const contract: Contract<DispatcherSubject> = {
    name: 'dispatcher',
    create: options.create,
    destroy: ({ dispatcher }) => dispatcher.close(),
    knownGaps: options.knownGaps,
    cases,
  }
  registerContract(framework, contract)
}

const projectId = 'project' as ProjectId

const reference = (id: string): DispatchReference => ({
  projectId,
  workOrderId: id as WorkOrderId,
  fence: 0,
})

const cases: Contract<DispatcherSubject>['cases'] = [
  {
    id: 'dispatch.wakes',
    title: 'a dispatch reaches a consumer that had found nothing',
    async run({ dispatcher, delivered }) {
      const stop = new AbortController()
      let deliveries = 0
      const consumer = dispatcher.consume(
        { projectId, slots: () => 1, signal: stop.signal },
        async () => {
          deliveries += 1
          return 'empty'
        },
      )
      await delivered()
      const before = deliveries
      await dispatcher.dispatch([reference('order-1')])
      await delivered()
      check(deliveries > before, `deliveries after the dispatch: ${deliveries}, before: ${before}`)
      stop.abort()
      await consumer.done
    },
  },
  {
    id: 'consume.slots',
    title: 'never more deliveries are in flight than there are slots, and free slots are filled',
    async run({ dispatcher, delivered }) {
      const stop = new AbortController()
      const ends: (() => void)[] = []
      let slots = 2
      const consumer = dispatcher.consume(
        { projectId, slots: () => slots, signal: stop.signal },
        () =>
          new Promise<Disposition>((resolve) => {
            ends.push(() => resolve('done'))
          }),
      )
      for (let n = 0; n < 5; n += 1) await dispatcher.dispatch([reference(`order-${n}`)])
      await delivered()
      equal(ends.length, 2, 'deliveries in flight with 2 slots')
      slots = 3
      consumer.wake()
      await delivered()
      equal(ends.length, 3, 'deliveries in flight with 3 slots')
      ends[0]?.()
      await delivered()
      equal(ends.length, 4, 'deliveries after one of 3 ended')
      stop.abort()
      for (const end of ends) end()
      await consumer.done
    },
  },
  {
    id: 'consume.lost-wake',
    title: 'a dispatch that arrives while a delivery finds nothing is not lost',
    async run({ dispatcher, delivered }) {
      const stop = new AbortController()
      let deliveries = 0
      const consumer = dispatcher.consume(
        { projectId, slots: () => 1, signal: stop.signal },
        async () => {
          deliveries += 1
          if (deliveries === 1) await dispatcher.dispatch([reference('order-1')])
          return 'empty'
        },
      )
      await delivered()
      check(deliveries >= 2, `the second look never came: ${deliveries} deliveries`)
      stop.abort()
      await consumer.done
    },
  },
  {
    id: 'consume.stop',
    title:
      'done resolves after the abort, once nothing is in flight, and nothing is delivered later',
    async run({ dispatcher, delivered }) {
      const stop = new AbortController()
      let end = () => {}
      let deliveries = 0
      let ended = false
      const consumer = dispatcher.consume(
        { projectId, slots: () => 1, signal: stop.signal },
        () => {
          deliveries += 1
          return new Promise<Disposition>((resolve) => {
            end = () => resolve('done')
          })
        },
      )
      void consumer.done.then(() => {
        ended = true
      })
      await dispatcher.dispatch([reference('order-1')])
      await delivered()
      stop.abort()
      await delivered()
      equal(ended, false, 'done while a delivery is in flight')
      end()
      await consumer.done
      await dispatcher.dispatch([reference('order-2')])
      await delivered()
      equal(deliveries, 1, 'deliveries after the stop')
    },
  },
  {
    id: 'consume.broken',
    title: 'done rejects when a delivery throws, instead of falling silent',
    async run({ dispatcher, delivered }) {
      const stop = new AbortController()
      const consumer = dispatcher.consume(
        { projectId, slots: () => 1, signal: stop.signal },
        async () => {
          throw new Error('the consumer broke')
        },
      )
      const outcome = consumer.done.then(
        () => 'resolved',
        (error: unknown) => String(error),
      )
      await dispatcher.dispatch([reference('order-1')])
      await delivered()
      equal(await outcome, 'Error: the consumer broke', 'how done ended')
      stop.abort()
    },
  },
  {
    id: 'health.closed',
    title: 'health tells when no delivery can be expected any more',
    async run({ dispatcher }) {
      equal((await dispatcher.health()).ok, true, 'health when open')
      await dispatcher.close()
      equal((await dispatcher.health()).ok, false, 'health when closed')
    },
  },
]
