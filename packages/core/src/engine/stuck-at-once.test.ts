import { describe, expect, it } from 'vitest'

import { createCueline, type CuelineOptions } from '../create-cueline.ts'
import { memoryStorage } from '../storage/memory-storage.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { memoryWorkspaces } from '../workspace/memory-workspaces.ts'
import { defaultTimes } from './context.ts'

/**
 * One worker; the first task ends when it is told how, the second goes on and on. Behind the first, in
 * its batch, waits another.
 */
async function busyWorld(options: CuelineOptions) {
  const clock = manualClock()
  const first = Promise.withResolvers<void>()
  const long = Promise.withResolvers<void>()
  const started: string[] = []
  const storage = memoryStorage({ clock: () => clock.now() })
  const cueline = await createCueline({
    clock,
    storage,
    runner: async ({ task }) => {
      started.push(task.code)
      if (task.code === 'long') return await long.promise
      await first.promise
      return { status: 'failed', class: 'permanent', message: 'Cannot be done.' }
    },
    ...options,
  })
  const { id: projectId } = await cueline.projects.create({ name: 'one' })
  const document = {
    tasks: [
      { id: 'fails', title: 'Fails', priority: 'high' },
      { id: 'waits', title: 'Waits', dependsOn: ['fails'] },
      { id: 'long', title: 'Long' },
      { id: 'apart', title: 'Started by nobody' },
      { id: 'behind', title: 'Behind it', dependsOn: ['apart'] },
    ],
  }
  await cueline.tasks.import({ projectId, document })
  const stage = async (name: string, ...codes: string[]) => {
    const { id: batchId } = await cueline.stages.create({ projectId, name, autoPromote: false })
    await cueline.stages.stage({ batchId, tasks: codes, force: true })
    return batchId
  }
  const promoted = [
    await stage('is stopped', 'fails', 'waits'),
    await stage('goes on', 'long'),
    await stage('waits for what nobody starts', 'behind'),
  ]
  await stage('is not promoted', 'apart')
  for (const batchId of promoted) await cueline.stages.promote({ batchId })
  const told: string[] = []
  cueline.on('event', ({ type }) => told.push(type))
  const run = cueline.run({ projectId, workers: 1 })
  await clock.settle()
  return {
    cueline,
    clock,
    storage,
    projectId,
    started,
    told,
    fail: () => first.resolve(),
    end: async () => {
      first.resolve()
      long.resolve()
      await run
      await cueline.close()
    },
  }
}

describe('a batch that is stuck while every worker is at something [S0-06]', () => {
  it('is noticed when its worker goes on with other work', async () => {
    const { clock, started, told, fail, end } = await busyWorld({})
    fail()
    // The clock stands still, so no sweep finds it.
    await clock.settle()
    expect(started).toEqual(['fails', 'long'])
    expect(told).toContain('batch.stuck')
    await end()
  })

  it('is noticed where work has workspaces, too', async () => {
    const { clock, started, told, fail, end } = await busyWorld({ workspace: memoryWorkspaces() })
    fail()
    await clock.settle()
    expect(started).toEqual(['fails', 'long'])
    expect(told).toContain('batch.stuck')
    await end()
  })

  it('is noticed when a person cancels what it waits for', async () => {
    const { cueline, clock, projectId, told, end } = await busyWorld({})
    await cueline.tasks.cancel({ projectId, task: 'apart' })
    await clock.settle()
    expect(told).toContain('batch.stuck')
    await end()
  })

  it('is noticed by the next sweep when it was another process that ended what it waits for', async () => {
    const { clock, storage, projectId, told, end } = await busyWorld({})
    const other = await createCueline({ storage })
    await other.tasks.cancel({ projectId, task: 'apart' })
    await clock.settle()
    expect(told).not.toContain('batch.stuck')
    await clock.advance(defaultTimes.sweepMs)
    expect(told).toContain('batch.stuck')
    await end()
  })
})
