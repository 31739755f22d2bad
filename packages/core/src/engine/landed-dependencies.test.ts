import { describe, expect, it } from 'vitest'
import { CuelineError } from '../error.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import { tinyWorld } from '../testing/tiny-world.ts'
import { type MemoryWorkspaces, memoryWorkspaces } from '../workspace/memory-workspaces.ts'

/** Tells what each task was to start after. */
function watched(workspace: MemoryWorkspaces, started: Map<string, readonly string[]>) {
  return {
    ...workspace,
    prepare(...given: Parameters<MemoryWorkspaces['prepare']>) {
      const [{ code, after = [] }] = given
      started.set(code, after)
      return workspace.prepare(...given)
    },
  }
}

const tasks = [
  { id: 'A', title: 'First' },
  { id: 'B', title: 'Second' },
  {
    id: 'C',
    title: 'Third',
    dependsOn: [
      { task: 'A', releaseOn: 'merged' },
      { task: 'B', releaseOn: 'verified' },
    ],
  },
] as const

describe('the base of a dependent [X-05]', () => {
  it('has to contain what it waited for to be merged, and nothing else', async () => {
    const workspace = memoryWorkspaces()
    const started = new Map<string, readonly string[]>()
    const { cueline, projectId, storage, task } = await tinyWorld({
      tasks,
      workspace: watched(workspace, started),
      runner: async ({ attemptId, task: { code } }: AttemptBrief) => {
        workspace.files(attemptId).set(code, 'work')
      },
    })
    expect((await cueline.run({ projectId })).tasks.done).toBe(3)
    const { id: taskId } = await task('A')
    const [first] = await storage.transaction((transaction) =>
      transaction.query('attempts', { projectId, taskId }),
    )
    expect(started.get('A')).toEqual([])
    expect(started.get('C')).toEqual([first?.merged])
  })

  it('is nothing to look for where that has landed elsewhere, or was done by a person', async () => {
    const workspace = memoryWorkspaces()
    const started = new Map<string, readonly string[]>()
    let target = 'elsewhere'
    const { cueline, projectId } = await tinyWorld({
      tasks: { A: [], B: [], C: ['A', 'B'] },
      workspace: { ...watched(workspace, started), mergeTarget: async () => target },
      runner: async ({ attemptId, task: { code } }: AttemptBrief) => {
        workspace.files(attemptId).set(code, 'work')
      },
    })
    await cueline.tasks.complete({ projectId, task: 'B', summary: 'By hand.' })
    cueline.on('event', ({ type }) => {
      if (type === 'attempt.succeeded') target = 'here'
    })
    expect((await cueline.run({ projectId })).tasks.done).toBe(3)
    expect(started.get('C')).toEqual([])
  })

  it('that is refused is tried again later', async () => {
    const workspace = memoryWorkspaces()
    let refusals = 0
    const world = await tinyWorld({
      tasks: { A: [] },
      workspace: {
        ...workspace,
        prepare(...given) {
          refusals += 1
          if (refusals > 1) return workspace.prepare(...given)
          const message = 'main does not contain what the task has waited for.'
          return Promise.reject(new CuelineError('refused', message, { retryable: true }))
        },
      },
      runner: async () => {},
    })
    const run = world.cueline.run({ projectId: world.projectId })
    await world.clock.advance(5_000)
    expect(await run).toMatchObject({ attempts: 2, tasks: { done: 1 } })
  })
})
