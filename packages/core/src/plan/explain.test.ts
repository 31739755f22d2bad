import { describe, expect, it } from 'vitest'

import { explain } from './explain.ts'
import type { Plan, PlanOptions, PlanTask } from './plan.ts'
import { planTasks } from './plan-tasks.ts'

const house: readonly PlanTask[] = [
  { id: 'ground', estimate: 10 },
  { id: 'walls', estimate: 20, dependsOn: ['ground'] },
  { id: 'garden', estimate: 5, dependsOn: ['ground'] },
  { id: 'roof', estimate: 10, dependsOn: ['walls'] },
  { id: 'party', dependsOn: ['roof', 'garden'] },
]

function planOf(tasks: readonly PlanTask[], options: PlanOptions): Plan {
  const result = planTasks(tasks, options)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.plan
}

function explained(tasks: readonly PlanTask[], workers: number, task: string) {
  return explain(tasks, planOf(tasks, { workers }), task)
}

describe('explain [X-04, S4-02]', () => {
  it('names the dependency that decides the start, and what is finished before', () => {
    const party = explained(house, 2, 'party')
    expect(party.decidedBy).toEqual({ kind: 'dependencies', tasks: ['roof'] })
    expect(party.waitsFor).toEqual([
      { task: 'roof', finish: 40, binding: true },
      { task: 'garden', finish: 15, binding: false },
    ])
    expect(party.text).toBe(
      'party runs from minute 40 to minute 50 on lane 0: it waits for roof, which finishes then. ' +
        'It waits for garden, too, which is finished before. ' +
        'It is critical: when it starts later, no number of workers makes up for it. ' +
        'No task waits for it. ' +
        'Its 10 minutes are assumed: it has no estimate of its own.',
    )
  })

  it('names the workers that are busy, and who went first', () => {
    const garden = explained(house, 1, 'garden')
    expect(garden).toMatchObject({
      decidedBy: { kind: 'workers', tasks: ['roof'] },
      readyAt: 10,
      start: 40,
      overtakenBy: ['walls', 'roof'],
      slack: 25,
      critical: false,
    })
    expect(garden.text).toContain('all workers are busy until roof finishes')
    expect(garden.text).toContain('While it waited for its turn, walls and roof went first.')
    expect(garden.text).toContain('It may start 25 minutes late before the critical path grows.')
  })

  it('names the lanes where they are what is taken', () => {
    const plan = planOf(house, { workers: 9, lanes: 1 })
    const garden = explain(house, plan, 'garden')
    expect(garden.decidedBy.kind).toBe('workers')
    expect(garden.text).toContain('all lanes are taken until')
  })

  it('says what finishing it unlocks, at once and in the end', () => {
    const ground = explained(house, 2, 'ground')
    expect(ground.decidedBy).toEqual({ kind: 'nothing', tasks: [] })
    expect(ground.unlocks).toEqual({
      directly: ['walls', 'garden'],
      last: ['walls', 'garden'],
      behind: 4,
    })
    expect(explained(house, 2, 'garden').unlocks).toEqual({
      directly: ['party'],
      last: [],
      behind: 1,
    })
    expect(ground.text).toContain('4 tasks in all stand behind it.')
  })

  it('names the barrier where a worker is free and nothing else holds the task back', () => {
    const tasks = [
      { id: 'long', estimate: 9 },
      { id: 'short', estimate: 1 },
      { id: 'next', estimate: 1, dependsOn: ['short'] },
    ]
    const plan = planOf(tasks, { workers: 2, barrier: 'layer' })
    expect(explain(tasks, plan, 'next').decidedBy).toEqual({ kind: 'barrier', tasks: ['long'] })
  })

  it('names the conflict that keeps a task apart, and how it is known', () => {
    const tasks = ['a', 'b', 'c'].map((id) => ({ id, estimate: 10 }))
    const conflicts = [
      {
        tasks: ['a', 'b'],
        kind: 'declared',
        confidence: 1,
        evidence: ['src/x.ts: a declares src/x.ts; b declares src/x.ts'],
      },
      { tasks: ['b', 'c'], kind: 'history', confidence: 0.4 },
    ] as const
    const plan = planOf(tasks, { workers: 3, conflicts, allow: [['c', 'b']] })
    const held = plan.schedule.find(({ start }) => start > 0)!.task
    const { decidedBy, conflicts: known, text } = explain(tasks, plan, held)
    const rival = held === 'a' ? 'b' : 'a'
    expect(decidedBy).toEqual({ kind: 'conflicts', tasks: [rival] })
    expect(known[0]).toMatchObject({ with: rival, kind: 'declared', allowed: false, binding: true })
    expect(text).toContain(`it is kept apart from ${rival}, which finishes then.`)
    expect(text).toContain(
      `${held} and ${rival} are kept apart: src/x.ts: a declares src/x.ts; b declares src/x.ts (declared).`,
    )
    const allowed = explain(tasks, plan, 'c')
    expect(allowed.conflicts).toMatchObject([{ with: 'b', allowed: true, binding: false }])
    expect(allowed.text).toContain('It may run beside b although they conflict (history, 40 %).')
  })

  it('names what shares a resource with the task, or says that the order alone leaves it for later', () => {
    const plan = planOf([{ id: 'a' }, { id: 'b' }], { workers: 2 })
    const later = plan.schedule.map((entry) =>
      entry.task === 'b' ? { ...entry, start: 1, finish: 2 } : entry,
    )
    const apart = { ...plan, schedule: later, makespan: 2 }
    const holding = ['a', 'b'].map((id) => ({ id, resources: { printer: 1 } }))
    expect(explain(holding, apart, 'b').decidedBy).toEqual({ kind: 'shared', tasks: ['a'] })
    expect(explain([{ id: 'a' }, { id: 'b' }], apart, 'b').decidedBy.kind).toBe('order')
  })

  it('refuses a task the plan does not have, and tasks the plan was not made from', () => {
    const plan = planOf(house, {})
    expect(() => explain(house, plan, 'cellar')).toThrow('The plan has no task "cellar"')
    expect(() => explain(house.with(4, { id: 'party' }), plan, 'party')).toThrow(
      'The plan was made from 5 tasks with 5 dependencies; given are others (5 with 3)',
    )
    expect(() => explain([{ id: 'shed' }], plan, 'party')).toThrow('given are others (1 with 0)')
    expect(() => explain(house.toReversed(), plan, 'party')).toThrow('given are others')
  })

  it('quotes ids that could be taken for something else', () => {
    const { text } = explained([{ id: 'first\nsecond' }], 1, 'first\nsecond')
    expect(text).toMatch(/^"first\\nsecond" runs from minute 0/)
  })
})
