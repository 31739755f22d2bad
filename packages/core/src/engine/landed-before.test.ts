import { describe, expect, it } from 'vitest'

import { tinyWorld } from '../testing/tiny-world.ts'
import { type MemoryWorkspaces, memoryWorkspaces } from '../workspace/memory-workspaces.ts'
import type { Landed } from '../workspace/workspace.ts'

describe('a landing whose lease lapses after its fence was checked [X-06, X-11]', () => {
  it('counts when the next attempt starts: nobody does the work again', async () => {
    const workspace = memoryWorkspaces()
    let thaw = () => {}
    const thawed = new Promise<void>((resolve) => (thaw = resolve))
    let landing: Promise<unknown> = Promise.resolve()
    let prepared = 0
    const provider: MemoryWorkspaces = {
      ...workspace,
      async prepare(request, signal) {
        prepared += 1
        if (prepared === 2) {
          // The last moment at which an earlier attempt can land.
          thaw()
          await landing
        }
        return await workspace.prepare(request, signal)
      },
      async land(trial, confirm) {
        await confirm()
        landing = thawed.then(() => workspace.land(trial, async () => {}))
        return (await landing) as Landed
      },
    }
    let runs = 0
    const world = await tinyWorld({
      tasks: { A: [] },
      workspace: provider,
      runner: async ({ attemptId }) => {
        runs += 1
        workspace.files(attemptId).set('a.txt', 'work')
      },
    })
    const { cueline, clock, projectId, storage, events } = world
    storage.renew = () => new Promise(() => {})
    const run = cueline.run({ projectId })
    // A renewal that never answers keeps the run from its end.
    run.catch(() => {})
    await clock.advance(31_000)
    expect(events.some(({ type }) => type === 'attempt.interrupted')).toBe(true)
    await clock.advance(10_000)

    expect(await world.statuses()).toEqual({ A: 'done' })
    expect([prepared, runs]).toEqual([2, 1])
    const [success, ...others] = events.filter(({ type }) => type === 'attempt.succeeded')
    expect(others).toEqual([])
    expect(success).toMatchObject({ merged: expect.any(String) })
    expect(workspace.result).toEqual(new Map([['a.txt', 'work']]))
  })
})
