import { describe, expect, it } from 'vitest'
import { CuelineError } from '../error.ts'
import type { RunnerFunction } from '../runner/runner.ts'
import { scriptedRunner } from '../runner/scripted-runner.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { tinyWorld } from '../testing/tiny-world.ts'

const diamond = { A: [], B: ['A'], C: ['A'], D: ['B', 'C'] }

describe('a run [S3-04, S4-04, S2-03]', () => {
  it('works every task off in dependency order and says what it came to', async () => {
    const order: string[] = []
    const world = await tinyWorld({
      tasks: diamond,
      runner: async (attempt) => {
        order.push(attempt.task.code)
      },
    })
    const result = await world.cueline.run({ projectId: world.projectId, workers: 2 })
    expect(order[0]).toBe('A')
    expect(order[3]).toBe('D')
    expect(result).toMatchObject({ ended: 'rested', tasks: { total: 4, done: 4, failed: 0 } })
    expect(world.errors).toEqual([])
  })

  it('starts a task the moment its dependencies are done, without waiting for its siblings [X-03]', async () => {
    const runner = scriptedRunner((attempt) =>
      attempt.task.code === 'slow' ? { end: 'never' } : {},
    )
    const world = await tinyWorld({ tasks: { slow: [], fast: [], next: ['fast'] }, runner })
    const stop = new AbortController()
    const run = world.cueline.run({ projectId: world.projectId, workers: 2, signal: stop.signal })
    await world.clock.settle()
    expect(await world.statuses()).toEqual({ slow: 'doing', fast: 'done', next: 'done' })
    stop.abort()
    await run
  })

  it('never runs more attempts than workers, and keeps them all busy', async () => {
    const clock = manualClock()
    const runner = scriptedRunner(() => ({ takesMs: 1_000 }), { clock })
    const tasks = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`T${i}`, []]))
    const world = await tinyWorld({ tasks, workers: 5, clock, runner })
    const run = world.cueline.run({ projectId: world.projectId, workers: 5 })
    await world.clock.advance(6_000)
    expect(await run).toMatchObject({ wallMs: 6_000, workMs: 30_000, speedup: 5, efficiency: 1 })
    expect(runner.peak).toBe(5)
  })

  it("keeps a batch's cap although workers are free", async () => {
    const clock = manualClock()
    const runner = scriptedRunner(() => ({ takesMs: 10 }), { clock })
    const tasks = { T0: [], T1: [], T2: [], T3: [] }
    const world = await tinyWorld({ tasks, maxParallelTasks: 2, clock, runner })
    const run = world.cueline.run({ projectId: world.projectId, workers: 4 })
    await world.clock.settle()
    const doing = Object.values(await world.statuses()).filter((status) => status === 'doing')
    expect(doing).toHaveLength(2)
    await world.clock.advance(100)
    await run
  })

  it('takes the critical path first', async () => {
    const order: string[] = []
    const world = await tinyWorld({
      workers: 1,
      tasks: [
        { id: 'short', title: 'short', estimate: 1 },
        { id: 'head', title: 'head', estimate: 1 },
        { id: 'tail', title: 'tail', estimate: 50, dependsOn: ['head'] },
      ],
      runner: async (attempt) => {
        order.push(attempt.task.code)
      },
    })
    await world.cueline.run({ projectId: world.projectId, workers: 1 })
    expect(order).toEqual(['head', 'tail', 'short'])
  })

  it('without estimates takes, of two equally long chains, the one with more beside it', async () => {
    const order: string[] = []
    const world = await tinyWorld({
      workers: 1,
      tasks: { narrow: [], n1: ['narrow'], broad: [], b1: ['broad'], b2: ['broad'] },
      runner: async (attempt) => {
        order.push(attempt.task.code)
      },
    })
    await world.cueline.run({ projectId: world.projectId, workers: 1 })
    expect(order[0]).toBe('broad')
  })

  it('needs a runner, and says how to give one', async () => {
    const world = await tinyWorld({ tasks: { A: [] } })
    const run = world.cueline.run({ projectId: world.projectId })
    await expect(run).rejects.toThrow(/give createCueline a runner/)
  })
})

describe('failures [S3-10]', () => {
  it('retries with the feedback of the attempt before, after a back-off', async () => {
    const feedback: unknown[] = []
    const world = await tinyWorld({
      tasks: { A: [] },
      runner: async (attempt) => {
        feedback.push(...attempt.feedback.map((entry) => entry.message))
        if (attempt.number === 1) throw new Error('the tests are red')
      },
    })
    const run = world.cueline.run({ projectId: world.projectId })
    await world.clock.settle()
    expect(await world.statuses()).toEqual({ A: 'staged' })
    await world.clock.advance(1_000)
    expect((await run).tasks.done).toBe(1)
    expect(feedback).toEqual(['the tests are red'])
  })

  it('never touches the siblings of a task that fails for good', async () => {
    const world = await tinyWorld({
      tasks: { bad: [], good: [], after: ['bad'] },
      runner: async (attempt) => {
        if (attempt.task.code !== 'bad') return 'fine'
        return { status: 'failed', class: 'permanent', message: 'this cannot be built' }
      },
    })
    const result = await world.cueline.run({ projectId: world.projectId })
    expect(await world.statuses()).toEqual({ bad: 'failed', good: 'done', after: 'staged' })
    expect(result.ended).toBe('rested')
    const { obstacles } = await world.cueline.tasks.why({
      projectId: world.projectId,
      task: 'after',
    })
    expect(obstacles.map((obstacle) => obstacle.message).join()).toContain('bad will not finish')
  })

  it('stops a poison task after its attempts', async () => {
    const world = await tinyWorld({
      tasks: { A: [] },
      settings: { maxAttempts: 3 },
      runner: async () => {
        throw new Error('every time')
      },
    })
    const run = world.cueline.run({ projectId: world.projectId })
    await world.clock.advance(600_000)
    expect(await run).toMatchObject({ attempts: 3, tasks: { failed: 1 } })
  })

  it('stops an attempt that takes too long, and counts it as a timeout', async () => {
    const runner = scriptedRunner(() => ({ end: 'never' }))
    const world = await tinyWorld({
      tasks: { A: [] },
      settings: { maxAttempts: 1 },
      times: { attemptTimeoutMs: 60_000 },
      runner,
    })
    const run = world.cueline.run({ projectId: world.projectId })
    await world.clock.advance(61_000)
    await run
    expect((await world.task('A')).failure?.class).toBe('timeout')
  })

  it('frees the slot of a runner that ignores the abort, and tells so', async () => {
    const runner = scriptedRunner((attempt) =>
      attempt.task.code === 'stubborn' ? { end: 'ignores-abort' } : {},
    )
    const world = await tinyWorld({
      tasks: { stubborn: [], other: ['stubborn'], third: [] },
      settings: { maxAttempts: 1 },
      times: { attemptTimeoutMs: 1_000, stopGraceMs: 500 },
      runner,
    })
    const run = world.cueline.run({ projectId: world.projectId, workers: 1 })
    await world.clock.advance(2_000)
    expect((await run).tasks).toMatchObject({ done: 1, failed: 1 })
    expect(String(world.errors[0])).toContain('ignored the abort')
    await runner.close?.()
  })

  it('holds the account on a rate limit, charges nothing, and goes on when it is over', async () => {
    const world = await tinyWorld({
      tasks: { A: [], B: [] },
      runner: async (attempt) => {
        if (attempt.task.code !== 'A' || attempt.number > 1) return
        return { status: 'failed', class: 'rate-limit', message: 'slow down', retryAfterMs: 5_000 }
      },
    })
    const run = world.cueline.run({ projectId: world.projectId, workers: 1 })
    await world.clock.settle()
    expect(await world.statuses()).toEqual({ A: 'staged', B: 'staged' })
    await world.clock.advance(6_000)
    expect((await run).tasks.done).toBe(2)
    const orders = world.events.filter((event) => event.type === 'attempt.failed')
    expect(orders).toMatchObject([{ charged: false }])
  })
})

describe('listeners [X-11]', () => {
  it('can throw, reject and call back into the engine without hurting it', async () => {
    const world = await tinyWorld({ tasks: diamond, runner: async () => {} })
    world.cueline.on('event', () => {
      throw new Error('a broken listener')
    })
    world.cueline.on('event', async (event) => {
      if (event.type === 'attempt.started')
        await world.cueline.stages.list({ projectId: world.projectId })
      throw new Error('a broken async listener')
    })
    const heard: string[] = []
    world.cueline.on('event', (event) => {
      heard.push(event.type)
    })
    expect((await world.cueline.run({ projectId: world.projectId })).tasks.done).toBe(4)
    expect(heard).toContain('attempt.succeeded')
    expect(world.errors.length).toBeGreaterThan(0)
  })
})

describe('questions', () => {
  it('free the slot while they are open, and the answer reaches the asker', async () => {
    const runner: RunnerFunction = async (attempt, { report }) => {
      if (attempt.task.code !== 'asks') return 'no question'
      return `it is ${await report.ask({ text: 'Which one?', options: ['left', 'right'] })}`
    }
    const world = await tinyWorld({ tasks: { asks: [], other: [], third: [] }, runner })
    const run = world.cueline.run({ projectId: world.projectId, workers: 1 })
    await world.clock.settle()
    expect(await world.statuses()).toEqual({ asks: 'doing', other: 'done', third: 'done' })
    const [request] = await world.cueline.requests.list({ projectId: world.projectId })
    await world.cueline.requests.answer({ requestId: String(request?.id), answer: 'right' })
    expect((await run).tasks.done).toBe(3)
    expect((await world.task('asks')).summary).toBe('it is right')
  })

  it('answered while others have filled the cap wait for room before they go on', async () => {
    const clock = manualClock()
    const finish = Promise.withResolvers<void>()
    const world = await tinyWorld({
      tasks: { asks: [], other: [] },
      maxParallelTasks: 1,
      clock,
      runner: async (attempt, { report }) => {
        if (attempt.task.code === 'asks') await report.ask({ text: 'Which one?' })
        else await finish.promise
      },
    })
    const run = world.cueline.run({ projectId: world.projectId, workers: 2 })
    await clock.advance(3_000)
    const [request] = await world.cueline.requests.list({ projectId: world.projectId })
    await world.cueline.requests.answer({ requestId: String(request?.id), answer: 'this' })
    await clock.advance(3_000)
    expect(world.events.some(({ type }) => type === 'attempt.resumed')).toBe(false)
    finish.resolve()
    await clock.advance(3_000)
    expect((await run).tasks.done).toBe(2)
  })

  it('that wait for a person for ever do not keep the engine spinning', async () => {
    const clock = manualClock()
    const world = await tinyWorld({
      tasks: { A: [] },
      clock,
      runner: async (attempt) => {
        if (attempt.answers.length > 0) return attempt.answers[0]?.answer
        return { status: 'failed', class: 'human-needed', message: 'Which licence?' }
      },
    })
    const run = world.cueline.run({ projectId: world.projectId })
    await clock.advance(10_000)
    expect(clock.pending()).toBeLessThan(4)
    const [request] = await world.cueline.requests.list({ projectId: world.projectId })
    await world.cueline.requests.answer({ requestId: String(request?.id), answer: 'MIT' })
    await clock.advance(3_000)
    expect((await run).tasks.done).toBe(1)
    expect((await world.task('A')).summary).toBe('MIT')
  })

  it('are not asked again after a stop: the answer that came meanwhile is there at once', async () => {
    let asked = 0
    const runner: RunnerFunction = async (_, { report }) => {
      asked += 1
      return `it is ${await report.ask({ text: 'Which one?' })}`
    }
    const world = await tinyWorld({ tasks: { A: [] }, runner })
    const stop = new AbortController()
    const first = world.cueline.run({ projectId: world.projectId, signal: stop.signal })
    await world.clock.settle()
    stop.abort()
    expect(await first).toMatchObject({ ended: 'stopped', interrupted: 1 })
    const open = await world.cueline.requests.list({ projectId: world.projectId, status: ['open'] })
    expect(open).toHaveLength(1)
    await world.cueline.requests.answer({ requestId: String(open[0]?.id), answer: 'the second' })
    expect((await world.cueline.run({ projectId: world.projectId })).requests).toBe(1)
    expect((await world.task('A')).summary).toBe('it is the second')
    expect(asked).toBe(2)
  })
})

describe('stopping [X-11]', () => {
  it('lets running attempts finish within the drain time, and starts no new one', async () => {
    const clock = manualClock()
    const runner = scriptedRunner(() => ({ takesMs: 1_000 }), { clock })
    const world = await tinyWorld({ tasks: { A: [], B: ['A'] }, clock, runner })
    const stop = new AbortController()
    const run = world.cueline.run({
      projectId: world.projectId,
      signal: stop.signal,
      drainMs: 5_000,
    })
    await world.clock.advance(500)
    stop.abort()
    await world.clock.advance(1_000)
    expect(await run).toMatchObject({ ended: 'stopped', interrupted: 0 })
    expect(await world.statuses()).toEqual({ A: 'done', B: 'staged' })
  })

  it('interrupts what is left, charges nothing, and a later run goes on', async () => {
    let first = true
    const runner = scriptedRunner(() => (first ? { end: 'never' } : {}))
    const world = await tinyWorld({ tasks: { A: [], B: ['A'] }, runner })
    const stop = new AbortController()
    const run = world.cueline.run({ projectId: world.projectId, signal: stop.signal })
    await world.clock.settle()
    stop.abort()
    expect(await run).toMatchObject({ ended: 'stopped', interrupted: 1 })
    expect(await world.statuses()).toEqual({ A: 'staged', B: 'staged' })
    first = false
    expect((await world.cueline.run({ projectId: world.projectId })).tasks.done).toBe(2)
    expect(world.clock.pending()).toBe(0)
  })

  it('cancels a running task: its agent stops, its dependents stay', async () => {
    const runner = scriptedRunner(() => ({ end: 'never' }))
    const world = await tinyWorld({ tasks: { A: [], B: ['A'] }, runner })
    const run = world.cueline.run({ projectId: world.projectId })
    await world.clock.settle()
    await world.cueline.tasks.cancel({ projectId: world.projectId, task: 'A' })
    expect((await run).ended).toBe('rested')
    expect(await world.statuses()).toEqual({ A: 'cancelled', B: 'staged' })
    expect(runner.runs[0]?.ended).toBe('aborted')
  })
})

describe('leases [X-02, S2-03]', () => {
  it('are renewed while an attempt runs, however long', async () => {
    const clock = manualClock()
    const runner = scriptedRunner(() => ({ takesMs: 600_000 }), { clock })
    const world = await tinyWorld({ tasks: { A: [] }, clock, runner })
    const run = world.cueline.run({ projectId: world.projectId })
    await world.clock.advance(601_000)
    expect(await run).toMatchObject({ attempts: 1, tasks: { done: 1 } })
  })

  it('that lapse return the work to the queue, uncharged, and the late worker changes nothing', async () => {
    const late = Promise.withResolvers<string>()
    const world = await tinyWorld({
      tasks: { A: [] },
      times: { stopGraceMs: 0 },
      runner: async (attempt) => (attempt.number === 1 ? late.promise : 'the second attempt'),
    })
    const renew = world.storage.renew.bind(world.storage)
    let cut = true
    world.storage.renew = async (...given) => {
      if (cut) throw new CuelineError('storage-busy', 'The storage is out of reach.')
      return renew(...given)
    }
    const run = world.cueline.run({ projectId: world.projectId, workers: 1 })
    await world.clock.advance(40_000)
    cut = false
    await world.clock.advance(10_000)
    late.resolve('the late one')
    expect(await run).toMatchObject({ attempts: 2, tasks: { done: 1 } })
    expect((await world.task('A')).summary).toBe('the second attempt')
  })
})
