import { describe, expect, it } from 'vitest'
import { CuelineError } from '../error.ts'
import { tinyWorld } from '../testing/tiny-world.ts'

describe('statistics of the queues [S2-02]', () => {
  it('count what is queued, waits for a retry and is claimed, by priority, with the oldest age', async () => {
    let seen: unknown
    const world = await tinyWorld({
      tasks: [
        { id: 'A', title: 'First', priority: 'high' },
        { id: 'B', title: 'Later', priority: 'low' },
        { id: 'C', title: 'Later still', priority: 'low' },
      ],
      settings: { retryBaseMs: 10_000, maxAttempts: 2, maxParallelTasks: 1 },
      runner: async ({ task }) => {
        if (task.code !== 'A') return
        seen ??= await world.cueline.queues.statistics({ projectId: world.projectId })
        throw new CuelineError('runner-failed', 'It broke.')
      },
    })
    const { cueline, clock, projectId } = world
    const none = { queued: 0, later: 0, retried: 0, claimed: 0, oldestMs: null }
    expect(await cueline.queues.statistics({ projectId })).toEqual([
      { ...none, priority: 'high' },
      { ...none, priority: 'normal' },
      { ...none, priority: 'low' },
    ])
    const run = cueline.run({ projectId, workers: 1 })
    await clock.advance(1_000)
    expect(seen).toEqual([
      { ...none, priority: 'high', claimed: 1 },
      { ...none, priority: 'normal' },
      { ...none, priority: 'low', queued: 2, oldestMs: 0 },
    ])
    expect((await cueline.queues.statistics({ projectId }))[0]).toEqual({
      priority: 'high',
      queued: 1,
      later: 1,
      retried: 1,
      claimed: 0,
      oldestMs: expect.any(Number),
    })
    await clock.advance(120_000)
    await run
    expect((await cueline.queues.statistics({ projectId })).map(({ queued }) => queued)).toEqual([
      0, 0, 0,
    ])
  })
})
