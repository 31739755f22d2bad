import { describe, expect, it } from 'vitest'
import { createCueline } from '../create-cueline.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import type { ProjectSettings } from '../staging/state.ts'
import { tinyWorld } from '../testing/tiny-world.ts'
import { memoryWorkspaces } from '../workspace/memory-workspaces.ts'

/** Somebody else changes the same file while each of the first attempts works. */
async function contested(
  conflicts: number,
  settings: Partial<ProjectSettings> = {},
  maxAttempts = 1,
) {
  const workspace = memoryWorkspaces([['shared', 'base']])
  const briefs: AttemptBrief[] = []
  const interfere = async () => {
    const request = {
      projectId: 'p',
      taskId: 't',
      workOrderId: 'o',
      code: 'x',
      title: 'x',
      fence: 1,
    }
    const attemptId = `intruder-${briefs.length}`
    const signal = new AbortController().signal
    const theirs = await workspace.prepare({ ...request, attemptId } as never, signal)
    workspace.files(attemptId as never).set('shared', `theirs ${briefs.length}`)
    await workspace.land(await workspace.tryMerge(theirs, signal), async () => {})
  }
  const runner = async (attempt: AttemptBrief) => {
    briefs.push(attempt)
    workspace.files(attempt.attemptId).set('shared', `attempt ${attempt.number}`)
    if (briefs.length <= conflicts) await interfere()
  }
  const world = await tinyWorld({
    tasks: { A: [] },
    settings: { maxAttempts, ...settings },
    workspace,
    runner,
  })
  return { ...world, workspace, briefs, runner, roles: () => briefs.map(({ role }) => role) }
}

describe('work that comes back from the merge queue [S4-06, X-06]', () => {
  it('goes to its owner three times, uncharged, and then to a review with all that happened', async () => {
    const world = await contested(3)
    const result = await world.cueline.run({ projectId: world.projectId })
    expect(result).toMatchObject({ attempts: 4, tasks: { done: 1 } })
    expect(world.roles()).toEqual(['owner', 'owner', 'owner', 'review'])
    const [, , , review] = world.briefs
    expect(review?.feedback.map(({ attempt, class: kind }) => [attempt, kind])).toEqual([
      [1, 'merge-conflict'],
      [2, 'merge-conflict'],
      [3, 'merge-conflict'],
    ])
    expect(review?.feedback.every(({ evidence }) => evidence === 'shared')).toBe(true)
    expect(world.workspace.result.get('shared')).toBe('attempt 4')
  })

  it('asks a person when the review comes back too, and tells the next attempt the answer', async () => {
    const world = await contested(4)
    const { cueline, clock, projectId } = world
    const run = cueline.run({ projectId })
    await clock.settle()
    const [request, ...others] = await cueline.requests.list({ projectId, status: ['open'] })
    expect(others).toEqual([])
    expect(request?.text).toMatch(
      /^Task "A" came back from the merge queue 4 times.*shared changed/,
    )
    expect(await world.statuses()).toEqual({ A: 'staged' })
    await cueline.requests.answer({ requestId: request?.id ?? '', answer: 'Keep both.' })
    expect((await run).tasks.done).toBe(1)
    expect(world.briefs.at(-1)).toMatchObject({
      role: 'review',
      answers: [{ question: request?.text, answer: 'Keep both.' }],
    })
  })

  it('asks again when it comes back after the answer: it never fails silently', async () => {
    const world = await contested(3, { mergeRounds: 1 })
    const { cueline, clock, projectId } = world
    const run = cueline.run({ projectId })
    for (const times of ['2 times', '3 times']) {
      await clock.settle()
      const open = await cueline.requests.list({ projectId, status: ['open'] })
      expect(open.map(({ text }) => /\d+ times/.exec(text)?.[0])).toEqual([times])
      await cueline.requests.answer({ requestId: open[0]?.id ?? '', answer: 'Again.' })
    }
    expect((await run).tasks.done).toBe(1)
    expect(world.roles()).toEqual(['owner', 'review', 'review', 'review'])
    expect(await world.statuses()).toEqual({ A: 'done' })
  })

  it('counts its rounds over restarts', async () => {
    const world = await contested(2, { mergeRounds: 2 })
    const { cueline, projectId, storage, clock } = world
    const stop = new AbortController()
    cueline.on('event', ({ type }) => {
      if (type === 'attempt.failed') stop.abort()
    })
    await cueline.run({ projectId, signal: stop.signal, drainMs: 1_000 })
    const after = await createCueline({
      storage,
      clock,
      workspace: world.workspace,
      runner: world.runner,
    })
    expect((await after.run({ projectId })).tasks.done).toBe(1)
    expect(world.roles()).toEqual(['owner', 'owner', 'review'])
  })

  it('is reviewed by workers who can, where the project names what they must be able to do', async () => {
    const world = await contested(1, { mergeRounds: 1, reviewCapability: 'review' })
    const { cueline, projectId } = world
    const { blocked, attempts } = await cueline.run({ projectId, capabilities: ['write'] })
    expect(attempts).toBe(1)
    expect(blocked).toMatchObject([{ task: 'A', obstacles: [{ kind: 'no-capability' }] }])
    const reviewers = await cueline.run({ projectId, capabilities: ['review'] })
    expect(reviewers.tasks.done).toBe(1)
    expect(world.roles()).toEqual(['owner', 'review'])
  })

  it('is also what is red only together with what has landed', async () => {
    const workspace = memoryWorkspaces()
    const both = Promise.withResolvers<void>()
    let started = 0
    const roles: string[] = []
    const world = await tinyWorld({
      tasks: { A: [], B: [] },
      settings: { maxAttempts: 1, mergeRounds: 1 },
      workspace,
      runner: async ({ attemptId, task, role, number }) => {
        roles.push(role)
        // Who comes second does nothing any more, so its work alone is green.
        if (number === 1) workspace.files(attemptId).set(task.code, 'work')
        started += 1
        if (started === 2) both.resolve()
        await both.promise
      },
      gates: [
        {
          name: 'together',
          judge: async ({ attempt: { attemptId, number } }) => {
            let merged: ReadonlyMap<string, string>
            try {
              merged = workspace.trial(attemptId)
            } catch {
              merged = workspace.files(attemptId)
            }
            const result = merged.size < 2 || number > 1 ? 'pass' : 'fail'
            const rest = { summary: '', durationMs: 0, cause: null, evidence: 'red together' }
            return { gate: 'together', result, ...rest }
          },
        },
      ],
    })
    const result = await world.cueline.run({ projectId: world.projectId, workers: 2 })
    expect(result).toMatchObject({ tasks: { done: 2 }, attempts: 3 })
    expect(roles).toEqual(['owner', 'owner', 'review'])
  })
})

describe('work that cannot land whatever else has landed [S4-06, X-06]', () => {
  /** The first attempts leave something behind that must not land. */
  async function leaving(attempts: number) {
    const workspace = memoryWorkspaces()
    const briefs: AttemptBrief[] = []
    const tryMerge = workspace.tryMerge.bind(workspace)
    workspace.tryMerge = async (tried, signal) =>
      briefs.length <= attempts
        ? {
            ok: false,
            workspace: tried,
            conflicts: ['out'],
            message: 'out cannot land: it leads out of the workspace.',
            unfit: true,
          }
        : await tryMerge(tried, signal)
    const world = await tinyWorld({
      tasks: { A: [] },
      workspace,
      runner: async (attempt) => {
        briefs.push(attempt)
      },
    })
    const open = () => world.cueline.requests.list({ projectId: world.projectId, status: ['open'] })
    return { ...world, briefs, open }
  }

  it('goes back to its owner, who is told why and may leave it out', async () => {
    const { cueline, projectId, briefs } = await leaving(1)
    expect((await cueline.run({ projectId })).tasks.done).toBe(1)
    expect(briefs[1]?.feedback).toMatchObject([{ message: expect.stringMatching(/^out cannot/) }])
  })

  it('is asked about when its owner does it again, and each time after an answer', async () => {
    const { cueline, clock, projectId, briefs, open } = await leaving(3)
    const run = cueline.run({ projectId })
    await clock.settle()
    expect(briefs).toHaveLength(2)
    const [request] = await open()
    expect(request?.text).toBe(
      'Task "A" was done again in a way that cannot land, although its agent was told: out cannot land: it leads out of the workspace. What should be done? The next attempt is told your answer.',
    )
    await cueline.requests.answer({ requestId: request?.id ?? '', answer: 'Without it.' })
    await clock.settle()
    expect(briefs).toHaveLength(3)
    const [again] = await open()
    await cueline.requests.answer({ requestId: again?.id ?? '', answer: 'Really.' })
    expect((await run).tasks.done).toBe(1)
    expect(briefs.at(-1)?.answers.map(({ answer }) => answer)).toEqual(['Without it.', 'Really.'])
  })
})
