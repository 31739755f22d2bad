import { describe, expect, it } from 'vitest'
import { tinyWorld } from '../testing/tiny-world.ts'

describe('a run that stays [S2-03]', () => {
  it('waits for work when the project rests, does what is staged later, and ends when told to', async () => {
    const world = await tinyWorld({ tasks: { A: [] }, runner: async () => {} })
    const { cueline, clock, projectId } = world
    const stop = new AbortController()
    const run = cueline.run({ projectId, stay: true, signal: stop.signal })
    await clock.advance(60_000)
    expect(await world.statuses()).toEqual({ A: 'done' })

    await cueline.tasks.add({ projectId, tasks: [{ id: 'B', title: 'Later' }] })
    const batch = await cueline.stages.create({ projectId, name: 'Later' })
    await cueline.stages.stage({ batchId: batch.id, tasks: ['B'], force: true })
    await clock.advance(10_000)
    expect(await world.statuses()).toEqual({ A: 'done', B: 'done' })

    stop.abort()
    await clock.settle()
    expect(await run).toMatchObject({ ended: 'stopped', interrupted: 0, tasks: { done: 2 } })
    expect(clock.pending()).toBe(0)
  })
})
