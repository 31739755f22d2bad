import { describe, expect, it } from 'vitest'
import { createCueline } from '../create-cueline.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { tinyWorld } from '../testing/tiny-world.ts'
import { memoryWorkspaces } from '../workspace/memory-workspaces.ts'

/** Which of A, B and C, in the merge queue when their engine was lost, have it counted against them. */
async function countedOf(mergeGroup: number): Promise<Record<string, boolean>> {
  const workspace = memoryWorkspaces()
  const runner = async ({ attemptId, task }: { attemptId: string; task: { code: string } }) => {
    workspace.files(attemptId as never).set(task.code, 'work')
  }
  const world = await tinyWorld({ tasks: { A: [], B: [], C: [] }, workspace, runner, mergeGroup })
  const { cueline, clock, storage, projectId } = world
  const still = manualClock(clock.now())
  const works: (() => void)[] = []
  const lost = await createCueline({
    storage,
    clock: still,
    workspace: { ...workspace, land: () => new Promise<never>(() => {}) },
    runner: async (attempt) => {
      await runner(attempt)
      await new Promise<void>((resolve) => works.push(resolve))
    },
    mergeGroup,
  })
  void lost.run({ projectId, workers: 1 })
  for (let at = 0; at < 3; at += 1) {
    await still.settle()
    works[at]?.()
    await still.settle()
    await clock.advance(10)
  }
  const [queue] = await cueline.merges.list({ projectId })
  expect(queue?.attempts.map(({ task }) => task)).toEqual(['A', 'B', 'C'])

  const run = cueline.run({ projectId, workers: 1 })
  await clock.advance(40_000)
  expect((await run).tasks.done).toBe(3)
  const codes = new Map(
    (await cueline.tasks.list({ projectId })).map((task) => [task.id as string, task.code]),
  )
  return Object.fromEntries(
    world.events.flatMap((event) =>
      event.type === 'attempt.interrupted' ? [[codes.get(event.taskId), event.counted]] : [],
    ),
  )
}

describe('work in the merge queue of an engine that is lost [S2-03, X-02, X-06]', () => {
  it('is suspected only where it had its turn', async () => {
    expect(await countedOf(1)).toEqual({ A: true, B: false, C: false })
  })

  it('is suspected where it may have merged with the first', async () => {
    expect(await countedOf(2)).toEqual({ A: true, B: true, C: false })
  })
})
