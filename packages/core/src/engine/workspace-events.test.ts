import { describe, expect, it } from 'vitest'

import type { StoredEvent } from '../event/event.ts'
import { createCueline } from '../create-cueline.ts'
import type { AttemptId } from '../id.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { tinyWorld } from '../testing/tiny-world.ts'
import { memoryWorkspaces } from '../workspace/memory-workspaces.ts'
import type { PrunableWork } from '../workspace/workspace.ts'

type WorkspaceEvent = Extract<StoredEvent, { readonly type: `workspace.${string}` }>

const isOfWorkspace = (event: StoredEvent): event is WorkspaceEvent =>
  event.type.startsWith('workspace.')

/** A task that lands and one that gives up with work in its workspace. */
async function twoTasks(prunable: readonly PrunableWork[] = []) {
  const workspace = memoryWorkspaces()
  const pruned: string[] = []
  const world = await tinyWorld({
    tasks: { A: [], B: [] },
    settings: { maxAttempts: 1 },
    workspace: {
      ...workspace,
      prunable: async () => prunable,
      prune: async (found) => {
        for (const { name } of found) pruned.push(name)
      },
      restore: async ({ branch = 'rescue' }) => ({ branch, commit: 'c1', others: [] }),
    },
    runner: async ({ attemptId, task }) => {
      workspace.files(attemptId).set(`${task.code}.txt`, 'work')
      if (task.code === 'B') return { status: 'failed', class: 'permanent', message: 'gave up' }
    },
  })
  const run = world.cueline.run({ projectId: world.projectId })
  await world.clock.advance(10_000)
  const report = await run
  const idOf = (at: number) =>
    world.events.filter(isOfWorkspace).filter(({ type }) => type === 'workspace.created')[at]
      ?.attemptId as AttemptId
  return { world, report, pruned, idOf }
}

describe('workspaces in the log [S4-12, X-07]', () => {
  it('are told when they are made, and when they go with what is kept of them', async () => {
    const { world, report } = await twoTasks()
    const [a, b] = [await world.task('A'), await world.task('B')]
    const told = world.events.filter(isOfWorkspace)
    for (const [task, salvaged] of [
      [a, null],
      [b, expect.stringMatching(/^salvage-/)],
    ] as const) {
      expect(told.filter(({ taskId }) => taskId === task.id)).toMatchObject([
        { type: 'workspace.created', path: null, base: expect.any(String) },
        { type: 'workspace.removed', salvaged },
      ])
    }
    // They are no part of the state, and no work that anybody does.
    const { cueline, projectId } = world
    expect((await cueline.doctor.check({ projectId, replay: true })).ok).toBe(true)
    expect(report.attempts).toBe(2)
  })

  it('are told once, although two may remove one', async () => {
    const { world, idOf } = await twoTasks()
    const { cueline, projectId } = world
    await cueline.workspaces.remove({ projectId, attemptId: idOf(1) })
    const removed = world.events.filter(({ type }) => type === 'workspace.removed')
    expect(removed).toHaveLength(2)
  })

  it('are told late by an engine that has lost the attempt, and mislead nobody', async () => {
    const workspace = memoryWorkspaces()
    const world = await tinyWorld({ tasks: { A: [] }, workspace, runner: async () => {} })
    const { cueline, clock, storage, projectId } = world
    const still = manualClock(clock.now())
    const prepared = Promise.withResolvers<void>()
    const late = await createCueline({
      storage,
      clock: still,
      times: { stopGraceMs: 0 },
      workspace: {
        ...workspace,
        // Deaf to its signal, like a checkout that cannot be stopped half way.
        async prepare(request) {
          await prepared.promise
          return await workspace.prepare(request, new AbortController().signal)
        },
      },
      runner: async () => {},
    })
    const stop = new AbortController()
    void late.run({ projectId, signal: stop.signal })
    await still.settle()
    const run = cueline.run({ projectId })
    await clock.advance(60_000)
    const report = await run
    expect(report).toMatchObject({ attempts: 2, tasks: { done: 1 } })
    const { sequence: cursor = 0 } = world.events.at(-1) ?? {}

    await still.advance(60_000)
    prepared.resolve()
    await still.advance(60_000)
    const told = (await cueline.events.after({ projectId, cursor })).filter(isOfWorkspace)
    const [lost] = world.events.flatMap((event) =>
      event.type === 'attempt.interrupted' ? [event.attemptId] : [],
    )
    expect(told).toMatchObject([
      { type: 'workspace.created', attemptId: lost },
      { type: 'workspace.removed', attemptId: lost, salvaged: null },
    ])
    expect(await workspace.list()).toEqual([])
    const sound = async () => (await cueline.doctor.check({ projectId, replay: true })).ok
    expect(await sound()).toBe(true)
    await cueline.events.prune({ projectId, keepEvents: 1 })
    expect(await sound()).toBe(true)
    const after = await cueline.reports.build({ projectId })
    expect(after).toMatchObject({ attempts: report.attempts, tasks: report.tasks })
    stop.abort()
    await still.advance(1_000)
  })

  it('are told when somebody gets their work back, and who it was', async () => {
    const { world, idOf } = await twoTasks()
    const { cueline, projectId } = world
    const attemptId = idOf(1)
    await cueline.workspaces.restore({ projectId, attemptId, branch: 'mine', actor: 'Ada' })
    expect(world.events.at(-1)).toMatchObject({
      type: 'workspace.restored',
      attemptId,
      kept: `salvage-${attemptId}`,
      branch: 'mine',
      actor: 'Ada',
    })
  })
})

describe('letting go what is kept [X-07]', () => {
  const work = (name: string, attemptId: string | null, lastCopy: boolean) =>
    ({ kind: 'salvage', name, commit: `c-${name}`, keptAt: 1, attemptId, lastCopy }) as PrunableWork

  it('names kept work in the log before it goes, and leaves what other projects keep', async () => {
    const prunable: PrunableWork[] = []
    const { world, pruned, idOf } = await twoTasks(prunable)
    const { cueline, projectId } = world
    const mine = idOf(1)
    prunable.push(work('mine', mine, true), work('theirs', 'attempt_9', true))
    prunable.push(work('record', null, false))
    const asked = { projectId, keptOlderThanDays: 90, actor: 'Ada' }

    const dry = await cueline.workspaces.prune({ ...asked, dryRun: true })
    expect([dry.pruned.map(({ name }) => name), pruned]).toEqual([['mine', 'record'], []])
    expect(world.events.some(({ type }) => type === 'workspace.pruned')).toBe(false)

    const done = await cueline.workspaces.prune(asked)
    expect(done.pruned.map(({ name }) => name)).toEqual(['mine', 'record'])
    expect(done.foreign.map(({ name }) => name)).toEqual(['theirs'])
    expect(pruned).toEqual(['mine', 'record'])
    expect(world.events.at(-1)).toMatchObject({
      type: 'workspace.pruned',
      attemptId: mine,
      kept: [{ name: 'mine', commit: 'c-mine' }],
      actor: 'Ada',
    })
  })

  it('is refused with what to do where workspaces keep folders', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks: {}, workspace: memoryWorkspaces() })
    await expect(cueline.workspaces.prune({ projectId })).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('delete those that nobody needs'),
    })
  })
})
