import { createCueline } from '@cueline/core'
import { describe, expect, it } from 'vitest'

import { temporaryFile } from './fixtures/temporary-file.ts'
import { sqliteStorage } from './sqlite-storage.ts'

const atOnce = 28

/** 28 chains of four tasks. */
const tasks = Array.from({ length: 112 }, (_, at) => ({
  id: `T${at + 1}`,
  title: `Task ${at + 1}`,
  dependsOn: at < atOnce ? [] : [`T${at + 1 - atOnce}`],
}))

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

describe('a project of 112 tasks on disk [S0-09]', () => {
  it('stages ten tasks within half a second, promotes a batch within one, and runs 25 and more at once', async () => {
    const { file } = temporaryFile()
    let running = 0
    let most = 0
    const full = Promise.withResolvers<void>()
    const cueline = await createCueline({
      storage: await sqliteStorage({ file }),
      runner: async ({ task }) => {
        running += 1
        most = Math.max(most, running)
        // The first ones wait for one another, so that they are at work at the same time or never end.
        if (running === atOnce) full.resolve()
        if (Number(task.code.slice(1)) <= atOnce) await full.promise
        running -= 1
      },
    })
    const { id: projectId } = await cueline.projects.create({
      name: 'Greenhouse',
      settings: { maxParallelTasks: atOnce },
    })
    await cueline.tasks.import({ projectId, document: { tasks } })
    const { id: batchId } = await cueline.stages.create({
      projectId,
      name: 'All of it',
      maxParallelTasks: atOnce,
    })
    const codes = tasks.map(({ id }) => id)
    const stagings = []
    // Three times, since another program may take the machine for a while.
    for (let turn = 0; turn < 3; turn += 1) {
      const ten = codes.splice(0, 10)
      stagings.push(
        await milliseconds(() => cueline.stages.stage({ batchId, tasks: ten, force: true })),
      )
    }
    const staging = Math.min(...stagings)
    await cueline.stages.stage({ batchId, tasks: codes, force: true })
    const promotion = await milliseconds(() => cueline.stages.promote({ batchId }))
    expect(staging, 'milliseconds to stage ten').toBeLessThan(500)
    expect(promotion, 'milliseconds to promote').toBeLessThan(1_000)
    const { tasks: ended } = await cueline.run({ projectId, workers: atOnce })
    expect(ended.done).toBe(112)
    expect(most).toBe(atOnce)
    await cueline.close()
  }, 60_000)
})
