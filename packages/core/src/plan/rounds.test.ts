import { describe, expect, it } from 'vitest'

import { planTasks as planTasksWithHostClock } from '../timed-plan.ts'
import { revisePlan, whatIf } from '../timed-questions.ts'
import type { Plan, PlanOptions, PlanTask } from './plan.ts'
import { planTasks } from './plan-tasks.ts'

function planOf(tasks: readonly PlanTask[], options?: PlanOptions): Plan {
  const result = planTasks(tasks, options)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.plan
}

/** The first problem of a plan that is refused. */
function problemOf(tasks: readonly PlanTask[], options?: PlanOptions) {
  const result = planTasks(tasks, options)
  if (result.ok) throw new Error('It was planned.')
  return result.problems[0]!
}

/** Four tasks of four minutes: three workers need eight, which no bound of ours says. */
const stubborn = [4, 4, 4, 4].map((estimate, at): PlanTask => ({ id: `t${at}`, estimate }))

describe('the time a plan may take [S3-03] [X-03]', () => {
  it('ends before the first round that would begin after it', () => {
    const times = [0, 10, 20, 29, 30, 99]
    const plan = planOf(stubborn, { workers: 3, budgetMs: 30, now: () => times.shift()! })
    expect(plan.rounds).toBe(3)
    expect(times).toEqual([99])
    expect(planOf(stubborn, { workers: 3, rounds: 3 })).toEqual(plan)
  })

  it('may be over before the first round', () => {
    expect(planOf(stubborn, { workers: 3, budgetMs: 0, now: () => 7 }).rounds).toBe(0)
  })

  it('is asked for by rounds and milliseconds together: whichever ends first', () => {
    const clock = () => 0
    expect(planOf(stubborn, { workers: 3, budgetMs: 9, rounds: 4, now: clock }).rounds).toBe(4)
  })

  it.each([() => 0, () => Number.NaN, (time = 9) => --time])(
    'does not last for ever when the clock stands still, tells no number or goes back',
    (now) => {
      const { rounds } = planOf(stubborn, { workers: 3, budgetMs: 9, now })
      expect(rounds).toBeGreaterThan(1000)
      expect(planOf(stubborn, { workers: 3, rounds }).makespan).toBe(8)
    },
  )

  it('need no clock of the caller in questions and revisions either', () => {
    const options = { workers: 3, budgetMs: 5 }
    expect(whatIf(stubborn, options, { workers: 4 }).ok).toBe(true)
    expect(revisePlan(stubborn, {}, { revision: 1, options }).ok).toBe(true)
  })

  it('is measured by the clock of the host where the planner is used from outside', () => {
    const result = planTasksWithHostClock(stubborn, { workers: 3, budgetMs: 5 })
    expect(result.ok && result.plan.rounds).toBeGreaterThan(0)
    expect(planTasksWithHostClock(stubborn, { workers: 3 })).toEqual(
      planTasks(stubborn, { workers: 3 }),
    )
  })

  it('is not spent when the schedule is as short as the bound', () => {
    const plan = planOf([{ id: 'a' }, { id: 'b' }], { workers: 2, rounds: 1000 })
    expect(plan).toMatchObject({ rounds: 0, gap: 0 })
  })

  it('is not spent under a barrier', () => {
    expect(planOf(stubborn, { workers: 3, barrier: 'layer', rounds: 9 }).rounds).toBe(0)
  })

  it('is little for plans so large that a round takes long', () => {
    const many = Array.from({ length: 50_001 }, (_, at) => ({
      id: `t${at}`,
      estimate: at % 50_000 === 0 ? 3 : 2,
    }))
    expect(planOf(many, { workers: 7 }).rounds).toBe(0)
    expect(planOf(stubborn, { workers: 3 }).rounds).toBe(100)
  })
})

describe('options of the planner [S3-03]', () => {
  it.each([
    [{ rounds: -1 }, 'rounds is -1. Give a whole number of at least 0.'],
    [{ rounds: 0.5 }, 'rounds is 0.5. Give a whole number of at least 0.'],
    [{ seed: Number.NaN }, 'seed is NaN. Give a whole number.'],
    [{ budgetMs: -1, now: () => 0 }, 'budgetMs is -1. Give milliseconds of at least 0.'],
    [
      { budgetMs: 5 },
      'now is undefined. With budgetMs, give a clock: a function that returns milliseconds.',
    ],
    [
      { resources: null as never },
      'resources is null. Give the capacity of each by its name, or leave it out.',
    ],
    [
      { resources: 'disk' as never },
      'resources is "disk". Give the capacity of each by its name, or leave it out.',
    ],
    [
      { resources: { disk: 2n as never } },
      'resources gives "disk" the capacity 2. Give a number from 0 to 1000000000.',
    ],
    [
      { resources: { disk: -1 } },
      'resources gives "disk" the capacity -1. Give a number from 0 to 1000000000.',
    ],
  ])('that make no sense are a named problem: %o', (options, message) => {
    expect(problemOf(stubborn, options)).toEqual({ kind: 'invalid-option', tasks: [], message })
  })

  it('that give a resource no capacity leave it unlimited, with a warning', () => {
    const plan = planOf(
      [
        { id: 'a', resources: { gpu: 1 } },
        { id: 'b', resources: { gpu: 2 } },
      ],
      { workers: 2 },
    )
    expect(plan.makespan).toBe(1)
    expect(plan.warnings).toEqual([
      {
        kind: 'unlimited-resource',
        tasks: ['a', 'b'],
        message: '"gpu" is needed, but resources gives it no capacity, so it limits nothing.',
      },
    ])
  })

  it('are not blamed on the tasks, too', () => {
    const needy = [{ id: 'a', resources: { disk: 1 } }]
    const result = planTasks(needy, { resources: { disk: -1 } })
    expect(!result.ok && result.problems).toHaveLength(1)
  })

  it('refuse a task that needs more than there is, or no amount at all', () => {
    const resources = { gpu: 2 }
    expect(problemOf([{ id: 'a', resources: { gpu: 3 } }], { resources })).toEqual({
      kind: 'invalid-resource',
      tasks: ['a'],
      message:
        'Task "a" needs 3 of "gpu", of which there are 2. Give the resource that capacity, or the task less.',
    })
    expect(problemOf([{ id: 'a', resources: { gpu: Number.NaN } }], { resources })).toMatchObject({
      kind: 'invalid-resource',
      message: 'Task "a" needs NaN of "gpu". Give a number from 0 to 1000000000.',
    })
    for (const amount of [1n, '1', true, Symbol('one')] as unknown[] as number[]) {
      expect(problemOf([{ id: 'a', resources: { gpu: amount } }], { resources }).kind).toBe(
        'invalid-resource',
      )
    }
  })
})

describe('the lower bound [S3-03] [X-03]', () => {
  it('counts in whole minutes when all tasks do', () => {
    expect(planOf(stubborn, { workers: 3, rounds: 0 }).lowerBound).toBe(6)
  })

  it('sees that three tasks in the middle of a short plan do not fit on two workers', () => {
    const tasks = [
      { id: 'first', estimate: 5 },
      ...[0, 1, 2].map((at) => ({ id: `m${at}`, estimate: 5, dependsOn: ['first'] })),
      { id: 'last', estimate: 5, dependsOn: ['m0', 'm1', 'm2'] },
    ]
    const { criticalPath, work, lowerBound } = planOf(tasks, { workers: 2, rounds: 0 })
    expect([criticalPath.length, work / 2, lowerBound]).toEqual([15, 12.5, 18])
  })

  it('counts the work that a resource has to do', () => {
    const tasks = [1, 2, 3].map((units) => ({ id: `t${units}`, estimate: 4, resources: { units } }))
    expect(planOf(tasks, { resources: { units: 4 } })).toMatchObject({
      lowerBound: 6,
      makespan: 8,
    })
  })
})
