import { describe, expect, it } from 'vitest'
import type { RunOptions } from '../create-cueline.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { tinyWorld, type TinyWorld, type TinyWorldOptions } from '../testing/tiny-world.ts'

const tasks = [
  { id: 'A', title: 'First', touches: ['src/a.ts'] },
  { id: 'B', title: 'Second', touches: ['src/a.ts'] },
  { id: 'C', title: 'Third', touches: ['src/c.ts'] },
]

/** A world whose agents take a second each, and who of them met whom. */
async function meetings(options: Partial<TinyWorldOptions> = {}) {
  const clock = manualClock()
  const met = new Set<string>()
  const inside = new Set<string>()
  const world = await tinyWorld({
    tasks,
    clock,
    runner: async (attempt, { report }) => {
      const { code, title } = attempt.task
      const enter = () => {
        for (const other of inside) met.add([code, other].toSorted().join(''))
        inside.add(code)
      }
      enter()
      if (title === 'Asks') {
        inside.delete(code)
        await report.ask({ text: 'Which name?' })
        enter()
      }
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, 1_000))
      inside.delete(code)
    },
    ...options,
  })
  return { world, met }
}

async function runFor(world: TinyWorld, ms: number, options: Partial<RunOptions> = {}) {
  const run = world.cueline.run({ projectId: world.projectId, workers: 4, ...options })
  await world.clock.advance(ms)
  return run
}

describe('conflicting tasks of a plan [S4-02]', () => {
  it('of two promoted batches never run at once, however many workers are free, and are all done', async () => {
    const { world, met } = await meetings()
    const batches = await world.cueline.stages.list({ projectId: world.projectId })
    expect(batches).toHaveLength(2)
    for (const { batch } of batches) await world.cueline.stages.promote({ batchId: batch.id })
    const { attempts } = await runFor(world, 10_000)
    expect(await world.statuses()).toEqual({ A: 'done', B: 'done', C: 'done' })
    // The free one does run beside another.
    expect([...met]).toContain('AC')
    expect([...met]).not.toContain('AB')
    expect(attempts).toBe(3)
    expect(world.events.some(({ type }) => type === 'batch.stuck')).toBe(false)
    expect(world.errors).toEqual([])
  })

  it('run at once where that was allowed, or where conflicts were not asked for', async () => {
    for (const choice of [{ allow: [['A', 'B']] as [string, string][] }, { conflicts: 'none' }]) {
      const { world, met } = await meetings()
      await world.cueline.plans.build({ projectId: world.projectId, ...(choice as object) })
      await runFor(world, 10_000)
      expect([...met].toSorted()).toEqual(['AB', 'AC', 'BC'])
    }
  })

  it('say who they wait for and why', async () => {
    const { world } = await meetings()
    const run = world.cueline.run({ projectId: world.projectId, workers: 4 })
    await world.clock.advance(500)
    expect(await world.statuses()).toMatchObject({ A: 'doing', B: 'staged' })
    const why = await world.cueline.tasks.why({ projectId: world.projectId, task: 'B' })
    expect(why.obstacles).toEqual([
      {
        kind: 'conflict',
        message: 'it conflicts with A, which runs now (both touch src/a.ts)',
        tasks: ['A'],
      },
    ])
    await world.clock.advance(10_000)
    await run
  })

  it('leave the workers to the first that is free, though many in conflict stand before it', async () => {
    const crowd = Array.from({ length: 24 }, (_, nth) => ({
      id: `T${nth}`,
      title: 'One of many',
      touches: ['src/a.ts'],
      priority: 'high' as const,
    }))
    const free = ['X', 'Y'].map((id) => ({ id, title: id, priority: 'low' as const }))
    const { world, met } = await meetings({ tasks: [...crowd, ...free] })
    for (const { batch } of await world.cueline.stages.list({ projectId: world.projectId })) {
      await world.cueline.stages.promote({ batchId: batch.id })
    }
    const stop = new AbortController()
    const run = world.cueline.run({
      projectId: world.projectId,
      workers: 4,
      signal: stop.signal,
      drainMs: 0,
    })
    await world.clock.advance(1_900)
    const { X, Y, T0, T1 } = await world.statuses()
    expect({ X, Y, T0, T1 }).toEqual({ X: 'done', Y: 'done', T0: 'done', T1: 'doing' })
    expect([...met].filter((pair) => !/[XY]/.test(pair))).toEqual([])
    stop.abort()
    await world.clock.advance(60_000)
    await run
  })

  it('take turns when one comes back from a question while the other runs', async () => {
    const { world, met } = await meetings({
      tasks: tasks.map((task) => ({ ...task, title: task.id === 'A' ? 'Asks' : task.title })),
    })
    const run = world.cueline.run({ projectId: world.projectId, workers: 4 })
    await world.clock.advance(100)
    expect(await world.statuses()).toMatchObject({ A: 'doing', B: 'doing' })
    const [question] = await world.cueline.requests.list({ projectId: world.projectId })
    await world.cueline.requests.answer({ requestId: question!.id, answer: 'Ada' })
    await world.clock.advance(10_000)
    expect((await run).tasks.done).toBe(3)
    expect([...met]).not.toContain('AB')
  })

  it('follow a plan that is built again while they run', async () => {
    const { world, met } = await meetings()
    const { projectId, cueline } = world
    await cueline.plans.build({ projectId, conflicts: 'none' })
    const run = world.cueline.run({ projectId, workers: 1 })
    await world.clock.advance(500)
    expect(await world.statuses()).toMatchObject({ A: 'doing', B: 'staged' })
    await cueline.plans.revise({
      projectId,
      patch: { change: [{ task: 'C', touches: ['src/b.ts'] }] },
    })
    expect((await world.task('B')).exclusiveKeys).toEqual([])
    await cueline.plans.build({ projectId, conflicts: 'declared' })
    expect((await world.task('A')).exclusiveKeys).toEqual(['src/a.ts'])
    const other = world.cueline.run({ projectId, workers: 4 })
    await world.clock.advance(10_000)
    await Promise.all([run, other])
    expect([...met]).not.toContain('AB')
    expect(await world.statuses()).toEqual({ A: 'done', B: 'done', C: 'done' })
  })
})
