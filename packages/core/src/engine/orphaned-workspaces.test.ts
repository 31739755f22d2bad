import { describe, expect, it } from 'vitest'
import { createCueline } from '../create-cueline.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { tinyWorld } from '../testing/tiny-world.ts'
import { memoryWorkspaces } from '../workspace/memory-workspaces.ts'

describe('workspaces that an earlier run left behind [X-02]', () => {
  it('that cannot be removed are reported, and keep no later run from its work', async () => {
    const workspace = memoryWorkspaces()
    const reports: string[] = []
    let broken = true
    const world = await tinyWorld({
      tasks: { A: [] },
      runner: async () => {},
      workspace: {
        ...workspace,
        async remove(found) {
          if (broken) throw new Error('no space left on the disk')
          return await workspace.remove(found)
        },
      },
      onError: (error, where) => {
        reports.push(`${where}: ${(error as Error).message}`)
      },
    })
    const run = async () => {
      const running = world.cueline.run({ projectId: world.projectId })
      await world.clock.advance(10_000)
      return await running
    }
    const first = await run()
    expect(await workspace.list()).toHaveLength(1)

    await world.cueline.tasks.add({ projectId: world.projectId, tasks: [{ id: 'B', title: 'B' }] })
    const batch = await world.cueline.stages.create({ projectId: world.projectId, name: 'Later' })
    await world.cueline.stages.stage({ batchId: batch.id, tasks: ['B'], force: true })
    const second = await run()
    expect([first.tasks.done, second.tasks.done]).toEqual([1, 2])
    expect(reports.length).toBeGreaterThan(1)
    expect(reports.every((text) => text.startsWith('removing the workspace of attempt'))).toBe(true)

    broken = false
    await run()
    expect(await workspace.list()).toEqual([])
  })

  it('are removed by the run that takes back the claim of a lost engine, not only by the next run', async () => {
    const workspace = memoryWorkspaces()
    const world = await tinyWorld({ tasks: { A: [] }, runner: async () => {}, workspace })
    const { projectId, storage, clock } = world
    const still = manualClock()
    const lost = await createCueline({
      storage,
      workspace,
      clock: still,
      runner: () => new Promise(() => {}),
    })
    void lost.run({ projectId })
    await still.settle()
    expect(await workspace.list()).toHaveLength(1)

    const run = world.cueline.run({ projectId })
    await clock.advance(29_000)
    expect(await workspace.list()).toHaveLength(1)
    await clock.advance(60_000)
    expect((await run).tasks.done).toBe(1)
    expect(await workspace.list()).toEqual([])
  })
})
