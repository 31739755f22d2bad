import { describe, expect, it } from 'vitest'
import { CuelineError } from '../error.ts'
import type { AttemptId, TaskId, WorkOrderId } from '../id.ts'
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
  it('has to contain what it waited for and has landed', async () => {
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
    const merged = async (code: string) => {
      const { id: taskId } = await task(code)
      const [first] = await storage.transaction((transaction) =>
        transaction.query('attempts', { projectId, taskId }),
      )
      return first?.merged
    }
    expect(started.get('A')).toEqual([])
    expect(started.get('C')).toContain(await merged('A'))
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

const chain = [
  { id: 'A', title: 'First' },
  { id: 'B', title: 'Second', dependsOn: [{ task: 'A', releaseOn: 'verified' }] },
] as const

/** Landings of the first task wait until they are let through. */
function heldFirst(workspace: MemoryWorkspaces) {
  const codes = new Map<string, string>()
  const go = Promise.withResolvers<void>()
  const provider: MemoryWorkspaces = {
    ...workspace,
    prepare(...given) {
      codes.set(given[0].attemptId, given[0].code)
      return workspace.prepare(...given)
    },
    async tryMerge(...given) {
      if (codes.get(given[0].attemptId) === 'A') await go.promise
      return await workspace.tryMerge(...given)
    },
  }
  return { provider, go: () => go.resolve() }
}

describe('work that starts upon verified work [X-05]', () => {
  it('begins before that has landed, has it, and lands after it', async () => {
    const workspace = memoryWorkspaces([['shared', 'base']])
    const { provider, go } = heldFirst(workspace)
    const seen: string[] = []
    const world = await tinyWorld({
      tasks: chain,
      workspace: provider,
      runner: async ({ attemptId, task: { code } }: AttemptBrief) => {
        const files = workspace.files(attemptId)
        seen.push(`${code}: ${files.get('shared')}`)
        files.set('shared', `${files.get('shared')}+${code}`)
      },
    })
    const run = world.cueline.run({ projectId: world.projectId })
    await world.clock.settle()
    expect(seen).toEqual(['A: base', 'B: base+A'])
    expect(await world.statuses()).toEqual({ A: 'review', B: 'review' })
    expect(workspace.result.get('shared')).toBe('base')
    go()
    expect(await run).toMatchObject({ attempts: 2, tasks: { done: 2 } })
    expect(workspace.result.get('shared')).toBe('base+A+B')
  })

  it('goes back when that is refused, waits uncharged, and starts from what comes in its place', async () => {
    const workspace = memoryWorkspaces([['shared', 'base']])
    const { provider, go } = heldFirst(workspace)
    const seen: string[] = []
    const again = Promise.withResolvers<void>()
    const world = await tinyWorld({
      tasks: chain,
      settings: { maxAttempts: 1 },
      workspace: provider,
      runner: async ({ attemptId, number, task: { code } }: AttemptBrief) => {
        const files = workspace.files(attemptId)
        seen.push(`${code}: ${files.get('shared')}`)
        if (code === 'A' && number > 1) await again.promise
        files.set('shared', `${files.get('shared')}+${code}${number}`)
      },
    })
    const run = world.cueline.run({ projectId: world.projectId })
    await world.clock.settle()
    // Somebody else lands in between, so that A is in conflict.
    const request = { ...exampleRequest(), projectId: world.projectId }
    const other = await workspace.prepare(request, new AbortController().signal)
    workspace.files(other.attemptId).set('shared', 'other')
    const trial = await workspace.tryMerge(other, new AbortController().signal)
    await workspace.land(trial, async () => {})
    go()
    await world.clock.advance(5_000)
    expect(seen).toEqual(['A: base', 'B: base+A1', 'A: other'])
    expect(await world.statuses()).toEqual({ A: 'doing', B: 'staged' })
    const order = await world.storage.transaction((transaction) =>
      transaction.query('workOrders', { projectId: world.projectId }),
    )
    expect(order.map(({ chargedAttempts }) => chargedAttempts)).toEqual([0, 0])
    again.resolve()
    await world.clock.advance(120_000)
    expect(await run).toMatchObject({ tasks: { done: 2 } })
    expect(workspace.result.get('shared')).toMatch(/^other\+A2\+B\d$/)
    const yielded = world.events.filter(({ type }) => type === 'attempt.yielded')
    expect(yielded.length).toBeGreaterThan(0)
    expect(yielded[0]).toMatchObject({
      reason: 'Task "A", which this one has waited for, is being worked on again.',
    })
  })

  it('does not begin at all where that has failed for good', async () => {
    const workspace = memoryWorkspaces()
    const world = await tinyWorld({
      tasks: [
        { id: 'A', title: 'First' },
        { id: 'B', title: 'Second', dependsOn: [{ task: 'A', releaseOn: 'completed' }] },
      ],
      settings: { maxAttempts: 1 },
      workspace,
      gates: [{ name: 'no', judge: () => Promise.reject(new Error('broken')) }],
      runner: async () => {},
      workers: 1,
    })
    const run = world.cueline.run({ projectId: world.projectId, workers: 1 })
    await world.clock.advance(10_000)
    await run
    expect(await world.statuses()).toEqual({ A: 'failed', B: 'failed' })
    expect((await world.task('B')).failure?.message).toBe(
      'Task "A", which this one has waited for, is failed, and nothing has landed. Retry it first, or take the dependency out.',
    )
  })

  it('waits for the landing where workspaces start from nothing else', async () => {
    const { stacks: _, ...workspace } = memoryWorkspaces()
    const seen: string[] = []
    const world = await tinyWorld({
      tasks: chain,
      workspace,
      runner: async ({ attemptId, task: { code } }: AttemptBrief) => {
        seen.push(`${code}: ${[...workspace.files(attemptId).keys()].join(' ')}`)
        workspace.files(attemptId).set(code, 'work')
      },
    })
    expect((await world.cueline.run({ projectId: world.projectId })).tasks.done).toBe(2)
    expect(seen).toEqual(['A: ', 'B: A'])
  })
})

function exampleRequest() {
  return {
    taskId: 'task-other' as TaskId,
    workOrderId: 'order-other' as WorkOrderId,
    attemptId: 'attempt-other' as AttemptId,
    fence: 1,
    code: 'other',
    title: 'Other',
  }
}
