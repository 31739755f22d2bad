import { describe, expect, it } from 'vitest'
import { scriptedRunner } from '../runner/scripted-runner.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { tinyWorld } from '../testing/tiny-world.ts'

const chains = { A1: [], A2: [], B1: ['A1'], B2: ['A2'] }

describe('auto-promotion in a run [S0-05, X-03]', () => {
  it('promotes the next batch without anyone asking, and tells so', async () => {
    const world = await tinyWorld({ tasks: chains, workers: 2, runner: async () => {} })
    await world.cueline.run({ projectId: world.projectId, workers: 2 })
    const promoted = world.events.filter((event) => event.type === 'batch.promoted')
    expect(promoted).toMatchObject([{ auto: true }, { auto: true }])
    const batches = await world.cueline.stages.list({ projectId: world.projectId })
    expect(batches.map(({ label }) => label)).toEqual(['done', 'done'])
  })

  it('waits for the whole batch under the stage barrier, and the report says what that cost', async () => {
    const clock = manualClock()
    const runner = scriptedRunner(
      ({ task }) => ({ takesMs: task.code === 'A1' ? 60_000 : 10_000 }),
      { clock },
    )
    const tasks = [
      { id: 'A1', title: 'slow', estimate: 6 },
      { id: 'A2', title: 'fast', estimate: 1 },
      { id: 'B1', title: 'after slow', estimate: 1, dependsOn: ['A1'] },
      { id: 'B2', title: 'after fast', estimate: 1, dependsOn: ['A2'] },
    ]
    const starts = async (barrier: 'none' | 'stage') => {
      const world = await tinyWorld({ tasks, workers: 2, clock, runner, settings: { barrier } })
      const run = world.cueline.run({ projectId: world.projectId, workers: 2 })
      await clock.advance(200_000)
      const { perTask, barrierTax } = await run
      return { start: perTask.find(({ task }) => task === 'B2')?.startMs, barrierTax }
    }
    expect(await starts('none')).toMatchObject({ start: 10_000 })
    expect(await starts('stage')).toMatchObject({ start: 60_000 })
  })

  it('opens the next layer inside a batch only when the former has settled', async () => {
    const clock = manualClock()
    const runner = scriptedRunner(
      ({ task }) => ({ takesMs: task.code === 'A1' ? 60_000 : 10_000 }),
      { clock },
    )
    const world = await tinyWorld({ tasks: {}, clock, runner, settings: { barrier: 'layer' } })
    const { projectId, cueline } = world
    await cueline.tasks.add({
      projectId,
      tasks: Object.entries(chains).map(([id, dependsOn]) => ({ id, title: id, dependsOn })),
    })
    await cueline.plans.build({ projectId, workers: 2 })
    const batch = await cueline.stages.create({ projectId, name: 'All in one' })
    await cueline.stages.stage({ batchId: batch.id, tasks: Object.keys(chains), force: true })
    const run = cueline.run({ projectId, workers: 4 })
    await clock.advance(15_000)
    expect(await world.statuses()).toMatchObject({ A2: 'done', B2: 'staged' })
    const { obstacles } = await cueline.tasks.why({ projectId, task: 'B2' })
    expect(obstacles.map(({ kind }) => kind)).toEqual(['layer-closed'])
    await clock.advance(100_000)
    expect((await run).tasks.done).toBe(4)
  })

  it('keeps the barrier while a batch waits for a later one that had to be promoted before its turn', async () => {
    const clock = manualClock()
    const runner = scriptedRunner(() => ({ takesMs: 60_000 }), { clock })
    const world = await tinyWorld({ tasks: {}, clock, runner, settings: { barrier: 'stage' } })
    const { projectId, cueline } = world
    await cueline.tasks.add({
      projectId,
      tasks: [
        { id: 'first', title: 'First', dependsOn: ['third'] },
        { id: 'second', title: 'Second' },
        { id: 'third', title: 'Third' },
      ],
    })
    for (const id of ['first', 'second', 'third']) {
      const batch = await cueline.stages.create({ projectId, name: id })
      await cueline.stages.stage({ batchId: batch.id, tasks: [id], force: true })
    }
    const run = cueline.run({ projectId, workers: 2 })
    await clock.advance(30_000)
    expect(await world.statuses()).toEqual({ first: 'staged', second: 'staged', third: 'doing' })
    await clock.advance(60_000)
    expect(await world.statuses()).toEqual({ first: 'doing', second: 'staged', third: 'done' })
    await clock.advance(200_000)
    expect((await run).tasks.done).toBe(3)
  })

  it('takes up a batch that somebody adds while it runs', async () => {
    const clock = manualClock()
    const runner = scriptedRunner(() => ({ takesMs: 30_000 }), { clock })
    const world = await tinyWorld({ tasks: { A: [] }, clock, runner })
    const run = world.cueline.run({ projectId: world.projectId })
    await clock.advance(5_000)
    const { projectId, cueline } = world
    await cueline.tasks.add({ projectId, tasks: [{ id: 'late', title: 'Late' }] })
    const batch = await cueline.stages.create({ projectId, name: 'Late' })
    await cueline.stages.stage({ batchId: batch.id, tasks: ['late'], force: true })
    await clock.advance(2_000)
    expect(await world.statuses()).toMatchObject({ late: 'doing' })
    await clock.advance(60_000)
    expect((await run).tasks.done).toBe(2)
  })
})

describe('stuck batches in a run [S0-06]', () => {
  const failing = scriptedRunner(({ task }) =>
    task.code === 'bad'
      ? { end: { status: 'failed', class: 'permanent', message: 'cannot be built' } }
      : {},
  )
  const tasks = { bad: [], after: ['bad'], later: ['after'] }

  it('hold says why and leaves the decision to a person', async () => {
    const world = await tinyWorld({ tasks, runner: failing, settings: { stuckPolicy: 'hold' } })
    await world.cueline.run({ projectId: world.projectId })
    const batches = await world.cueline.stages.list({ projectId: world.projectId })
    const stuck = batches.find(({ label }) => label === 'stuck')
    expect(stuck?.batch.stuckReason).toContain('"bad"')
    expect(await world.statuses()).toMatchObject({ after: 'staged' })
  })

  it('skip cancels what can never start, to the end of the chain', async () => {
    const world = await tinyWorld({ tasks, runner: failing, settings: { stuckPolicy: 'skip' } })
    await world.cueline.run({ projectId: world.projectId })
    expect(await world.statuses()).toEqual({
      bad: 'failed',
      after: 'cancelled',
      later: 'cancelled',
    })
  })

  it('retry gives what failed another chance', async () => {
    let left = 1
    const world = await tinyWorld({
      tasks,
      settings: { stuckPolicy: 'retry' },
      runner: async ({ task }) => {
        if (task.code !== 'bad' || left === 0) return
        left -= 1
        return { status: 'failed', class: 'permanent', message: 'not this time' }
      },
    })
    await world.cueline.run({ projectId: world.projectId })
    expect(await world.statuses()).toEqual({ bad: 'done', after: 'done', later: 'done' })
  })
})
