import { describe, expect, it } from 'vitest'

import { createCueline } from '../create-cueline.ts'
import type { AttemptId } from '../id.ts'
import { tinyWorld, type TinyWorld } from '../testing/tiny-world.ts'
import { memoryWorkspaces } from '../workspace/memory-workspaces.ts'

/** A world whose one attempt writes a file and then does what the test says. */
async function worldThat(
  act: (world: TinyWorld, attemptId: AttemptId) => Promise<unknown>,
  options: { readonly keepsStanding?: boolean } = {},
) {
  const workspace = memoryWorkspaces()
  const world: TinyWorld = await tinyWorld({
    tasks: { A: [] },
    settings: { maxAttempts: 1 },
    workspace: {
      ...workspace,
      async remove(found) {
        if (options.keepsStanding === true) throw new Error('no space left on the disk')
        return await workspace.remove(found)
      },
    },
    runner: async ({ attemptId }) => {
      workspace.files(attemptId).set('a.txt', 'work')
      await act(world, attemptId)
      return { status: 'failed', class: 'permanent', message: 'gave up' }
    },
  })
  const run = world.cueline.run({ projectId: world.projectId })
  await world.clock.advance(10_000)
  await run
  return { world, workspace }
}

describe('workspaces of a project [X-07, S4-10]', () => {
  it('are listed with their task, state and changes, and explained, while an attempt works', async () => {
    let seen: unknown
    await worldThat(async ({ cueline, projectId }, attemptId) => {
      const list = await cueline.workspaces.list({ projectId })
      expect(list).toHaveLength(1)
      expect(list[0]).toMatchObject({
        attemptId,
        task: 'A',
        attempt: 1,
        state: 'dirty',
        status: 'running',
        inUse: true,
        changed: ['a.txt'],
        kept: [],
        overlaps: null,
      })
      seen = await cueline.workspaces.show({ projectId, attemptId })
    })
    expect(seen).toMatchObject({
      why: 'Attempt 1 of A is running, and its lease holds.',
      next: expect.stringContaining('Nobody removes it before that attempt has ended'),
    })
  })

  it('cannot be removed while an attempt works there by a lease that holds', async () => {
    let refused: unknown
    const { workspace } = await worldThat(async ({ cueline, projectId }, attemptId) => {
      refused = await cueline.workspaces.remove({ projectId, attemptId }).catch((error) => error)
      expect(await workspace.list()).toHaveLength(1)
    })
    expect(refused).toMatchObject({ code: 'refused', retryable: true })
    expect((refused as Error).message).toContain('Attempt 1 of A works in this workspace (running)')
  })

  it('are kept when they go, and listed then too if one asks', async () => {
    const { world } = await worldThat(async () => {})
    const { cueline, projectId } = world
    expect(await cueline.workspaces.list({ projectId })).toEqual([])
    const [gone] = await cueline.workspaces.list({ projectId, kept: true })
    expect(gone).toMatchObject({ task: 'A', state: 'removed', status: 'failed', inUse: false })
    expect(gone?.kept.map(({ kind, name }) => [kind, name])).toEqual([
      ['salvage', `salvage-${gone?.attemptId}`],
    ])
    const { why, next } = await cueline.workspaces.show({
      projectId,
      attemptId: gone?.attemptId ?? '',
    })
    expect(why).toContain('Attempt 1 of A is failed; its workspace is gone')
    expect(next).toContain('restore')
  })

  it('that were left behind are removed, and what had not landed is told', async () => {
    const options = { keepsStanding: true }
    const { world } = await worldThat(async () => {}, options)
    const { cueline, projectId } = world
    const [left] = await cueline.workspaces.list({ projectId })
    const attemptId = left?.attemptId ?? ''
    expect((await cueline.workspaces.show({ projectId, attemptId })).why).toBe(
      'Attempt 1 of A has ended (failed), but its workspace was not removed; it holds changes that have not landed.',
    )
    await expect(cueline.workspaces.restore({ projectId, attemptId })).rejects.toThrow(
      /Nothing of attempt .* is kept yet: its workspace stands \(dirty\)/,
    )
    options.keepsStanding = false
    const { kept } = await cueline.workspaces.remove({ projectId, attemptId })
    expect(kept.map(({ name }) => name)).toEqual([`salvage-${attemptId}`])
    // A second time nothing happens.
    expect(await cueline.workspaces.remove({ projectId, attemptId })).toEqual({
      kept,
      problems: [],
    })
    await expect(cueline.workspaces.restore({ projectId, attemptId })).rejects.toMatchObject({
      code: 'unsupported',
    })
    await expect(
      cueline.workspaces.restore({ projectId, attemptId, name: 'other' }),
    ).rejects.toThrow(/Nothing of attempt .* is kept as "other"; there is salvage-/)
  })

  it('of another project are shown as such and left alone', async () => {
    const workspace = memoryWorkspaces()
    const cueline = await createCueline({ workspace })
    const { id: projectId } = await cueline.projects.create({ name: 'one' })
    const attemptId = 'attempt_elsewhere' as AttemptId
    await workspace.prepare(
      {
        projectId: 'project_other' as never,
        taskId: 'task' as never,
        workOrderId: 'order' as never,
        code: 'T1',
        title: 'Elsewhere',
        attemptId,
        fence: 1,
      },
      new AbortController().signal,
    )
    const [view] = await cueline.workspaces.list({ projectId })
    expect(view).toMatchObject({ attemptId, task: null, inUse: false })
    await expect(cueline.workspaces.remove({ projectId, attemptId })).rejects.toMatchObject({
      code: 'refused',
    })
    expect((await cueline.workspaces.show({ projectId, attemptId })).why).toContain(
      'This database does not know its attempt',
    )
    await expect(
      cueline.workspaces.show({ projectId, attemptId: 'attempt_none' }),
    ).rejects.toMatchObject({ code: 'not-found' })
    await cueline.close()
  })

  it('are not there where no provider is given, which is said', async () => {
    const cueline = await createCueline()
    const { id: projectId } = await cueline.projects.create({ name: 'one' })
    await expect(cueline.workspaces.list({ projectId })).rejects.toThrow(
      /give createCueline a `work/,
    )
    await cueline.close()
  })
})
