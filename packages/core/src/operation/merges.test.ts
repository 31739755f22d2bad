import { describe, expect, it } from 'vitest'
import { tinyWorld } from '../testing/tiny-world.ts'
import { memoryWorkspaces } from '../workspace/memory-workspaces.ts'

describe('the list of merges [X-06]', () => {
  it('names the project, the task and how long each waits, and knows no unknown project', async () => {
    const workspace = memoryWorkspaces()
    const world = await tinyWorld({
      tasks: { A: [], B: [] },
      workspace: { ...workspace, land: () => new Promise(() => {}) },
      runner: async ({ attemptId, task }) => {
        workspace.files(attemptId).set(task.code, 'work')
      },
    })
    const { cueline, clock, projectId } = world
    expect(await cueline.merges.list({})).toEqual([])
    cueline.run({ projectId, workers: 1 }).catch(() => {})
    await clock.settle()
    await clock.advance(500)
    const [queue] = await cueline.merges.list({ projectId })
    expect(queue).toEqual({
      target: 'memory',
      attempts: [
        { position: 1, projectId, task: 'A', attemptId: 'attempt-1', number: 1, waitingMs: 500 },
        { position: 2, projectId, task: 'B', attemptId: 'attempt-2', number: 1, waitingMs: 500 },
      ],
    })
    const { id } = await cueline.projects.create({ name: 'Elsewhere' })
    expect(await cueline.merges.list({ projectId: id })).toEqual([])
    await expect(cueline.merges.list({ projectId: 'nobody' })).rejects.toThrow('nobody')
  })
})
