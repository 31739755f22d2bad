import { describe, expect, it } from 'vitest'

import { tinyWorld } from '../testing/tiny-world.ts'

const tasks = [
  { id: 'A', title: 'First', estimate: { min: 5, max: 15 } },
  { id: 'B', title: 'Second', estimate: 20, dependsOn: ['A'] },
  { id: 'C', title: 'Beside', estimate: 5 },
  { id: 'D', title: 'Behind', estimate: 30, dependsOn: ['C'] },
]

const ids = (list: readonly { task: string }[]) => list.map(({ task }) => task)

describe('the next batch of a project [S0-08] [X-04]', () => {
  it('is of ready tasks that the finish hangs on, with reasons', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks, workers: 1 })
    const next = await cueline.plans.suggestBatch({ projectId })
    expect(ids(next.tasks)).toEqual(['C'])
    expect(next).toMatchObject({ leftOut: ['A'], finish: 65, blocked: [] })
    expect(next.text).toContain('- C: the longest way to the end begins with it: 35 minutes')
    const both = await cueline.plans.suggestBatch({ projectId, size: 2, workers: 2 })
    expect(ids(both.tasks)).toEqual(['C', 'A'])
  })

  it('counts what is done, leaves out what was promoted and what stands behind a failure', async () => {
    const { cueline, projectId, task } = await tinyWorld({
      tasks,
      settings: { maxAttempts: 1 },
      runner: async ({ task: { code } }) => {
        if (code === 'A') throw new Error('broken')
      },
    })
    await cueline.tasks.add({ projectId, tasks: [{ id: 'E', title: 'Late', dependsOn: ['D'] }] })
    await cueline.run({ projectId })
    expect((await task('A')).status).toBe('failed')
    const next = await cueline.plans.suggestBatch({ projectId })
    expect(ids(next.tasks)).toEqual(['E'])
    expect(next.blocked).toEqual(['A', 'B'])
    expect(next.text).toContain('2 tasks are left out: failed, or behind one that is. Retry A')
  })

  it('is staged, and promoted when asked for, in one step', async () => {
    const { cueline, projectId, events } = await tinyWorld({ tasks })
    const { batch, suggestion, results } = await cueline.stages.fromSuggestion({
      projectId,
      size: 1,
      force: true,
      promote: true,
      name: 'Now',
    })
    expect(ids(suggestion.tasks)).toEqual(['C'])
    expect(results).toMatchObject([{ code: 'C', ok: true, message: 'staged' }])
    const first = events.find(({ type }) => type === 'work.released')
    expect(first).toMatchObject({ orders: [{ taskId: results[0]?.taskId }] })
    const batches = await cueline.stages.list({ projectId })
    expect(batches.find((view) => view.batch.id === batch.id)).toMatchObject({
      batch: { name: 'Now' },
      total: 1,
      label: 'running',
    })
    // What was promoted is not suggested again.
    expect(ids((await cueline.plans.suggestBatch({ projectId })).tasks)).toEqual(['A'])
  })

  it('is refused with the reason when nothing is ready', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks: { A: [] } })
    await cueline.tasks.complete({ projectId, task: 'A', summary: 'by hand' })
    await expect(cueline.stages.fromSuggestion({ projectId })).rejects.toThrow(
      'Nothing can be staged now. No task is left to promote.',
    )
  })
})

describe('the forecast of a project [X-04]', () => {
  it('says by when half and nine in ten runs finish, and that estimates are guesses', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks, workers: 1 })
    const forecast = await cueline.plans.forecast({ projectId })
    expect(forecast.planned).toBe(65)
    expect(forecast.finish.p50).toBeLessThan(forecast.finish.p90)
    expect(forecast.finish.p90).toBeLessThanOrEqual(70)
    expect(forecast.text).toContain('Estimates are guesses')
    expect(await cueline.plans.forecast({ projectId, seed: 1, runs: 1_000 })).toEqual(forecast)
    expect((await cueline.plans.forecast({ projectId, workers: 2 })).planned).toBe(35)
  })

  it('says the same finish as the plan where an order other than by urgency is shorter', async () => {
    const { cueline, projectId } = await tinyWorld({
      tasks: [
        { id: 'A', title: 'Store', estimate: 30, touches: ['src/store.ts'] },
        { id: 'B', title: 'Shelf', estimate: { min: 60, max: 120 }, touches: ['src/store.ts'] },
        { id: 'C', title: 'Print', estimate: 45, dependsOn: ['A'] },
        { id: 'D', title: 'Parcel', estimate: 45, dependsOn: ['B', 'C'] },
      ],
      workers: 2,
    })
    expect((await cueline.plans.forecast({ projectId })).planned).toBe(165)
  })

  it('is about what is left, and says what runs', async () => {
    const forecasts: Awaited<ReturnType<typeof ask>>[] = []
    const world = await tinyWorld({
      tasks: [
        { id: 'A', title: 'First', estimate: 10 },
        { id: 'B', title: 'Second', estimate: 20, dependsOn: ['A'] },
      ],
      runner: async ({ task: { code } }) => {
        if (code === 'B') forecasts.push(await ask())
      },
    })
    const ask = () => world.cueline.plans.forecast({ projectId: world.projectId })
    await world.cueline.run({ projectId: world.projectId })
    expect(forecasts).toMatchObject([{ planned: 20, running: ['B'] }])
    expect(forecasts[0]?.text).toContain('1 task that runs is counted as just begun.')
  })
})
