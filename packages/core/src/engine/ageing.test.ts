import { describe, expect, it } from 'vitest'
import { manualClock } from '../testing/manual-clock.ts'
import { tinyWorld, type TinyWorldOptions } from '../testing/tiny-world.ts'

const second = 1_000

/**
 * Two workers, agents that take ten seconds, and for each urgent task that ends another one: never fewer
 * than three are ready. Resolves with the codes in the order of their starts, after so many seconds.
 */
async function startsUnderPressure(
  seconds: number,
  settings: NonNullable<TinyWorldOptions['settings']>,
): Promise<readonly string[]> {
  const clock = manualClock()
  const started: string[] = []
  let added = 0
  const urgent = () => ({ id: `U${(added += 1)}`, title: 'Urgent', priority: 'high' as const })
  const world = await tinyWorld({
    clock,
    settings,
    tasks: [
      { id: 'low', title: 'Some day', priority: 'low' },
      ...Array.from({ length: 5 }, urgent),
    ],
    workers: 2,
    runner: async ({ task }, { signal }) => {
      started.push(task.code)
      await new Promise<void>((resolve) => {
        clock.setTimeout(resolve, 10 * second)
        signal.addEventListener('abort', () => resolve())
      })
      if (signal.aborted) return
      const next = urgent()
      const { cueline, projectId } = world
      await cueline.tasks.add({ projectId, tasks: [next] })
      const [{ batch } = { batch: undefined }] = await cueline.stages.list({ projectId })
      await cueline.stages.stage({ batchId: batch!.id, tasks: [next.id], force: true })
    },
  })
  const { cueline, projectId } = world
  for (const { batch } of await cueline.stages.list({ projectId })) {
    await cueline.stages.promote({ batchId: batch.id })
  }
  const stop = new AbortController()
  const run = cueline.run({ projectId, workers: 2, signal: stop.signal, drainMs: 0 })
  for (let passed = 0; passed < seconds; passed += 5) await clock.advance(5 * second)
  stop.abort()
  await clock.advance(second)
  await run
  expect(world.errors).toEqual([])
  return started
}

describe('a stream of urgent tasks that never ends [S2-02]', () => {
  it('does not keep a low one from starting once that has waited for a minute', async () => {
    const started = await startsUnderPressure(180, { ageingMs: 60 * second })
    const at = started.indexOf('low')
    // Twelve start in its first minute; of the next eight claims one is its turn.
    expect(at).toBeGreaterThanOrEqual(12)
    expect(at).toBeLessThan(20)
  })

  it('goes first for ever where ageing is off', async () => {
    const started = await startsUnderPressure(180, { ageingMs: 0 })
    expect(started.length).toBeGreaterThan(30)
    expect(started).not.toContain('low')
  })
})

describe('tasks of one promotion that have waited for long [S2-02]', () => {
  it('start in critical-path order all the same', async () => {
    const clock = manualClock()
    const started: string[] = []
    const codes = Array.from({ length: 20 }, (_, nth) => `T${String(nth).padStart(2, '0')}`)
    const world = await tinyWorld({
      clock,
      tasks: codes.map((id, nth) => ({ id, title: id, estimate: 1 + nth })),
      workers: 20,
      maxParallelTasks: 20,
      settings: { ageingMs: second },
      runner: async ({ task }) => {
        started.push(task.code)
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, 10 * second))
      },
    })
    const run = world.cueline.run({ projectId: world.projectId, workers: 1 })
    for (let nth = 0; nth < 42; nth += 1) await clock.advance(5 * second)
    await run
    expect(started).toEqual(codes.toReversed())
  })
})
