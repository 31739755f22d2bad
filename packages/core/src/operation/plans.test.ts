import { describe, expect, it } from 'vitest'

import type { ProjectPlan } from './project-plan.ts'
import { tinyWorld } from '../testing/tiny-world.ts'

const tasks = [
  { id: 'A', title: 'First', estimate: 10, touches: ['src/a.ts'] },
  { id: 'B', title: 'Second', estimate: 10, touches: ['src/a.ts', 'src/b.ts'] },
  { id: 'C', title: 'Third', estimate: 10, touches: ['src/b.ts'] },
]

/** Whether two tasks run at the same time. */
function overlap({ schedule }: ProjectPlan, one: string, other: string): boolean {
  const [left, right] = [one, other].map((id) => schedule.find(({ task }) => task === id)!)
  return left!.start < right!.finish && right!.start < left!.finish
}

describe('the conflicts of a built plan [S4-02] [S4-03]', () => {
  it('keep tasks apart that declare the same file, and stand in the plan with what shows them', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks })
    const plan = await cueline.plans.build({ projectId })
    expect(plan.conflicts).toEqual([
      {
        tasks: ['A', 'B'],
        kind: 'declared',
        confidence: 1,
        evidence: ['src/a.ts: A declares src/a.ts; B declares src/a.ts'],
        allowed: false,
      },
      expect.objectContaining({ tasks: ['B', 'C'], allowed: false }),
    ])
    expect([overlap(plan, 'A', 'B'), overlap(plan, 'B', 'C'), overlap(plan, 'A', 'C')]).toEqual([
      false,
      false,
      true,
    ])
    expect(plan.makespan).toBe(20)
    for (const batch of plan.batches)
      expect(batch.tasks).not.toEqual(expect.arrayContaining(['A', 'B']))
    expect(await cueline.plans.get({ projectId })).toEqual(plan)
  })

  it('give their tasks keys in common, and so do crowded files, until a plan is built without', async () => {
    const { cueline, projectId, task } = await tinyWorld({ tasks })
    const keysOf = async (...codes: string[]) =>
      Promise.all(codes.map(async (code) => (await task(code)).exclusiveKeys))
    const [a, b] = ['src/a.ts', 'src/b.ts']
    expect(await keysOf('A', 'B', 'C')).toEqual([[a], [a, b], [b]])
    const crowd = Array.from({ length: 320 }, (_, nth) => ({
      id: `T${nth}`,
      title: 'One of many',
      touches: ['package.json', ...(nth < 2 ? [a] : [])],
    }))
    await cueline.tasks.add({ projectId, tasks: crowd })
    const plan = await cueline.plans.build({ projectId, rounds: 0 })
    expect(plan.conflicts).toHaveLength(7)
    expect(await keysOf('A', 'T0', 'T319')).toEqual([[a], ['package.json', a], ['package.json']])
    await cueline.plans.build({ projectId, rounds: 0, conflicts: 'none' })
    expect(await keysOf('A', 'B', 'T0')).toEqual([[], [], []])
  })

  it('keep nobody apart where that was allowed, or not asked for', async () => {
    const { cueline, projectId, task } = await tinyWorld({ tasks })
    const allow = [
      ['B', (await task('A')).id],
      ['B', 'C'],
    ] as [string, string][]
    const allowed = await cueline.plans.build({ projectId, allow })
    expect(allowed.makespan).toBe(10)
    expect(allowed.conflicts.map((conflict) => conflict.allowed)).toEqual([true, true])
    const none = await cueline.plans.build({ projectId, conflicts: 'none' })
    expect([none.makespan, none.conflicts]).toEqual([10, []])
    await expect(cueline.plans.build({ projectId, allow: [['A', 'Z']] })).rejects.toThrow(
      'allow names task "Z", which the project does not have.',
    )
  })

  it('are predicted from files and past changes where these are given', async () => {
    const { cueline, projectId } = await tinyWorld({
      tasks: [
        { id: 'A', title: 'Fix the parser of cron expressions', estimate: 10 },
        { id: 'B', title: 'Make the cron parser faster', estimate: 10 },
        { id: 'C', title: 'Paint the shed', estimate: 10 },
      ],
    })
    const files = ['src/cron-parser.ts', 'src/shed.ts', 'README.md']
    const history = Array.from({ length: 12 }, (_, nth) =>
      nth % 2 === 0
        ? { title: `Cron parser: expressions ${nth}`, files: ['src/cron-parser.ts'] }
        : { title: `Paint ${nth}`, files: [{ path: 'src/shed.ts', kind: 'modified' as const }] },
    )
    const plan = await cueline.plans.build({ projectId, files, history })
    expect(plan.choices.conflicts).toBe('predicted')
    expect(plan.conflicts.map((conflict) => conflict.tasks)).toEqual([['A', 'B']])
    expect(plan.conflicts[0]?.evidence[0]).toContain('src/cron-parser.ts')
    expect(overlap(plan, 'A', 'B')).toBe(false)
    const declared = await cueline.plans.build({ projectId, files, history, conflicts: 'declared' })
    expect(declared.conflicts).toEqual([])
    // Questions and revisions have no files to predict from: they keep what was predicted.
    const again = await cueline.plans.build({ projectId, files, history })
    expect(again.hash).toBe(plan.hash)
    const late = plan.schedule.find(({ start }) => start > 0)!.task
    const explained = await cueline.plans.explain({ projectId, task: late })
    expect(explained.decidedBy.kind).toBe('conflicts')
    const revised = await cueline.plans.revise({
      projectId,
      patch: { change: [{ task: 'C', estimate: 5 }] },
    })
    expect(revised.plan.conflicts).toEqual(plan.conflicts)
  })

  it('are told by explain, and heeded by the next batch', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks })
    const plan = await cueline.plans.build({ projectId })
    const late = plan.schedule.find(({ start }) => start > 0)!.task
    const { text } = await cueline.plans.explain({ projectId, task: late })
    expect(text).toContain('is kept apart from')
    expect(text).toContain('(declared)')
    const next = await cueline.plans.suggestBatch({ projectId })
    const ids = new Set(next.tasks.map(({ task }) => task))
    expect(ids.has('A') && ids.has('B')).toBe(false)
    expect(next.keptApart.length).toBeGreaterThan(0)
    await cueline.plans.build({
      projectId,
      allow: [
        ['A', 'B'],
        ['B', 'C'],
      ],
    })
    expect((await cueline.plans.suggestBatch({ projectId })).tasks).toHaveLength(3)
    expect((await cueline.plans.forecast({ projectId })).planned).toBe(10)
    await cueline.plans.build({ projectId, barrier: 'layer', resources: { port: 1 } })
    const forecast = await cueline.plans.forecast({ projectId })
    expect(forecast.planned).toBe(20)
    expect(forecast.text).toContain(
      'Left out, so that it may take longer: the barrier after each layer and resources.',
    )
  })

  it('of a file that hundreds of tasks declare are a queue, not a pair for each two', async () => {
    const crowd = Array.from({ length: 400 }, (_, nth) => ({
      id: `T${nth}`,
      title: `Task ${nth}`,
      estimate: 1,
      touches: ['package.json', `src/${nth >> 1}.ts`],
    }))
    const { cueline, projectId } = await tinyWorld({ tasks: crowd })
    const plan = await cueline.plans.build({ projectId, rounds: 0 })
    expect(plan.conflicts).toHaveLength(200)
    expect(plan.makespan).toBe(400)
    const everywhere = Array.from({ length: 2_000 }, (_, nth) => ({
      id: `U${nth}`,
      title: `Task ${nth}`,
      touches: Array.from({ length: 60 }, (__, file) => `src/${file}.ts`),
    }))
    await cueline.tasks.add({ projectId, tasks: everywhere })
    await expect(cueline.plans.build({ projectId, rounds: 0 })).rejects.toMatchObject({
      code: 'limit',
    })
  })
})

describe('how a plan is built [S4-01] [X-04]', () => {
  it('is as the caller says: rounds, seed, resources, lanes', async () => {
    const shared = ['A', 'B', 'C', 'D'].map((id) => ({
      id,
      title: id,
      estimate: 10,
      resources: { accounts: 1 },
    }))
    const { cueline, projectId } = await tinyWorld({ tasks: shared })
    const free = await cueline.plans.build({ projectId })
    expect(free.makespan).toBe(10)
    const two = await cueline.plans.build({ projectId, resources: { accounts: 2 }, seed: 7 })
    expect(two).toMatchObject({ makespan: 20, lowerBound: 20, seed: 7 })
    expect(two.choices.resources).toEqual({ accounts: 2 })
    // Questions plan as the current plan does.
    expect(
      (await cueline.plans.whatIf({ projectId, change: { addWorkers: 1 } })).before.makespan,
    ).toBe(20)
    const one = await cueline.plans.build({ projectId, lanes: 1, rounds: 0 })
    expect(one).toMatchObject({ makespan: 40, rounds: 0 })
    expect((await cueline.plans.build({ projectId, budgetMs: 5 })).makespan).toBe(10)
  })

  it('lets dependencies count that texts imply only when asked to, and stores no edge', async () => {
    const { cueline, projectId } = await tinyWorld({
      tasks: [
        { id: 'T1', title: 'Create the TaskStore class', estimate: 10 },
        { id: 'T2', title: 'Count tasks', description: 'Uses the TaskStore class.', estimate: 10 },
      ],
    })
    expect((await cueline.plans.build({ projectId })).makespan).toBe(10)
    const inferred = await cueline.plans.build({ projectId, infer: 0.9 })
    expect(inferred).toMatchObject({
      makespan: 20,
      edges: 1,
      inferred: [{ task: 'T2', dependsOn: 'T1', source: 'symbol', confidence: 0.92 }],
    })
    expect((await cueline.plans.explain({ projectId, task: 'T2' })).decidedBy.tasks).toEqual(['T1'])
    expect((await cueline.tasks.get({ projectId, task: 'T2' })).dependencies).toEqual([])
    // Questions about the plan count them, too, and can ask for one to be gone.
    const change = { removeDependency: { task: 'T2', dependsOn: 'T1' } }
    const without = await cueline.plans.whatIf({ projectId, change })
    expect(without.difference.makespan).toMatchObject({ before: 20, after: 10 })
    const next = await cueline.plans.suggestBatch({ projectId })
    expect(next.tasks.map(({ task }) => task)).toEqual(['T1'])
    expect((await cueline.plans.forecast({ projectId, runs: 1 })).planned).toBe(20)
  })

  it.each([
    [{ rounds: -1 }, 'rounds'],
    [{ budgetMs: 1e9 }, 'budgetMs'],
    [{ conflicts: 'all' }, 'conflicts'],
    [{ resources: { port: -1 } }, 'resources.port'],
    [{ infer: 2 }, 'infer'],
    [{ lanes: 0 }, 'lanes'],
  ])('refuses %j by name', async (given, name) => {
    const { cueline, projectId } = await tinyWorld({ tasks: { A: [] } })
    const input = { projectId, ...given } as Parameters<typeof cueline.plans.build>[0]
    await expect(cueline.plans.build(input)).rejects.toThrow(`${name}:`)
  })
})
