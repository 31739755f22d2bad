import { describe, expect, it } from 'vitest'
import { CuelineError } from '../error.ts'
import { inProcessDispatcher } from '../dispatch/in-process-dispatcher.ts'
import type { RunnerFunction } from '../runner/runner.ts'
import { tinyWorld } from '../testing/tiny-world.ts'
import { memoryWorkspaces } from '../workspace/memory-workspaces.ts'

/** Works until it is told to stop, and counts how often it was told. */
function untilAborted() {
  const runner = { started: 0, aborted: 0 }
  const run: RunnerFunction = (_, { signal }) => {
    runner.started += 1
    return new Promise((_resolve, reject) => {
      const stop = () => {
        runner.aborted += 1
        reject(signal.reason)
      }
      if (signal.aborted) return stop()
      signal.addEventListener('abort', stop, { once: true })
    })
  }
  return { runner, run }
}

describe('a run that cannot start [S3-04]', () => {
  it('is refused by name when there is no such project, and leaves no timer behind', async () => {
    const world = await tinyWorld({ tasks: { A: [] }, runner: async () => {} })
    await expect(world.cueline.run({ projectId: 'nobody' })).rejects.toThrow(
      'Project "nobody" does not exist',
    )
    expect(world.clock.pending()).toBe(0)
  })

  it('is refused by name when an option is wrong', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks: { A: [] }, runner: async () => {} })
    await expect(cueline.run({} as never)).rejects.toThrow('projectId is undefined')
    await expect(cueline.run({ projectId, workers: 0 })).rejects.toThrow('workers is 0')
    await expect(cueline.run({ projectId, workers: 10_001 })).rejects.toThrow('workers is 10001')
    await expect(cueline.run({ projectId, drainMs: Number.NaN })).rejects.toThrow('drainMs is NaN')
  })

  it('starts nothing when it was told to stop before', async () => {
    const { runner, run } = untilAborted()
    const world = await tinyWorld({ tasks: { A: [] }, runner: run })
    const result = await world.cueline.run({
      projectId: world.projectId,
      signal: AbortSignal.abort(),
    })
    expect(result).toMatchObject({ ended: 'stopped', interrupted: 0 })
    expect(runner.started).toBe(0)
    expect(world.clock.pending()).toBe(0)
  })
})

describe('a stop [S3-04, X-02]', () => {
  it('reaches the attempt after a yield while the one before still clears up', async () => {
    const workspace = memoryWorkspaces()
    const cleared = Promise.withResolvers<void>()
    let removals = 0
    let told = 0
    const world = await tinyWorld({
      tasks: { A: [] },
      workspace: {
        ...workspace,
        async remove(given) {
          removals += 1
          if (removals === 1) await cleared.promise
          return workspace.remove(given)
        },
      },
      runner: (attempt, { signal }) =>
        new Promise((resolve, reject) => {
          if (attempt.number === 1) return resolve({ status: 'yielded', reason: 'later' })
          signal.addEventListener('abort', () => {
            told += 1
            reject(signal.reason)
          })
        }),
    })
    const stop = new AbortController()
    const run = world.cueline.run({ projectId: world.projectId, workers: 2, signal: stop.signal })
    await world.clock.advance(100)
    cleared.resolve()
    await world.clock.settle()
    stop.abort()
    await world.clock.settle()
    expect(told).toBe(1)
    expect(await run).toMatchObject({ ended: 'stopped', interrupted: 1 })
  })

  it('reaches an attempt whose claim was under way, and gives its work back', async () => {
    const { runner, run: work } = untilAborted()
    const world = await tinyWorld({ tasks: { A: [] }, runner: work })
    const stop = new AbortController()
    const transaction = world.storage.transaction.bind(world.storage)
    world.storage.transaction = async (step) => {
      const result = await transaction(step)
      const events = await world.storage.eventsAfter(world.projectId, 0)
      if (events.some(({ type }) => type === 'attempt.started')) stop.abort()
      return result
    }
    const run = world.cueline.run({ projectId: world.projectId, signal: stop.signal })
    await world.clock.settle()
    expect(await run).toMatchObject({ ended: 'stopped', interrupted: 1 })
    expect(runner.started).toBe(0)
    expect((await world.task('A')).status).toBe('staged')
  })

  it('comes with close, which a run in any phase survives; closing twice is closing once', async () => {
    for (let turns = 0; turns < 2_000; turns += 50) {
      const world = await tinyWorld({ tasks: { A: [], B: ['A'] }, runner: async () => {} })
      const run = world.cueline.run({ projectId: world.projectId })
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
      await Promise.all([world.cueline.close(), world.cueline.close()])
      expect(['rested', 'stopped']).toContain((await run).ended)
      await expect(world.cueline.run({ projectId: world.projectId })).rejects.toThrow('is closed')
    }
  })
})

describe('a run whose ports fail [S3-04, X-03]', () => {
  /** Two attempts work; then every transaction fails, and one of the attempts comes to its end. */
  async function failing(trouble: CuelineError) {
    const { runner, run: work } = untilAborted()
    const finish = Promise.withResolvers<void>()
    const world = await tinyWorld({
      tasks: { A: [], B: [] },
      runner: (attempt, tools) =>
        attempt.task.code === 'A' ? finish.promise : work(attempt, tools),
    })
    const run = world.cueline.run({ projectId: world.projectId, workers: 2 })
    run.catch(() => {})
    await world.clock.advance(100)
    const transaction = world.storage.transaction.bind(world.storage)
    world.storage.transaction = () => Promise.reject(trouble)
    finish.resolve()
    await world.clock.advance(100)
    return { ...world, run, runner, mend: () => (world.storage.transaction = transaction) }
  }

  it('ends its attempts before it says why it cannot go on', async () => {
    const error = new CuelineError('storage-readonly', 'The disk is read-only now.')
    const { run, runner, clock } = await failing(error)
    await expect(run).rejects.toBe(error)
    expect(runner.aborted).toBe(1)
    expect(clock.pending()).toBe(0)
  })

  it('goes on when the storage was only busy', async () => {
    const error = new CuelineError('storage-busy', 'Somebody writes.', { retryable: true })
    const { cueline, clock, runner, errors, mend, task } = await failing(error)
    expect(errors).toContain(error)
    mend()
    await clock.advance(100_000)
    expect(await task('A')).toMatchObject({ status: 'done', attemptCount: 1 })
    expect(runner.aborted).toBe(0)
    await cueline.close()
  })

  it.each(['storage-busy', 'storage-full', 'storage-unreachable'] as const)(
    'waits with its start for a storage that says %s, and says so',
    async (code) => {
      const world = await tinyWorld({ tasks: { A: [] }, runner: async () => {} })
      const error = new CuelineError(code, 'Not now.', { retryable: true })
      const transaction = world.storage.transaction.bind(world.storage)
      let refusals = 0
      // Whatever it starts with, each call meets it: every other transaction fails.
      world.storage.transaction = (work) => {
        refusals += 1
        return refusals % 2 === 1 && refusals < 20 ? Promise.reject(error) : transaction(work)
      }
      const run = world.cueline.run({ projectId: world.projectId, workers: 3 })
      await world.clock.advance(60_000)
      expect(await run).toMatchObject({ ended: 'rested', tasks: { done: 1 }, attempts: 1 })
      expect(world.errors).toContain(error)
      const { projectId } = world
      const workers = await transaction((storage) => storage.query('workers', { projectId }))
      expect(workers).toHaveLength(3)
    },
  )

  it('stops while it waits with its start', async () => {
    const world = await tinyWorld({ tasks: { A: [] }, runner: async () => {} })
    const error = new CuelineError('storage-busy', 'Somebody writes.', { retryable: true })
    const transaction = world.storage.transaction.bind(world.storage)
    world.storage.transaction = () => Promise.reject(error)
    const stop = new AbortController()
    const run = world.cueline.run({ projectId: world.projectId, signal: stop.signal })
    await world.clock.advance(10_000)
    world.storage.transaction = transaction
    stop.abort()
    expect(await run).toMatchObject({ ended: 'stopped', interrupted: 0 })
    expect(world.clock.pending()).toBe(0)
  })

  it('does without a dispatcher that throws, and without an onError that does', async () => {
    const world = await tinyWorld({
      tasks: { A: [], B: ['A'] },
      runner: async () => {},
      dispatcher: {
        ...inProcessDispatcher(),
        dispatch: () => {
          throw new Error('the queue is down')
        },
      },
      onError: () => {
        throw new Error('and the log too')
      },
    })
    const run = world.cueline.run({ projectId: world.projectId })
    await world.clock.advance(10_000)
    expect((await run).tasks.done).toBe(2)
  })
})
