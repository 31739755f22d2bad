import { describe, expect, it } from 'vitest'

import { createCueline } from '../create-cueline.ts'
import { memoryStorage } from '../storage/memory-storage.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { tinyWorld } from '../testing/tiny-world.ts'
import { memoryWorkspaces } from '../workspace/memory-workspaces.ts'

const tasks = Array.from({ length: 20 }, (_none, index) => ({
  id: `T${index}`,
  title: `Task ${index}`,
}))

async function world(options: Parameters<typeof createCueline>[0]) {
  const storage = memoryStorage()
  let writes = 0
  const transaction = storage.transaction.bind(storage)
  storage.transaction = (work, projectId) =>
    transaction(async (inner) => {
      const { write } = inner
      let wrote = false
      inner.write = (...given) => {
        if (!wrote) writes += 1
        wrote = true
        return write.apply(inner, given)
      }
      return work(inner)
    }, projectId)
  const cueline = await createCueline({ storage, ...options })
  const { id: projectId } = await cueline.projects.create({ name: 'one' })
  await cueline.tasks.import({ projectId, document: { tasks } })
  const batch = await cueline.stages.create({ projectId, name: 'all', maxParallelTasks: 50 })
  await cueline.stages.stage({ batchId: batch.id, tasks: tasks.map(({ id }) => id), force: true })
  await cueline.stages.promote({ batchId: batch.id })
  return { cueline, projectId, writes: () => writes }
}

describe('a worker whose attempt ends [X-02]', () => {
  it('has its next task in the same commit', async () => {
    const { cueline, projectId, writes } = await world({ runner: async () => {} })
    const before = writes()
    const report = await cueline.run({ projectId, workers: 1 })
    expect(report.tasks.done).toBe(20)
    // The worker signs on and off; then one commit for each task.
    expect(writes() - before).toBeLessThanOrEqual(20 + 5)
    await cueline.close()
  })

  it('takes nothing more once the run is told to stop', async () => {
    const stop = new AbortController()
    const started: string[] = []
    const { cueline, projectId } = await world({
      runner: async ({ task }) => {
        started.push(task.code)
        if (started.length === 3) stop.abort()
      },
    })
    await cueline.run({ projectId, workers: 1, signal: stop.signal, drainMs: 10_000 })
    expect(started).toHaveLength(3)
    const statuses = await cueline.tasks.list({ projectId })
    expect(statuses.filter(({ status }) => status === 'done')).toHaveLength(3)
    expect(statuses.filter(({ status }) => status === 'staged')).toHaveLength(17)
    await cueline.close()
  })

  it('leaves its slot to an attempt that comes back from a person', async () => {
    const order: string[] = []
    const { cueline, projectId } = await world({
      runner: async ({ task }, { report }) => {
        order.push(`${task.code} starts`)
        if (task.code === 'T0') {
          await report.ask({ text: 'Which?' })
          order.push('T0 goes on')
        }
        if (task.code === 'T1') {
          const [request] = await cueline.requests.list({ projectId })
          await cueline.requests.answer({ requestId: request?.id ?? '', answer: 'this' })
        }
      },
    })
    await cueline.run({ projectId, workers: 1 })
    expect(order.slice(0, 4)).toEqual(['T0 starts', 'T1 starts', 'T0 goes on', 'T2 starts'])
    await cueline.close()
  })

  it('claims nothing before its workspace is removed, so that others can take the next task', async () => {
    const workspace = memoryWorkspaces()
    const second = Promise.withResolvers<void>()
    const remove = workspace.remove.bind(workspace)
    let removed = 0
    workspace.remove = async (ended) => {
      removed += 1
      if (removed === 1) await second.promise
      return remove(ended)
    }
    let started = 0
    const { cueline, projectId } = await tinyWorld({
      tasks: { A: [], B: ['A'] },
      workspace,
      runner: async () => {
        started += 1
        if (started === 2) second.resolve()
      },
    })
    const report = await cueline.run({ projectId, workers: 2 })
    expect(report.tasks.done).toBe(2)
    await cueline.close()
  })

  it('leaves room that it made to the slots that have waited for it', async () => {
    const clock = manualClock()
    const both = Promise.withResolvers<void>()
    let small = 0
    const { cueline, projectId } = await tinyWorld({
      clock,
      settings: { resources: { gpu: 2 } },
      tasks: [
        { id: 'large', title: 'Large', priority: 'high', resources: { gpu: 2 } },
        { id: 'one', title: 'One', resources: { gpu: 1 } },
        { id: 'two', title: 'Two', resources: { gpu: 1 } },
      ],
      // The clock stands still, so no sweep finds what was forgotten.
      runner: async ({ task }) => {
        if (task.code === 'large') return await clock.settle()
        small += 1
        if (small === 2) both.resolve()
        await both.promise
      },
    })
    const report = await cueline.run({ projectId, workers: 2 })
    expect(report.tasks.done).toBe(3)
    await cueline.close()
  })

  it('leaves nothing for the sweep that its own end has stopped, while others work on', async () => {
    const clock = manualClock()
    const long = Promise.withResolvers<void>()
    const short = Promise.withResolvers<void>()
    const cueline = await createCueline({
      clock,
      storage: memoryStorage({ clock: () => clock.now() }),
      runner: async ({ task }) => {
        if (task.code === 'long') return await long.promise
        await short.promise
        return { status: 'failed', class: 'permanent', message: 'Cannot be done.' }
      },
    })
    const { id: projectId } = await cueline.projects.create({ name: 'one' })
    const document = {
      tasks: [
        { id: 'long', title: 'Long' },
        { id: 'fails', title: 'Fails' },
        { id: 'waits', title: 'Waits', dependsOn: ['fails'] },
      ],
    }
    await cueline.tasks.import({ projectId, document })
    const stage = async (name: string, ...codes: string[]) => {
      const { id: batchId } = await cueline.stages.create({ projectId, name })
      await cueline.stages.stage({ batchId, tasks: codes, force: true })
      await cueline.stages.promote({ batchId })
    }
    await stage('works on', 'long')
    await stage('is stopped', 'fails', 'waits')
    const told = new Set<string>()
    cueline.on('event', ({ type }) => told.add(type))
    const run = cueline.run({ projectId, workers: 3 })
    await clock.settle()
    short.resolve()
    // The clock stands still, so no sweep finds it.
    await clock.settle()
    expect(told).toContain('task.failed')
    expect(told).toContain('batch.stuck')
    long.resolve()
    await run
    await cueline.close()
  })
})
