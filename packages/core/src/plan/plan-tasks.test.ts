import { describe, expect, it } from 'vitest'

import type { Plan, PlanOptions, PlanTask } from './plan.ts'
import { planTasks } from './plan-tasks.ts'

function planOf(tasks: readonly PlanTask[], options?: PlanOptions): Plan {
  const result = planTasks(tasks, options)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.plan
}

const started = (plan: Plan) => plan.schedule.map(({ task }) => task)

describe('planTasks [S3-03] [S4-01] [X-04]', () => {
  it('starts the task with the longest way to go first', () => {
    const plan = planOf(
      [
        { id: 'short', estimate: 5 },
        { id: 'first of a chain', estimate: 1 },
        { id: 'last of a chain', estimate: 9, dependsOn: ['first of a chain'] },
      ],
      { workers: 1 },
    )
    expect(started(plan)).toEqual(['first of a chain', 'last of a chain', 'short'])
  })

  it('takes equally urgent tasks by priority, then in input order', () => {
    const plan = planOf(
      [
        { id: 'later', priority: 'low' },
        { id: 'b' },
        { id: 'a', priority: 'normal' },
        { id: 'sooner', priority: 'high' },
      ],
      { workers: 1 },
    )
    expect(started(plan)).toEqual(['sooner', 'b', 'a', 'later'])
  })

  it('plans a range at its mean, and a task without estimate at the median of the others', () => {
    const { facts } = planOf([
      { id: 'range', estimate: { min: 10, max: 30 } },
      { id: 'ten', estimate: 10 },
      { id: 'ninety', estimate: 90 },
      { id: 'unknown' },
    ])
    expect(facts.map(({ estimate, estimated }) => [estimate, estimated])).toEqual([
      [20, true],
      [10, true],
      [90, true],
      [20, false],
    ])
  })

  it('takes the middle between two medians, and 1 when nothing is estimated', () => {
    expect(planOf([{ id: 'a', estimate: 2 }, { id: 'b', estimate: 5 }, { id: 'c' }]).work).toBe(
      10.5,
    )
    expect(planOf([{ id: 'a' }, { id: 'b' }]).work).toBe(2)
  })

  it('tells slack from the way past a task', () => {
    const { facts } = planOf([
      { id: 'a', estimate: 2 },
      { id: 'long', estimate: 10, dependsOn: ['a'] },
      { id: 'short', estimate: 3, dependsOn: ['a'] },
      { id: 'z', estimate: 1, dependsOn: ['long', 'short'] },
    ])
    expect(facts.map(({ task, layer, tail, slack }) => [task, layer, tail, slack])).toEqual([
      ['a', 0, 13, 0],
      ['long', 1, 11, 0],
      ['short', 1, 4, 7],
      ['z', 2, 1, 0],
    ])
  })

  it('names the chain of earlier tasks when two are equally long', () => {
    const plan = planOf([{ id: 'a' }, { id: 'b' }, { id: 'c', dependsOn: ['b', 'a'] }, { id: 'd' }])
    expect(plan.criticalPath.tasks).toEqual(['a', 'c'])
  })

  it('counts as parallel the tasks that share their layer', () => {
    const plan = planOf([{ id: 'a' }, { id: 'b' }, { id: 'c', dependsOn: ['a'] }, { id: 'd' }])
    expect(plan.parallelShare).toBe(0.75)
  })

  it('shows what a barrier costs', () => {
    const tasks = [
      { id: 'a', estimate: 1 },
      { id: 'b', estimate: 9 },
      { id: 'c', estimate: 9, dependsOn: ['a'] },
    ]
    const plan = planOf(tasks, { workers: 2 })
    expect(plan.makespan).toBe(10)
    expect(plan.barrierMakespan).toEqual({ stage: 18, layer: 18 })
    expect(planOf(tasks, { workers: 2, barrier: 'layer' }).makespan).toBe(18)
  })

  it('lets a stage end before the next begins even where a layer would refill its workers', () => {
    const tasks = [4, 1, 4, 1].map((estimate, at) => ({ id: `t${at}`, estimate }))
    const plan = planOf(tasks, { workers: 2, barrier: 'stage' })
    expect(plan.makespan).toBe(8)
    expect(plan.barrierMakespan).toEqual({ stage: 8, layer: 5 })
  })

  it('plans nothing at all', () => {
    expect(planOf([])).toMatchObject({
      tasks: 0,
      layers: [],
      makespan: 0,
      gap: 0,
      smallestUsefulWorkers: 0,
    })
  })

  it('gives milestones of no duration a place', () => {
    const plan = planOf([
      { id: 'work', estimate: 5 },
      { id: 'milestone', estimate: 0, dependsOn: ['work'] },
      { id: 'after', estimate: 5, dependsOn: ['milestone'] },
    ])
    expect(plan.schedule.map(({ start, finish }) => [start, finish])).toEqual([
      [0, 5],
      [5, 5],
      [5, 10],
    ])
    expect(planOf([{ id: 'a', estimate: 0 }])).toMatchObject({ gap: 0, smallestUsefulWorkers: 1 })
  })

  it('takes ids that are names of built-in things like any other', () => {
    const plan = planOf([
      { id: '__proto__' },
      { id: '10', dependsOn: ['__proto__'] },
      { id: '9', dependsOn: ['__proto__'] },
      { id: 'toString', dependsOn: ['constructor', '10'] },
      { id: 'constructor' },
    ])
    expect(plan.layers).toEqual([['__proto__', 'constructor'], ['10', '9'], ['toString']])
  })

  it('names a hole in the list of tasks as what it is', () => {
    const tasks: { id: string }[] = [{ id: 'a' }]
    tasks[2] = { id: 'b' }
    const result = planTasks(tasks)
    expect(result.ok ? [] : result.problems.map(({ kind }) => kind)).toEqual(['invalid-id'])
  })

  it('takes an epic that is no text for none', () => {
    const tasks = [
      { id: 'a', epic: 5 },
      { id: 'b', epic: null },
      { id: 'c', epic: '' },
    ]
    const { lanes } = planOf(tasks as unknown as PlanTask[], { workers: 1 })
    expect(lanes.map(({ epics }) => epics)).toEqual([[]])
  })

  it('plans a chain of 100 000 tasks, last one first', () => {
    const size = 100_000
    const chain = Array.from({ length: size }, (_, at) => ({
      id: `t${at}`,
      dependsOn: at + 1 < size ? [`t${at + 1}`] : [],
    }))
    const plan = planOf(chain)
    expect(plan.layers).toHaveLength(size)
    expect(plan.makespan).toBe(size)
    expect(plan.criticalPath.tasks[0]).toBe(`t${size - 1}`)
  })

  it('plans 100 000 tasks that all wait for one', () => {
    const star = Array.from({ length: 100_000 }, (_, at) => ({
      id: `t${at}`,
      dependsOn: at === 0 ? [] : ['t0'],
    }))
    const plan = planOf(star, { workers: 10 })
    expect(plan.makespan).toBe(10_001)
    expect(plan.smallestUsefulWorkers).toBe(99_999)
  })

  it('is the same again for the same input, and survives JSON', () => {
    const tasks = [{ id: 'a', estimate: 3 }, { id: 'b', dependsOn: ['a'] }, { id: 'c' }]
    const plan = planOf(tasks)
    expect(planOf(tasks)).toEqual(plan)
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
  })
})
