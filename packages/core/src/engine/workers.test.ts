import { describe, expect, it } from 'vitest'
import { tinyWorld } from '../testing/tiny-world.ts'

describe('workers with capabilities [S2-02, S2-03]', () => {
  it('take only the tasks they are able to do, and leave the others to those who are', async () => {
    const world = await tinyWorld({
      tasks: [
        { id: 'A', title: 'Anybody' },
        { id: 'B', title: 'Only with a GPU', capabilities: ['gpu'] },
      ],
      runner: async () => {},
    })
    const { cueline, clock, projectId } = world
    const stop = new AbortController()
    const plain = cueline.run({
      projectId,
      capabilities: ['rust'],
      stay: true,
      signal: stop.signal,
    })
    await clock.advance(10_000)
    expect(await world.statuses()).toEqual({ A: 'done', B: 'staged' })

    await cueline.run({ projectId, capabilities: ['gpu', 'rust'] })
    expect(await world.statuses()).toEqual({ A: 'done', B: 'done' })
    stop.abort()
    await clock.settle()
    await plain
    expect(world.errors).toEqual([])
  })

  it('rest when only others are able to do what is left, and say so', async () => {
    const world = await tinyWorld({
      tasks: [
        { id: 'A', title: 'Anybody' },
        { id: 'B', title: 'Only with a GPU', capabilities: ['gpu', 'linux'], dependsOn: ['A'] },
        { id: 'C', title: 'After it', dependsOn: ['B'] },
      ],
      runner: async () => {},
    })
    const { cueline, clock, projectId } = world
    const run = cueline.run({ projectId, capabilities: ['linux'] })
    await clock.advance(10_000)
    const report = await run
    expect(report).toMatchObject({ ended: 'rested', tasks: { done: 1 } })
    expect(report.blocked).toEqual([
      {
        task: 'B',
        obstacles: [
          { kind: 'no-capability', message: expect.stringMatching(/no worker .* has "gpu"; run/) },
        ],
      },
      { task: 'C', obstacles: [expect.objectContaining({ kind: 'waiting-on' })] },
    ])
    expect((await cueline.run({ projectId, capabilities: ['gpu', 'linux'] })).tasks.done).toBe(3)
  })

  it('do not rest while one of them is able to do a task later, or while others are at it', async () => {
    let failures = 0
    const world = await tinyWorld({
      tasks: [
        { id: 'A', title: 'Fails once', capabilities: ['rust'] },
        { id: 'B', title: 'Long, on a GPU', capabilities: ['gpu'] },
        { id: 'C', title: 'After it', capabilities: ['rust'], dependsOn: ['B'] },
      ],
      runner: async ({ task }) => {
        if (task.code === 'A' && failures++ === 0) throw new Error('not yet')
        if (task.code === 'B') await new Promise<void>((done) => clock.setTimeout(done, 60_000))
      },
    })
    const { cueline, clock, projectId } = world
    const rust = cueline.run({ projectId, capabilities: ['rust'] })
    const gpu = cueline.run({ projectId, capabilities: ['gpu'] })
    await clock.advance(120_000)
    expect((await rust).tasks.done).toBe(3)
    expect((await gpu).blocked).toEqual([])
  })
})

describe('work behind a full account [S2-02, X-01]', () => {
  it('is found without reading through all that waits for that account', async () => {
    const names = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, index) => `${prefix}${index}`)
    const world = await tinyWorld({
      tasks: [
        ...names('busy', 300).map((id) => ({
          id,
          title: id,
          account: 'busy',
          priority: 'high' as const,
        })),
        ...names('free', 5).map((id) => ({ id, title: id, account: 'free' })),
      ],
      settings: { accountLimits: { busy: 1 } },
      runner: async ({ task }) => {
        const ms = task.code.startsWith('busy') ? 10_000 : 100
        await new Promise<void>((done) => world.clock.setTimeout(done, ms))
      },
    })
    const { cueline, clock, projectId, storage } = world
    const transaction = storage.transaction.bind(storage)
    const limits: number[] = []
    storage.transaction = (work, ...rest) =>
      transaction(
        (inner) => {
          const query = inner.query.bind(inner)
          inner.query = (name, input) => {
            if (name === 'claimable') limits.push((input as { limit: number }).limit)
            return query(name, input)
          }
          return work(inner)
        },
        ...rest,
      )
    const stop = new AbortController()
    const run = cueline.run({ projectId, workers: 3, signal: stop.signal })
    await clock.advance(1_000)
    const statuses = Object.values(await world.statuses())
    expect(statuses.filter((status) => status === 'done')).toHaveLength(5)
    expect(limits.length).toBeGreaterThan(0)
    expect(Math.max(...limits)).toBeLessThanOrEqual(5)
    stop.abort()
    await clock.advance(20_000)
    await run
  })
})

describe('workers beside a task that takes all of its account [S2-02, X-03]', () => {
  it('start what stands behind the others of that account at once, not when something ends', async () => {
    const started: string[] = []
    const world = await tinyWorld({
      tasks: [
        ...Array.from({ length: 12 }, (_, nth) => ({
          id: `T${nth}`,
          title: 'One of many',
          account: 'busy',
          priority: 'high' as const,
        })),
        ...['X', 'Y'].map((id) => ({
          id,
          title: 'Free',
          account: 'free',
          priority: 'low' as const,
        })),
      ],
      settings: { accountLimits: { busy: 1 } },
      runner: async ({ task }) => {
        started.push(task.code)
        await new Promise<void>((done) => world.clock.setTimeout(done, 600_000))
      },
    })
    const { cueline, clock, projectId } = world
    for (const { batch } of await cueline.stages.list({ projectId })) {
      await cueline.stages.promote({ batchId: batch.id })
    }
    const stop = new AbortController()
    const run = cueline.run({ projectId, workers: 3, signal: stop.signal, drainMs: 0 })
    await clock.advance(1_000)
    expect(started.toSorted()).toEqual(['T0', 'X', 'Y'])
    stop.abort()
    await clock.advance(60_000)
    await run
  })
})

describe('a resource of one unit [S2-02, X-01]', () => {
  it('is held by one attempt at a time, and whoever waits for it is told so', async () => {
    let inside = 0
    let most = 0
    const waits: string[] = []
    const world = await tinyWorld({
      tasks: ['A', 'B', 'C'].map((id) => ({ id, title: id, resources: { schema: 1 } })),
      settings: { resources: { schema: 1 } },
      runner: async () => {
        inside += 1
        most = Math.max(most, inside)
        const { obstacles } = await world.cueline.tasks.why({
          projectId: world.projectId,
          task: 'C',
        })
        waits.push(...obstacles.map(({ kind }) => kind))
        inside -= 1
      },
    })
    await world.cueline.run({ projectId: world.projectId, workers: 3 })
    expect(most).toBe(1)
    expect(waits).toContain('resource-full')
    expect(await world.statuses()).toEqual({ A: 'done', B: 'done', C: 'done' })
  })
})

describe('workers that were taken for lost [S2-03]', () => {
  it('are idle again, with an event, once their process is heard of', async () => {
    const world = await tinyWorld({ tasks: { A: [] }, runner: async () => {} })
    const { cueline, clock, projectId, storage } = world
    const stop = new AbortController()
    const run = cueline.run({ projectId, workers: 1, stay: true, signal: stop.signal })
    await clock.advance(1_000)
    const workers = () =>
      storage.transaction((transaction) => transaction.query('workers', { projectId }))
    const [worker] = await workers()
    // What another process writes when it has not heard of the worker for two leases.
    await storage.transaction((transaction) =>
      transaction.write(
        projectId,
        [{ table: 'worker', kind: 'update', key: worker!.id, set: { status: 'offline' } }],
        [
          {
            type: 'worker.changed',
            at: transaction.now,
            workerId: worker!.id,
            status: 'offline',
            reason: 'nothing was heard of it for 60 s',
          },
        ],
        'another process',
      ),
    )
    await clock.advance(10_000)
    expect((await workers()).map(({ status }) => status)).toEqual(['idle'])
    expect(world.events.at(-1)).toMatchObject({
      type: 'worker.changed',
      status: 'idle',
      reason: 'it was heard of again',
    })
    expect(await cueline.doctor.check({ projectId })).toMatchObject({ ok: true })
    stop.abort()
    await clock.settle()
    await run
    expect((await workers()).map(({ status }) => status)).toEqual(['offline'])
  })
})

describe('workers that fall silent [S2-03]', () => {
  it('are marked offline, with an event, after two leases without a word, and no sooner', async () => {
    const world = await tinyWorld({
      tasks: { A: [] },
      runner: async () => {},
      times: { leaseMs: 10_000, sweepMs: 1_000 },
    })
    const { cueline, clock, projectId, storage } = world
    // What a process on another host writes before its host is lost.
    await storage.transaction((transaction) => {
      const workerId = 'worker-elsewhere' as never
      const row = {
        id: workerId,
        projectId,
        name: 'elsewhere',
        status: 'idle' as const,
        registeredAt: transaction.now,
      }
      const at = transaction.now
      return transaction.write(
        projectId,
        [{ table: 'worker', kind: 'insert', row }],
        [{ type: 'worker.registered', at, projectId, workerId, name: 'elsewhere' }],
        'another process',
      )
    })
    await clock.advance(10)
    const stop = new AbortController()
    const run = cueline.run({ projectId, workers: 1, stay: true, signal: stop.signal })
    const states = async () =>
      (await cueline.workers.list({ projectId })).map(({ name, status }) => [name, status])
    await clock.advance(19_000)
    expect(await states()).toEqual([
      ['elsewhere', 'idle'],
      ['worker-1', 'idle'],
    ])
    await clock.advance(3_000)
    expect(await states()).toEqual([
      ['elsewhere', 'offline'],
      ['worker-1', 'idle'],
    ])
    expect(world.events.filter(({ type }) => type === 'worker.changed')).toMatchObject([
      {
        workerId: 'worker-elsewhere',
        status: 'offline',
        reason: 'nothing was heard of it for 20 s',
      },
    ])
    stop.abort()
    await clock.settle()
    await run
    expect(await cueline.doctor.check({ projectId })).toMatchObject({ ok: true })
  })
})
