import { describe, expect, it } from 'vitest'
import { createCueline } from '../create-cueline.ts'
import { CuelineError } from '../error.ts'
import { tinyWorld, type TinyWorld } from '../testing/tiny-world.ts'
import { type MemoryWorkspaces, memoryWorkspaces } from '../workspace/memory-workspaces.ts'

/** Workspaces whose landings stand still until they are let through, one by one, by code of the task. */
function heldLandings() {
  const workspace = memoryWorkspaces()
  const gates = new Map<string, () => void>()
  const order: string[] = []
  const codes = new Map<string, string>()
  const provider: MemoryWorkspaces = {
    ...workspace,
    async prepare(request, signal) {
      codes.set(request.attemptId, request.code)
      return await workspace.prepare(request, signal)
    },
    async land(trial, confirm) {
      const code = codes.get(trial.workspace.attemptId) ?? '?'
      await new Promise<void>((resolve) => gates.set(code, resolve))
      gates.delete(code)
      const landed = await workspace.land(trial, confirm)
      order.push(code)
      return landed
    },
  }
  const write = async ({ attemptId, task }: { attemptId: string; task: { code: string } }) => {
    workspace.files(attemptId as never).set(task.code, 'work')
  }
  return { workspace, provider, order, write, at: () => [...gates.keys()], gates }
}

async function letThrough(world: TinyWorld, held: ReturnType<typeof heldLandings>): Promise<void> {
  const [first] = held.at()
  held.gates.get(first ?? '')?.()
  await world.clock.settle()
}

describe('the merge queue [X-06, S4-06]', () => {
  it('merges one after the other in the order in which work was verified, and says who waits', async () => {
    const held = heldLandings()
    const world = await tinyWorld({
      tasks: { A: [], B: [], C: [] },
      workspace: held.provider,
      runner: held.write,
    })
    const { cueline, projectId } = world
    const run = cueline.run({ projectId, workers: 1 })
    await world.clock.settle()
    expect(held.at()).toEqual(['A'])
    const [queue, ...others] = await cueline.merges.list({ projectId })
    expect(others).toEqual([])
    expect(queue?.target).toBe('memory')
    expect(queue?.attempts.map(({ position, task }) => [position, task])).toEqual([
      [1, 'A'],
      [2, 'B'],
      [3, 'C'],
    ])
    const why = async (task: string) =>
      (await cueline.tasks.why({ projectId, task })).obstacles.map(({ message }) => message)
    expect([await why('A'), await why('C')]).toEqual([
      ['it is merging into memory'],
      ['it is merging (3rd in the queue of memory)'],
    ])
    for (const code of ['A', 'B', 'C']) {
      expect(held.at()).toEqual([code])
      await letThrough(world, held)
    }
    expect((await run).tasks.done).toBe(3)
    expect(held.order).toEqual(['A', 'B', 'C'])
    expect(await cueline.merges.list({})).toEqual([])
  })

  it('frees the slot of whoever waits in it, so that others work meanwhile', async () => {
    const held = heldLandings()
    const worked: string[] = []
    const world = await tinyWorld({
      tasks: { A: [], B: [] },
      workspace: held.provider,
      runner: async (attempt) => {
        worked.push(attempt.task.code)
        await held.write(attempt)
      },
    })
    const run = world.cueline.run({ projectId: world.projectId, workers: 1 })
    await world.clock.settle()
    expect(worked).toEqual(['A', 'B'])
    expect(await world.statuses()).toEqual({ A: 'review', B: 'review' })
    await letThrough(world, held)
    await letThrough(world, held)
    expect(await run).toMatchObject({ tasks: { done: 2 }, workers: 1 })
  })

  it('counts against the caps, so that a queue that does not keep up holds new work back', async () => {
    const held = heldLandings()
    const world = await tinyWorld({
      tasks: { A: [], B: [], C: [] },
      settings: { maxParallelTasks: 2 },
      workspace: held.provider,
      runner: held.write,
    })
    const run = world.cueline.run({ projectId: world.projectId, workers: 1 })
    await world.clock.settle()
    expect(await world.statuses()).toEqual({ A: 'review', B: 'review', C: 'staged' })
    for (const _ of ['A', 'B', 'C']) await letThrough(world, held)
    expect((await run).tasks.done).toBe(3)
  })

  it('is one for all projects and engines that land on the same target', async () => {
    const held = heldLandings()
    const world = await tinyWorld({
      tasks: { A: [] },
      workspace: held.provider,
      runner: held.write,
    })
    const other = await createCueline({
      storage: world.storage,
      clock: world.clock,
      workspace: held.provider,
      runner: held.write,
    })
    const { id: projectId } = await other.projects.create({ name: 'Other' })
    await other.tasks.add({ projectId, tasks: [{ id: 'B', title: 'Task B' }] })
    const plan = await other.plans.build({ projectId })
    await other.stages.fromPlan({ planId: plan.id, force: true })
    const run = world.cueline.run({ projectId: world.projectId })
    await world.clock.settle()
    const otherRun = other.run({ projectId })
    await world.clock.settle()
    expect(held.at()).toEqual(['A'])
    expect((await other.merges.list({}))[0]?.attempts).toHaveLength(2)
    await letThrough(world, held)
    // The other engine hears of it at its next sweep: memory has no news for other engines.
    await world.clock.advance(2_000)
    expect(held.at()).toEqual(['B'])
    await letThrough(world, held)
    expect([(await run).tasks.done, (await otherRun).tasks.done]).toEqual([1, 1])
  })

  it('does not wait for one whose lease has lapsed', async () => {
    const held = heldLandings()
    const world = await tinyWorld({
      tasks: { A: [] },
      workspace: held.provider,
      runner: held.write,
    })
    const { cueline, clock, projectId, storage } = world
    const run = cueline.run({ projectId, workers: 1 })
    await clock.settle()
    const [queue] = await cueline.merges.list({})
    expect(queue?.attempts).toHaveLength(1)
    // Frozen: it is heard of no more.
    storage.renew = () => new Promise(() => {})
    await clock.advance(29_000)
    expect(await cueline.merges.list({})).toHaveLength(1)
    await clock.advance(1_000)
    // The next attempt has come so far by now, and waits for nobody.
    const [after] = await cueline.merges.list({})
    expect(after?.attempts.map(({ number, position }) => [number, position])).toEqual([[2, 1]])
    run.catch(() => {})
  })

  it('lands nothing for one that is not the first any more, which waits for its turn again', async () => {
    const workspace = memoryWorkspaces()
    let asked = 0
    const world = await tinyWorld({
      tasks: { A: [] },
      workspace,
      runner: async ({ attemptId }) => {
        workspace.files(attemptId).set('A', 'work')
      },
    })
    const transaction = world.storage.transaction.bind(world.storage)
    world.storage.transaction = (work, projectId) =>
      transaction((inner) => {
        const query = (async (name: 'mergeQueue', input: { limit: number }) => {
          const answer = await inner.query(name, input)
          if (name !== 'mergeQueue') return answer
          asked += 1
          // The second time is the confirmation: a clock of another host came in before it.
          return asked === 2 ? [{ ...answer[0], attemptId: 'attempt-9', code: 'Z' }] : answer
        }) as typeof inner.query
        return work(Object.assign(Object.create(inner) as typeof inner, { query }))
      }, projectId)
    const run = world.cueline.run({ projectId: world.projectId })
    await world.clock.advance(4_000)
    expect(await run).toMatchObject({ attempts: 1, tasks: { done: 1 } })
    expect(asked).toBe(4)
  })

  it('tries again, at nobody’s cost, when the target was moved after the trial', async () => {
    const workspace = memoryWorkspaces()
    let trials = 0
    const world = await tinyWorld({
      tasks: { A: [] },
      settings: { maxAttempts: 1 },
      workspace: movedTimes(workspace, 3, () => (trials += 1)),
      runner: async ({ attemptId }) => {
        workspace.files(attemptId).set('A', 'work')
      },
    })
    const result = await world.cueline.run({ projectId: world.projectId })
    expect(result).toMatchObject({ attempts: 1, tasks: { done: 1 } })
    expect(trials).toBe(4)
    expect(workspace.result.get('A')).toBe('work')
  })

  it('gives up after ten times, and says that somebody else writes there', async () => {
    const workspace = memoryWorkspaces()
    let trials = 0
    const world = await tinyWorld({
      tasks: { A: [] },
      settings: { maxAttempts: 1 },
      workspace: movedTimes(workspace, Infinity, () => (trials += 1)),
      runner: async ({ attemptId }) => {
        workspace.files(attemptId).set('A', 'work')
      },
    })
    await world.cueline.run({ projectId: world.projectId })
    expect(trials).toBe(10)
    expect((await world.task('A')).failure).toMatchObject({
      class: 'transient',
      message: expect.stringContaining('memory was moved 10 times'),
    })
  })
})

describe('a stop while work waits to merge [X-06, X-11]', () => {
  it('gives it back uncharged and keeps it when it is interrupted', async () => {
    const held = heldLandings()
    const world = await tinyWorld({
      tasks: { A: [], B: [] },
      workspace: held.provider,
      runner: held.write,
    })
    const stop = new AbortController()
    const run = world.cueline.run({
      projectId: world.projectId,
      workers: 2,
      signal: stop.signal,
    })
    await world.clock.settle()
    stop.abort()
    await world.clock.settle()
    // B stopped waiting at once; A is in the middle of its landing, which is let through.
    expect(await world.statuses()).toEqual({ A: 'review', B: 'staged' })
    await letThrough(world, held)
    expect(await run).toMatchObject({ ended: 'stopped', interrupted: 2 })
    expect(await world.statuses()).toEqual({ A: 'done', B: 'staged' })
    expect([...held.workspace.salvage.values()].map((files) => [...files.keys()])).toEqual([['B']])
    const order = await world.storage.transaction((transaction) =>
      transaction.query('workOrders', { projectId: world.projectId }),
    )
    expect(order.map(({ chargedAttempts }) => chargedAttempts)).toEqual([0, 0])
  })

  it('merges it still while the run drains', async () => {
    const held = heldLandings()
    const world = await tinyWorld({
      tasks: { A: [], B: [] },
      workspace: held.provider,
      runner: held.write,
    })
    const stop = new AbortController()
    const run = world.cueline.run({
      projectId: world.projectId,
      workers: 1,
      signal: stop.signal,
      drainMs: 60_000,
    })
    await world.clock.settle()
    stop.abort()
    await world.clock.settle()
    await letThrough(world, held)
    await letThrough(world, held)
    expect(await run).toMatchObject({ ended: 'stopped', interrupted: 0, tasks: { done: 2 } })
  })
})

/** A target that somebody else moves between the trial and the landing, so many times. */
function movedTimes(
  workspace: MemoryWorkspaces,
  times: number,
  onTrial: () => void,
): MemoryWorkspaces {
  let left = times
  return {
    ...workspace,
    tryMerge(...given) {
      onTrial()
      return workspace.tryMerge(...given)
    },
    async land(trial, confirm) {
      if (left === 0) return await workspace.land(trial, confirm)
      left -= 1
      await workspace.abandon(trial)
      throw new CuelineError('conflict', 'Something else has landed.', { retryable: true })
    },
  }
}
