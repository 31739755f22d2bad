import { describe, expect, it } from 'vitest'
import { CuelineError } from '../error.ts'
import { tinyWorld } from '../testing/tiny-world.ts'

/** One task whose work is done, and then nothing can be written for a while; leases are renewed. */
async function busyAfterTheWork(busyMs: number) {
  let busy = false
  let attempts = 0
  const world = await tinyWorld({
    tasks: { A: [] },
    runner: async () => {
      attempts += 1
      busy = attempts === 1
      return 'hours of work'
    },
  })
  const { storage, clock, projectId, cueline } = world
  const transaction = storage.transaction.bind(storage)
  const error = new CuelineError('storage-busy', 'Somebody writes.', { retryable: true })
  storage.transaction = (work, ahead) => (busy ? Promise.reject(error) : transaction(work, ahead))
  const stop = new AbortController()
  const run = cueline.run({ projectId, workers: 1, signal: stop.signal, drainMs: 0 })
  await clock.advance(busyMs)
  return { ...world, error, run, stop, mend: () => (busy = false) }
}

describe('what an attempt has done, while nothing can be written [S2-03, X-02]', () => {
  it('waits for as long as its lease stands, and costs no attempt', async () => {
    const { clock, error, errors, events, mend, run, task } = await busyAfterTheWork(300_000)
    expect(errors).toContain(error)
    mend()
    await clock.advance(10_000)
    expect(await run).toMatchObject({ ended: 'rested', attempts: 1 })
    expect(await task('A')).toMatchObject({ status: 'done', summary: 'hours of work' })
    expect(events.map(({ type }) => type)).not.toContain('attempt.failed')
  })

  it('is given up with its lease, uncharged', async () => {
    const world = await busyAfterTheWork(0)
    const { clock, storage, task } = world
    const { renew } = storage
    storage.renew = () => Promise.reject(world.error)
    await clock.advance(60_000)
    storage.renew = renew
    world.mend()
    await clock.advance(60_000)
    expect(await world.run).toMatchObject({ ended: 'rested', attempts: 2 })
    expect(await task('A')).toMatchObject({ status: 'done', attemptCount: 2 })
    expect(world.events.map(({ type }) => type)).not.toContain('attempt.failed')
  })

  it('is stored by an engine that stops, where that is possible within a lease', async () => {
    const { clock, run, stop, mend, task } = await busyAfterTheWork(10_000)
    stop.abort()
    await clock.advance(10_000)
    mend()
    await clock.advance(10_000)
    expect(await run).toMatchObject({ ended: 'stopped' })
    expect(await task('A')).toMatchObject({ status: 'done', attemptCount: 1 })
  })
})
