import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { analyzeTasks } from './analyze-tasks.ts'
import type { Plan, PlanTask } from './plan.ts'
import { planTasks } from './plan-tasks.ts'
import { randomFrom } from './random.ts'
import { anyTasks } from './task-graph.arbitrary.ts'
import { urgencies } from './urgencies.ts'

function planOf(tasks: readonly PlanTask[], workers = 4): Plan {
  const result = planTasks(tasks, { workers, rounds: 0 })
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.plan
}

function factsOf(tasks: readonly PlanTask[]): Map<string, Plan['facts'][number]> {
  return new Map(planOf(tasks).facts.map((fact) => [fact.task, fact]))
}

/** The mean longest way from each task to the end when assumed minutes are drawn. */
function meanOfDraws(tasks: readonly PlanTask[], draws: number): Float64Array {
  const analysis = analyzeTasks(tasks)
  if (!analysis.ok) throw new Error(analysis.problems[0]!.message)
  const { index, layers, durations, estimated } = analysis
  const random = randomFrom(5)
  const means = new Float64Array(index.size)
  const chains = new Float64Array(index.size)
  for (let draw = 0; draw < draws; draw++) {
    for (const task of layers.order.toReversed()) {
      const behind = index.dependents.subarray(
        index.dependentOffsets[task],
        index.dependentOffsets[task + 1],
      )
      const factor = estimated[task] === 1 ? 1 : -Math.log(1 - random())
      chains[task] =
        durations[task]! * factor + behind.reduce((most, at) => Math.max(most, chains[at]!), 0)
      means[task]! += chains[task] / draws
    }
  }
  return means
}

/** The first two are equally long; behind the second there is more that may take long. */
const forked: PlanTask[] = [
  { id: 'narrow' },
  { id: 'broad' },
  { id: 'n1', dependsOn: ['narrow'] },
  { id: 'b1', dependsOn: ['broad'] },
  { id: 'b2', dependsOn: ['broad'] },
]

describe('what tasks are started by when estimates are missing [S3-03, X-04]', () => {
  it('of two equally long chains starts the one first that has more beside it', () => {
    const plan = planOf(forked, 1)
    expect(plan.schedule[0]!.task).toBe('broad')
    const facts = factsOf(forked)
    expect([facts.get('narrow')!.tail, facts.get('broad')!.tail]).toEqual([2, 2])
    // The longer of two like the last takes 1.5 on average; the square root says 1.56.
    expect(facts.get('broad')!.urgency).toBeCloseTo(2 + Math.sqrt(1 / Math.PI), 12)
  })

  it('is the tail, and left out, in a chain and wherever all have an estimate', () => {
    const chain = ['a', 'b', 'c'].map((id, at, ids) => ({ id, dependsOn: ids.slice(at - 1, at) }))
    expect(planOf(chain).facts.some((fact) => 'urgency' in fact)).toBe(false)
    const known = forked.map((task) => ({ ...task, estimate: 3 }))
    expect(planOf(known).facts.some((fact) => 'urgency' in fact)).toBe(false)
    expect(planOf(known, 1).schedule[0]!.task).toBe('narrow')
  })

  it('goes on from two chains to a third with the spread that the longer of the two has', () => {
    const facts = factsOf([
      { id: 'start' },
      { id: 'p1', dependsOn: ['start'] },
      { id: 'p2', dependsOn: ['p1'] },
      { id: 'q', dependsOn: ['start'] },
      { id: 'r', dependsOn: ['start'] },
    ])
    // Of 2 ± √2 and 1 ± 1 the longer is 2.35 ± 1.15, computed apart from the code; then the other 1 ± 1.
    expect(facts.get('start')!.urgency).toBeCloseTo(3.585381182295, 10)
  })

  it('leaves out, of more than eight chains of one length, those that are certain', () => {
    const nine = (certain: number) => [
      { id: 'start', estimate: 1 },
      ...Array.from({ length: 9 }, (_, at) => ({
        id: `t${at}`,
        dependsOn: ['start'],
        ...(at === certain ? { estimate: 1 } : {}),
      })),
    ]
    const eight = factsOf(nine(-1).slice(0, 9)).get('start')!.urgency
    expect(eight).toBeGreaterThan(2)
    for (const certain of [0, 4, 8]) {
      expect(factsOf(nine(certain)).get('start')!.urgency).toBe(eight)
    }
  })

  it('counts as certain what has an estimate', () => {
    const facts = factsOf(
      forked.map((task) => (task.id.startsWith('b') ? { ...task, estimate: 1 } : task)),
    )
    expect(facts.get('broad')).toEqual(expect.not.objectContaining({ urgency: expect.anything() }))
    expect(facts.get('narrow')).toMatchObject({ tail: 2, estimated: false })
  })

  it('leaves equal tasks equal, so that priority and then the input decide', () => {
    const twins: PlanTask[] = forked.concat(
      { id: 'other', priority: 'high' },
      { id: 'o1', dependsOn: ['other'] },
      { id: 'o2', dependsOn: ['other'] },
      { id: 'third' },
      { id: 't1', dependsOn: ['third'] },
      { id: 't2', dependsOn: ['third'] },
    )
    const order = planOf(twins, 1).schedule.map(({ task }) => task)
    expect(order.filter((id) => ['other', 'broad', 'third', 'narrow'].includes(id))).toEqual([
      'other',
      'broad',
      'third',
      'narrow',
    ])
  })

  it('is never below the tail, and the same in any order of input', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 12 }), fc.integer(), (tasks, seed) => {
        const random = randomFrom(seed)
        const shuffled = tasks
          .map((task) => ({ task, key: random() }))
          .sort((one, other) => one.key - other.key)
          .map(({ task }) => task)
        const facts = factsOf(tasks)
        for (const { tail, urgency = tail } of facts.values()) {
          expect(urgency).toBeGreaterThanOrEqual(tail * (1 - 1e-12))
        }
        expect(factsOf(shuffled)).toEqual(facts)
      }),
    )
  })

  it('comes near the mean of many draws where chains have little in common', () => {
    const tree: PlanTask[] = Array.from({ length: 40 }, (_, at) => ({
      id: `${at}`,
      dependsOn: at === 0 ? [] : [`${Math.floor((at - 1) / 3)}`],
      ...(at % 5 === 4 ? { estimate: 2 } : {}),
    }))
    const analysis = analyzeTasks(tree)
    if (!analysis.ok) throw new Error(analysis.problems[0]!.message)
    const draws = meanOfDraws(tree, 4_000)
    for (const [at, minutes] of urgencies(analysis).entries()) {
      expect(Math.abs(minutes / draws[at]! - 1)).toBeLessThan(0.1)
    }
  })

  it('counts the longest eight of many, so that a wide plan costs no more', () => {
    const wide = (count: number) => {
      const leaves = Array.from({ length: count }, (_, at) => ({
        id: `${at}`,
        dependsOn: ['root'],
      }))
      return factsOf([{ id: 'root' }, ...leaves]).get('root')!.urgency!
    }
    expect(wide(7)).toBeLessThan(wide(8))
    expect(wide(500)).toBe(wide(8))
    const late = factsOf([
      { id: 'root' },
      ...Array.from({ length: 9 }, (_, at) => ({ id: `${at}`, dependsOn: ['root'] })),
      { id: 'long', dependsOn: ['root'] },
      { id: 'end', dependsOn: ['long'] },
    ])
    expect(late.get('root')!.urgency).toBeGreaterThan(wide(8))
  })
})
