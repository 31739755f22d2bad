import { describe, expect, it } from 'vitest'
import { tinyWorld } from '../testing/tiny-world.ts'
import { memoryWorkspaces } from '../workspace/memory-workspaces.ts'

describe('a stop [X-11]', () => {
  it('comes to its end although a gate ignores its signal', async () => {
    const world = await tinyWorld({
      tasks: { A: [] },
      times: { stopGraceMs: 500 },
      runner: async () => {},
      gates: () => [{ name: 'deaf', judge: () => new Promise(() => {}) }],
    })
    const stop = new AbortController()
    const run = world.cueline.run({ projectId: world.projectId, signal: stop.signal })
    await world.clock.settle()
    stop.abort()
    await world.clock.advance(600)
    expect(await run).toMatchObject({ ended: 'stopped', interrupted: 1 })
    expect(await world.statuses()).toEqual({ A: 'staged' })
    expect(String(world.errors[0])).toContain('A gate ignored the abort')
  })

  it('removes a workspace that comes late, which nobody would work in', async () => {
    const workspace = memoryWorkspaces()
    const late = Promise.withResolvers<void>()
    const prepare = workspace.prepare.bind(workspace)
    const world = await tinyWorld({
      tasks: { A: [] },
      times: { stopGraceMs: 500 },
      workspace: {
        ...workspace,
        async prepare(request) {
          await late.promise
          return prepare(request, new AbortController().signal)
        },
      },
      runner: async () => {},
    })
    const stop = new AbortController()
    const run = world.cueline.run({ projectId: world.projectId, signal: stop.signal })
    await world.clock.settle()
    stop.abort()
    await world.clock.advance(600)
    expect((await run).ended).toBe('stopped')
    late.resolve()
    await world.clock.settle()
    expect(await workspace.list()).toEqual([])
  })

  it('gives a late trial back, so that others can merge', async () => {
    const workspace = memoryWorkspaces()
    const late = Promise.withResolvers<void>()
    const tryMerge = workspace.tryMerge.bind(workspace)
    let first = true
    const world = await tinyWorld({
      tasks: { A: [] },
      times: { stopGraceMs: 500 },
      workspace: {
        ...workspace,
        async tryMerge(...given) {
          const trial = await tryMerge(...given)
          if (first) await late.promise
          first = false
          return trial
        },
      },
      runner: async (attempt) => {
        workspace.files(attempt.attemptId).set('A', `attempt ${attempt.number}`)
      },
    })
    const stop = new AbortController()
    const run = world.cueline.run({ projectId: world.projectId, signal: stop.signal })
    await world.clock.settle()
    stop.abort()
    await world.clock.advance(600)
    expect((await run).ended).toBe('stopped')
    late.resolve()
    await world.clock.settle()
    expect((await world.cueline.run({ projectId: world.projectId })).tasks.done).toBe(1)
    expect(workspace.result.get('A')).toBe('attempt 2')
  })
})

describe('a run that rests with tasks left [X-01]', () => {
  it('says which cannot start and why', async () => {
    const world = await tinyWorld({ tasks: {}, runner: async () => {} })
    const { projectId, cueline } = world
    await cueline.tasks.add({ projectId, tasks: [{ id: 'bare', title: 'No context' }] })
    const plan = await cueline.plans.build({ projectId })
    await cueline.stages.fromPlan({ planId: plan.id })
    const { blocked } = await cueline.run({ projectId })
    expect(blocked).toMatchObject([{ task: 'bare', obstacles: [{ kind: 'incomplete-context' }] }])
    expect(blocked[0]?.obstacles[0]?.message).toContain('missing: description')
  })
})
