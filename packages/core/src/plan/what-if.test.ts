import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { diffPlans } from './diff-plans.ts'
import type { Plan, PlanOptions, PlanTask } from './plan.ts'
import { planTasks } from './plan-tasks.ts'
import { anyTasks, dependencyIds } from './task-graph.arbitrary.ts'
import { type PlanChange, whatIf } from './what-if.ts'

const tasks: readonly PlanTask[] = [
  { id: 'A', estimate: 10 },
  { id: 'B', estimate: 10 },
  { id: 'C', estimate: 10, dependsOn: ['A'] },
  { id: 'D', estimate: 10, dependsOn: ['B'] },
  { id: 'E', estimate: 5, dependsOn: ['C', 'D'] },
]

function planOf(list: readonly PlanTask[], options?: PlanOptions): Plan {
  const result = planTasks(list, options)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.plan
}

function asked(change: PlanChange, list = tasks, workers = 2) {
  const result = whatIf(list, { workers }, change)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result
}

describe('whatIf [X-04]', () => {
  it.each([
    [{}],
    [null],
    ['faster'],
    [{ estimate: { task: 'A' } }],
    [{ estimate: { task: 'A', minutes: null } }],
    [{ estimate: null }],
    [{ removeDependency: null }],
    [{ removeDependency: {} }],
    [{ estimate: { task: 'A', minutes: true } }],
    [{ estimate: { task: 'A', minutes: { min: 1 } } }],
    [{ estimate: { task: 'A', minutes: { min: Number.NaN, max: 1 } } }],
  ])('names what is no change, and does not throw: %j', (change) => {
    const result = whatIf(tasks, { workers: 2 }, change as unknown as PlanChange)
    expect(!result.ok && result.problems).toHaveLength(1)
  })

  it('says what other numbers of workers come to', () => {
    const { difference, text, before, after } = asked({ workers: 1 })
    expect(difference.makespan).toEqual({ before: 25, after: 45, change: 20 })
    expect(difference.lowerBound).toEqual({ before: 25, after: 45, change: 20 })
    expect([before.workers, after.workers]).toEqual([2, 1])
    expect(text).toContain(
      'With 1 worker instead of 2:\nIt finishes 20 minutes later: at minute 45 instead of minute 25.',
    )
    expect(asked({ addWorkers: 3 }).difference.workers.after).toBe(5)
    expect(asked({ addWorkers: 3 }).difference.makespan.change).toBe(0)
  })

  it('says what another estimate comes to, and which way is critical then', () => {
    const { difference, text } = asked({ estimate: { task: 'D', minutes: 30 } })
    expect(difference.makespan.change).toBe(20)
    expect(difference.criticalPath.after.tasks).toEqual(['B', 'D', 'E'])
    expect(difference.reestimated).toEqual([{ task: 'D', before: 10, after: 30 }])
    expect(text).toContain('If D takes 30 minutes:')
    expect(text).toContain('Critical path: 45 minutes instead of 25 minutes, now B, D and E.')
    expect(text).toContain('1 task starts later: E.')
    expect(asked({ estimate: { task: 'D', minutes: { min: 20, max: 40 } } }).text).toContain(
      'If D takes 20 minutes to 40 minutes:',
    )
  })

  it('leaves the minutes assumed for other tasks as they are', () => {
    const list = [{ id: 'known', estimate: 10 }, { id: 'unknown' }]
    const { difference, after } = asked({ estimate: { task: 'known', minutes: 50 } }, list)
    expect(difference.reestimated.map(({ task }) => task)).toEqual(['known'])
    expect(after.facts.map(({ estimated }) => estimated)).toEqual([true, false])
    const known = asked({ estimate: { task: 'unknown', minutes: 7 } }, list).after
    expect(known.facts[1]).toMatchObject({ estimate: 7, estimated: true })
  })

  it('says what it brings not to wait', () => {
    const { difference, text } = asked({ removeDependency: { task: 'E', dependsOn: 'D' } })
    expect(difference.edges).toEqual({ before: 4, after: 3, change: -1 })
    expect(text).toContain('If E did not wait for D:')
  })

  it('says which tasks are lost when one fails for good', () => {
    const { difference, lost, text } = asked({ failed: 'C' })
    expect(lost).toEqual(['E'])
    expect(difference.removed).toEqual(['E'])
    expect(difference.makespan).toEqual({ before: 25, after: 20, change: -5 })
    expect(text).toContain('1 task behind it can then not be done: E.')
    expect(text).toContain(
      'Less gets done, and that ends 5 minutes earlier: 4 of 5 tasks by minute 20, all of them by minute 25.',
    )
    expect(text).not.toContain('It finishes')
    expect(asked({ failed: 'E' }).text).toBe('If E fails for good:\nNothing changes.')
  })

  it('names what is wrong with tasks, options and change', () => {
    const problemOf = (change: PlanChange, list = tasks) => {
      const result = whatIf(list, {}, change)
      return result.ok ? undefined : result.problems[0]?.message
    }
    expect(problemOf({ failed: 'Z' })).toContain('names task "Z", which the plan does not have')
    expect(problemOf({ removeDependency: { task: 'E', dependsOn: 'A' } })).toContain(
      'Task "E" does not wait for "A"',
    )
    expect(problemOf({ workers: 0 })).toContain('workers is 0')
    expect(problemOf({ estimate: { task: 'A', minutes: -1 } })).toContain('has the estimate -1')
    expect(problemOf({ workers: 1 }, [{ id: 'A', dependsOn: ['A'] }])).toContain('"A"')
  })

  it('answers one question at a time', () => {
    const changes = [{ workers: 1, failed: 'A' }, { addWorkers: '1' }]
    const messages = changes.map((change) => {
      const result = whatIf([{ id: 'A' }], {}, change as unknown as PlanChange)
      return result.ok ? '' : result.problems[0]!.message
    })
    expect(messages).toEqual([
      'The change has workers and failed. Ask for one of them at a time.',
      expect.stringContaining('Give one of workers, addWorkers'),
    ])
  })

  it('changes nothing when the change is none', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 10 }), fc.integer({ min: 1, max: 4 }), (list, workers) => {
        const { difference, before } = asked({ addWorkers: 0 }, list, workers)
        expect(difference.same).toBe(true)
        expect(difference.text).toBe('Nothing changes.')
        expect(before).toEqual(planOf(list, { workers }))
      }),
    )
  })

  it('loses exactly the tasks behind a failed one; the rest keeps its layers and minutes', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 10 }), fc.nat(), (list, pick) => {
        fc.pre(list.length > 0)
        const { id } = list[pick % list.length]!
        const { lost, after, difference } = asked({ failed: id }, list)
        const gone = new Set(lost)
        expect(gone.has(id)).toBe(false)
        for (const task of list) {
          const before = dependencyIds(task)
          expect(gone.has(task.id)).toBe(before.some((other) => other === id || gone.has(other)))
        }
        expect(after.facts.map(({ task }) => task)).toEqual(
          list.map((task) => task.id).filter((other) => !gone.has(other)),
        )
        expect(difference.relayered).toEqual([])
        expect(difference.reestimated).toEqual([])
      }),
    )
  })
})

describe('diffPlans [X-12]', () => {
  it('names tasks added, removed, moved, planned with other minutes and put in another layer', () => {
    const before = planOf([{ id: 'A', estimate: 1 }, { id: 'B', estimate: 2 }, { id: 'C' }], {
      workers: 1,
    })
    const after = planOf(
      [
        { id: 'D', estimate: 9 },
        { id: 'B', estimate: 4, dependsOn: ['D'] },
        { id: 'A', estimate: 1 },
      ],
      { workers: 1, barrier: 'layer' },
    )
    const difference = diffPlans(before, after)
    expect(difference).toMatchObject({
      same: false,
      added: ['D'],
      removed: ['C'],
      reestimated: [{ task: 'B', before: 2, after: 4 }],
      relayered: [{ task: 'B', before: 0, after: 1 }],
      barrier: { before: 'none', after: 'layer' },
      tasks: { before: 3, after: 3, change: 0 },
    })
    expect(difference.moved.find(({ task }) => task === 'B')).toEqual({
      task: 'B',
      before: { start: 0, lane: 0 },
      after: { start: 10, lane: 0 },
      later: 10,
    })
    expect(difference.text.split('\n')).toEqual(
      expect.arrayContaining([
        'Barrier: layer instead of none.',
        'Added: D.',
        'Gone: C.',
        'B is planned with 4 minutes instead of 2 minutes.',
      ]),
    )
  })

  it('is nothing between a plan and itself, and turns round when the plans change places', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 8 }), anyTasks({ maxTasks: 8 }), (left, right) => {
        const [before, after] = [planOf(left), planOf(right)]
        expect(diffPlans(before, before)).toMatchObject({ same: true, moved: [], added: [] })
        const there = diffPlans(before, after)
        const back = diffPlans(after, before)
        expect(there.added).toEqual(back.removed)
        expect(there.removed).toEqual(back.added)
        expect(there.makespan.change + back.makespan.change).toBe(0)
        expect(new Set(there.moved.map(({ task }) => task))).toEqual(
          new Set(back.moved.map(({ task }) => task)),
        )
        expect(there.same).toBe(back.same)
      }),
    )
  })
})
