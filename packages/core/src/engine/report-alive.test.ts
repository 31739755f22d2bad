import { describe, expect, it } from 'vitest'
import { createCueline } from '../create-cueline.ts'
import { inProcessDispatcher } from '../dispatch/in-process-dispatcher.ts'
import { CuelineError } from '../error.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { tinyWorld, type TinyWorld } from '../testing/tiny-world.ts'

async function lostWorkers({ storage, projectId, task }: TinyWorld, code: string) {
  const { workOrderId } = await task(code)
  const { workOrders } = await storage.transaction((transaction) =>
    transaction.load({ projectId, workOrders: [workOrderId as never] }),
  )
  return [...workOrders.values()].map(({ interruptions }) => interruptions)
}

const endless = () => new Promise<never>(() => {})

describe('an engine that stood still [S2-03, X-02]', () => {
  it('gives back what it lost meanwhile, and suspects nobody: it is there', async () => {
    let attempts = 0
    const world = await tinyWorld({
      tasks: { A: [] },
      settings: { maxInterruptions: 1 },
      times: { stopGraceMs: 0 },
      runner: async () => ((attempts += 1) < 3 ? endless() : 'the third attempt'),
    })
    const renew = world.storage.renew.bind(world.storage)
    let away = true
    world.storage.renew = async (...given) => {
      if (away) throw new CuelineError('storage-busy', 'The storage is out of reach.')
      return renew(...given)
    }
    const run = world.cueline.run({ projectId: world.projectId, workers: 1 })
    await world.clock.advance(80_000)
    away = false
    await world.clock.advance(10_000)
    expect(await run).toMatchObject({ tasks: { done: 1 }, attempts: 3 })
    const interrupted = world.events.filter((event) => event.type === 'attempt.interrupted')
    expect(interrupted).toMatchObject([
      { counted: false, reason: 'its worker stood still for longer than its lease' },
      { counted: false },
    ])
  })

  it('takes the suspicion back when it is heard of again, once', async () => {
    const world = await tinyWorld({ tasks: { A: [] }, runner: endless, times: { stopGraceMs: 0 } })
    const { cueline, clock, storage, projectId } = world
    const still = manualClock(clock.now())
    const slept = await createCueline({
      storage,
      clock: still,
      times: { stopGraceMs: 0 },
      runner: endless,
    })
    void slept.run({ projectId })
    await still.settle()
    const stop = new AbortController()
    const run = cueline.run({ projectId, signal: stop.signal, drainMs: 0 })
    await clock.advance(33_000)
    expect(await lostWorkers(world, 'A')).toEqual([1])
    await still.advance(30_000)
    expect(await lostWorkers(world, 'A')).toEqual([0])
    await still.advance(60_000)
    const events = await cueline.events.after({ projectId })
    expect(events.filter((event) => event.type === 'attempt.survived')).toMatchObject([
      { reason: 'its worker stood still for longer than its lease, and came back' },
    ])
    expect(await cueline.doctor.check({ projectId })).toMatchObject({ ok: true })
    stop.abort()
    await clock.advance(1_000)
    await run
  })

  it('tells it later where the storage is busy when it comes back', async () => {
    const world = await tinyWorld({ tasks: { A: [] }, runner: endless, times: { stopGraceMs: 0 } })
    const { cueline, clock, storage, projectId } = world
    const still = manualClock(clock.now())
    let busy = false
    const slept = await createCueline({
      storage: {
        ...storage,
        async transaction(work) {
          if (busy) throw new CuelineError('storage-busy', 'Busy.', { retryable: true })
          return await storage.transaction(work)
        },
      },
      clock: still,
      times: { stopGraceMs: 0 },
      runner: endless,
      onError: () => {},
    })
    void slept.run({ projectId })
    await still.settle()
    const stop = new AbortController()
    const run = cueline.run({ projectId, signal: stop.signal, drainMs: 0 })
    await clock.advance(33_000)
    busy = true
    await still.advance(30_000)
    expect(await lostWorkers(world, 'A')).toEqual([1])
    busy = false
    await still.advance(30_000)
    expect(await lostWorkers(world, 'A')).toEqual([0])
    stop.abort()
    await clock.advance(1_000)
    await run
  })

  it('stops what it had lost when it claims that again before it has noticed', async () => {
    const signals: AbortSignal[] = []
    const times = { stopGraceMs: 0 }
    const dispatcher = inProcessDispatcher()
    const world = await tinyWorld({
      dispatcher,
      tasks: [{ id: 'A', title: 'Sow', capabilities: ['dig'] }],
      runner: endless,
      times,
    })
    const { cueline, clock, storage, projectId } = world
    const still = manualClock(clock.now())
    const slept = await createCueline({
      storage,
      dispatcher,
      clock: still,
      times,
      runner: (_, { signal }) => {
        signals.push(signal)
        return endless()
      },
    })
    const stop = new AbortController()
    const options = { projectId, signal: stop.signal, drainMs: 0, stay: true }
    const runs = [slept.run(options)]
    await still.settle()
    await clock.advance(40_000)
    // This one takes the work back, and leaves it to those who can do it.
    runs.push(cueline.run({ ...options, capabilities: [] }))
    await clock.settle()
    // The first one hears of that at once, long before it renews or sweeps.
    await still.advance(100)
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
    expect(await lostWorkers(world, 'A')).toEqual([0])
    stop.abort()
    await still.advance(1_000)
    await clock.advance(1_000)
    await Promise.all(runs)
  })
})
