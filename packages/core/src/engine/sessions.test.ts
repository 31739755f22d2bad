import { describe, expect, it } from 'vitest'
import type { RunnerFunction } from '../runner/runner.ts'
import { tinyWorld, type TinyWorld } from '../testing/tiny-world.ts'

const minute = 60_000
/** Hours pass in these tests, so the engine looks less often. */
const times = { sweepMs: minute, leaseMs: 10 * minute }

const sessions = ({ cueline, projectId }: TinyWorld) => cueline.sessions.list({ projectId })

/** Says its session, fails as often as it is told to, and keeps what it was given to resume. */
function resuming(failures: number) {
  const given: (string | undefined)[] = []
  const runner: RunnerFunction = async ({ number, session }, { report }) => {
    given.push(session)
    report.session(session ?? `thread-${number}`)
    if (number <= failures) throw new Error('not today')
  }
  return { given, runner }
}

/** A project that a run works on until the test ends. */
async function staying(world: TinyWorld, work: () => Promise<void>): Promise<void> {
  const stop = new AbortController()
  const { cueline, clock, projectId } = world
  const run = cueline.run({ projectId, workers: 1, stay: true, signal: stop.signal })
  await clock.advance(5_000)
  await work()
  stop.abort()
  await clock.settle()
  await run
  expect(world.errors).toEqual([])
  expect(await cueline.doctor.check({ projectId })).toMatchObject({ ok: true })
}

describe('the session of an agent [S2-05]', () => {
  it('is stored when its runner says it, and resumed by the next attempt of the task', async () => {
    const { given, runner } = resuming(1)
    const world = await tinyWorld({ tasks: { A: [] }, runner })
    await staying(world, async () => {
      expect(given).toEqual([undefined, 'thread-1'])
      const { id: taskId } = await world.task('A')
      expect(await sessions(world)).toMatchObject([
        { agentSessionId: 'thread-1', taskId, status: 'idle', endReason: null },
      ])
      expect(world.events.map(({ type }) => type).filter((type) => /session/.test(type))).toEqual([
        'session.started',
        'session.used',
      ])
    })
  })

  it('ends after 30 minutes without use, and is not resumed any more', async () => {
    const { given, runner } = resuming(1)
    const world = await tinyWorld({
      tasks: { A: [] },
      times,
      settings: { retryBaseMs: 240 * minute, retryMaxMs: 240 * minute },
      runner,
    })
    await staying(world, async () => {
      await world.clock.advance(29 * minute)
      expect(await sessions(world)).toMatchObject([{ status: 'idle' }])
      await world.clock.advance(2 * minute)
      expect(await sessions(world)).toMatchObject([{ status: 'ended', endReason: 'idle' }])
      await world.clock.advance(240 * minute)
      expect(given).toEqual([undefined, undefined])
      expect(await sessions(world)).toMatchObject([
        { agentSessionId: 'thread-1', endReason: 'idle' },
        { agentSessionId: 'thread-2' },
      ])
    })
  })

  it('of a day before is not resumed, although nobody was there to end it', async () => {
    const { given, runner } = resuming(1)
    const world = await tinyWorld({
      tasks: { A: [] },
      times,
      settings: { retryBaseMs: 240 * minute, retryMaxMs: 240 * minute },
      runner,
    })
    await staying(world, async () => {})
    await world.clock.advance(24 * 60 * minute)
    await world.cueline.run({ projectId: world.projectId })
    expect(given).toEqual([undefined, undefined])
    expect(await sessions(world)).toMatchObject([
      { status: 'ended', endReason: 'replaced' },
      { agentSessionId: 'thread-2' },
    ])
  })

  it('stays while its attempt waits for a person, however long that takes', async () => {
    const world = await tinyWorld({
      tasks: { A: [] },
      times,
      runner: async (_, { report }) => {
        report.session('thread-1')
        return report.ask({ text: 'Which name?' })
      },
    })
    await staying(world, async () => {
      await world.clock.advance(300 * minute)
      const [session] = await sessions(world)
      expect(session).toMatchObject({ status: 'active' })
      const { cueline, projectId } = world
      await expect(cueline.sessions.end({ sessionId: session!.id })).rejects.toMatchObject({
        code: 'refused',
        message: expect.stringMatching(/task "A" waits for a person.*with force/),
      })
      const [request] = await cueline.requests.list({ projectId, status: ['open'] })
      await cueline.requests.answer({ requestId: request!.id, answer: 'Ada' })
      await world.clock.advance(2 * minute)
      expect(await sessions(world)).toMatchObject([{ status: 'ended', endReason: 'age' }])
    })
  })

  it('is resumed with the answer by an agent that stepped back to wait, even a day later', async () => {
    const given: (string | undefined)[] = []
    const world = await tinyWorld({
      tasks: { A: [] },
      times,
      runner: async ({ answers, session }, { report }) => {
        given.push(session)
        report.session(session ?? 'thread-1')
        if (answers.length > 0) return
        report.ask({ text: 'Which name?' }).catch(() => {})
        await new Promise((resolve) => setTimeout(resolve, 0))
        return { status: 'yielded', reason: 'waits for the name' }
      },
    })
    await staying(world, async () => {
      await world.clock.advance(24 * 60 * minute)
      const { cueline, projectId } = world
      expect(await sessions(world)).toMatchObject([{ status: 'idle' }])
      const [request] = await cueline.requests.list({ projectId, status: ['open'] })
      await cueline.requests.answer({ requestId: request!.id, answer: 'Ada' })
      await world.clock.advance(1_000)
      expect(given).toEqual([undefined, 'thread-1'])
    })
  })

  it('is not changed by an attempt whose lease has lapsed', async () => {
    const late = Promise.withResolvers<void>()
    const world = await tinyWorld({
      tasks: { A: [] },
      runner: async ({ number }, { report }) => {
        report.session(`thread-${number}`)
        if (number > 1) return
        await late.promise
        report.session('thread-late')
      },
    })
    await staying(world, async () => {
      const { storage, projectId } = world
      const task = await world.task('A')
      // What another process does when it has not heard of this one.
      await storage.transaction((transaction) => transaction.release([task.workOrderId!]))
      await world.clock.advance(5_000)
      late.resolve()
      await world.clock.advance(15_000)
      expect(await sessions(world)).toMatchObject([
        { agentSessionId: 'thread-1', endReason: 'replaced' },
        { agentSessionId: 'thread-2', status: 'idle' },
      ])
      expect(projectId).toBe((await world.task('A')).projectId)
    })
  })

  it('that cannot be one, or is the twenty-first of an attempt, is left out with a note', async () => {
    const world = await tinyWorld({
      tasks: { A: [] },
      runner: async (_, { report }) => {
        report.session('--help')
        for (let index = 0; index < 50; index += 1) report.session(`thread-${index}`)
      },
    })
    await staying(world, async () => {
      const found = await sessions(world)
      expect(found).toHaveLength(20)
      expect(found.filter(({ status }) => status === 'idle')).toMatchObject([
        { agentSessionId: 'thread-19' },
      ])
      const notes = world.events.flatMap((event) =>
        event.type === 'attempt.output' ? [event.text] : [],
      )
      expect(notes.join('\n')).toContain(
        'The session id of the agent was left out: it starts with "-", like an option of a command.',
      )
      expect(notes.join('\n')).toContain('an attempt begins at most 20 sessions')
    })
  })
})

describe('sessions.list and sessions.end [S2-05]', () => {
  it('filter by status, task and worker, and end what rests', async () => {
    const { runner } = resuming(0)
    const world = await tinyWorld({ tasks: { A: [], B: ['A'] }, runner })
    const { cueline, projectId } = world
    await staying(world, async () => {
      const [first, second] = await sessions(world)
      const ids = async (filter: object) =>
        (await cueline.sessions.list({ projectId, ...filter })).map(({ id }) => id)
      expect(await ids({ task: 'B' })).toEqual([second!.id])
      expect(await ids({ workerId: first!.workerId })).toContain(first!.id)
      expect(await ids({ workerId: 'nobody' })).toEqual([])
      expect(await ids({ status: ['active'] })).toEqual([])

      await cueline.sessions.end({ sessionId: first!.id, actor: 'Ada' })
      expect(await ids({ status: ['ended'] })).toEqual([first!.id])
      expect(world.events.at(-1)).toMatchObject({ type: 'session.ended', actor: 'Ada' })
      await expect(cueline.sessions.end({ sessionId: first!.id })).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('has ended already (asked)'),
      })
    })
    await expect(cueline.sessions.end({ sessionId: 'session_0' })).rejects.toMatchObject({
      code: 'not-found',
    })
    await expect(cueline.sessions.list({ projectId, task: 'Z' })).rejects.toMatchObject({
      code: 'not-found',
    })
    const { sessions: shown } = await cueline.projects.snapshot({ projectId })
    expect(shown).toHaveLength(2)
  })

  it('with force end a session whose attempt works on', async () => {
    const go = Promise.withResolvers<void>()
    const world = await tinyWorld({
      tasks: { A: [] },
      runner: async (_, { report }) => {
        report.session('thread-1')
        await go.promise
        report.session('thread-1')
      },
    })
    await staying(world, async () => {
      const [session] = await sessions(world)
      await world.cueline.sessions.end({ sessionId: session!.id, force: true })
      go.resolve()
      await world.clock.advance(5_000)
      expect(await world.statuses()).toEqual({ A: 'done' })
      expect(await sessions(world)).toMatchObject([{ status: 'ended', endReason: 'asked' }])
    })
  })
})
