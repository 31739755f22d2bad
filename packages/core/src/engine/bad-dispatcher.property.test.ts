import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Consumer, Dispatcher, DispatchReference } from '../dispatch/dispatcher.ts'
import type { WorkOrderId } from '../id.ts'
import { manualClock, type ManualClock } from '../testing/manual-clock.ts'
import { tinyWorld } from '../testing/tiny-world.ts'

/** What happens to one reference on its way. */
type Fate = 'arrives' | 'lost' | 'doubled' | 'late' | 'misaddressed'
const fate = fc.constantFrom<Fate>('arrives', 'lost', 'doubled', 'late', 'misaddressed')
const death = fc.constantFrom('never', 'silent', 'broken', 'throws', 'closed')

const world = fc.record({
  dependencies: fc.array(fc.array(fc.nat(7), { maxLength: 3 }), { minLength: 1, maxLength: 8 }),
  fates: fc.array(fate, { minLength: 1, maxLength: 12 }),
  death,
  /** Deliveries before it dies. */
  lifetime: fc.nat(6),
})

describe('a dispatcher that loses, doubles, delays, reorders and dies [X-14, X-02]', () => {
  it('costs time, but no task is lost, done twice or done too early', async () => {
    await fc.assert(
      fc.asyncProperty(world, async ({ dependencies, fates, death: end, lifetime }) => {
        const clock = manualClock()
        let running = 0
        let most = 0
        const { cueline, projectId, events, statuses } = await tinyWorld({
          clock,
          tasks: dependencies.map((of, task) => ({
            id: `T${task}`,
            title: `Task ${task}`,
            dependsOn: [...new Set(of.filter((other) => other < task))].map((other) => `T${other}`),
          })),
          dispatcher: badDispatcher(clock, fates, end, lifetime),
          runner: async () => {
            running += 1
            most = Math.max(most, running)
            await new Promise<void>((resolve) => clock.setTimeout(resolve, 50))
            running -= 1
          },
        })
        const run = cueline.run({ projectId, workers: 3 })
        // A stand-in looks at every sweep, so a minute is more than eight tasks can need.
        await clock.advance(60_000)
        expect((await run).ended).toBe('rested')
        expect(Object.values(await statuses())).toEqual(dependencies.map(() => 'done'))
        expect(events.filter(({ type }) => type === 'attempt.succeeded')).toHaveLength(
          dependencies.length,
        )
        expect(most).toBeLessThanOrEqual(3)
        expect((await cueline.doctor.check({ projectId })).findings).toEqual([])
        await cueline.close()
        expect(clock.pending()).toBe(0)
      }),
      { numRuns: 60 },
    )
  })
})

/** Treats references by turns as `fates` say; newest first; after `lifetime` deliveries it dies. */
function badDispatcher(
  clock: ManualClock,
  fates: readonly Fate[],
  end: string,
  lifetime: number,
): Dispatcher {
  const queue: DispatchReference[] = []
  const pumps = new Set<() => void>()
  let turn = 0
  let left = end === 'never' ? Infinity : lifetime
  const arrive = (reference: DispatchReference) => {
    queue.unshift(reference)
    for (const pump of pumps) pump()
  }
  const treat = (reference: DispatchReference) => {
    const what = fates[turn++ % fates.length]
    if (what === 'lost') return
    if (what === 'late') return void clock.setTimeout(() => arrive(reference), 700)
    if (what === 'misaddressed') {
      return arrive({ ...reference, workOrderId: 'nobody' as WorkOrderId })
    }
    if (what === 'doubled') arrive(reference)
    arrive(reference)
  }
  return {
    name: 'bad',
    async dispatch(references) {
      if (left === 0 && end === 'throws') throw new Error('the queue is gone')
      for (const reference of references) treat(reference)
    },
    consume({ slots, signal }, deliver): Consumer {
      if (left === 0 && end === 'throws') throw new Error('the queue is gone')
      const done = Promise.withResolvers<void>()
      let inFlight = 0
      const pump = () => {
        while (!signal.aborted && left > 0 && queue.length > 0 && inFlight < slots()) {
          const { workOrderId } = queue.shift() as DispatchReference
          inFlight += 1
          left -= 1
          void deliver({ workOrderIds: [workOrderId] }).finally(() => {
            inFlight -= 1
            pump()
          })
        }
        if (left === 0 && end === 'broken') done.reject(new Error('the connection is gone'))
        if (left === 0 && end === 'closed') done.resolve()
      }
      pumps.add(pump)
      signal.addEventListener('abort', () => pumps.delete(pump), { once: true })
      pump()
      return {
        wake() {
          if (left === 0 && end === 'throws') throw new Error('the queue is gone')
        },
        done: done.promise,
      }
    },
    health: async () => ({ ok: left > 0 }),
    close: async () => {},
  }
}
