import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { PlanTask, ScheduledTask } from './plan.ts'
import { planTasks } from './plan-tasks.ts'
import { simulateSchedule, type SimulationOptions } from './simulate-schedule.ts'
import { anyTasks } from './task-graph.arbitrary.ts'

function forecastOf(tasks: readonly PlanTask[], options?: SimulationOptions) {
  const result = simulateSchedule(tasks, options)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.forecast
}

const anyRange = fc
  .tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }))
  .map(([min, more]) => ({ min, max: min + more }))

describe('simulateSchedule [X-04]', () => {
  it('says by when half of the runs and nine in ten finish', () => {
    const { finish, onPlan } = forecastOf([{ id: 'A', estimate: { min: 0, max: 100 } }], {
      runs: 10_000,
    })
    expect(Math.abs(finish.p50 - 50)).toBeLessThan(2)
    expect(Math.abs(finish.p90 - 90)).toBeLessThan(2)
    expect(Math.abs(finish.mean - 50)).toBeLessThan(2)
    expect(Math.abs(onPlan - 0.5)).toBeLessThan(0.02)
  })

  it('says how often each task holds up the finish', () => {
    const { tasks } = forecastOf(
      [
        { id: 'first', estimate: 1 },
        { id: 'even', estimate: { min: 10, max: 20 }, dependsOn: ['first'] },
        { id: 'likewise', estimate: { min: 10, max: 20 }, dependsOn: ['first'] },
        { id: 'never', estimate: { min: 1, max: 9 }, dependsOn: ['first'] },
      ],
      { workers: 3, runs: 4000 },
    )
    const criticality = new Map(tasks.map((task) => [task.task, task.criticality]))
    expect(criticality.get('first')).toBe(1)
    expect(criticality.get('never')).toBe(0)
    expect(Math.abs(criticality.get('even')! - 0.5)).toBeLessThan(0.04)
    expect(criticality.get('even')! + criticality.get('likewise')!).toBeCloseTo(1)
  })

  it('holds a task critical that others wait for only because there is one worker', () => {
    const { tasks } = forecastOf([{ id: 'A' }, { id: 'B' }], { workers: 1, runs: 3 })
    expect(tasks.map(({ criticality }) => criticality)).toEqual([1, 1])
  })

  it('says plainly that estimates are guesses, and when they say nothing about risk', () => {
    const ranged = forecastOf([
      { id: 'A', estimate: { min: 1, max: 3 } },
      { id: 'B', estimate: 2 },
      { id: 'C' },
    ])
    expect(ranged.estimates).toEqual({ ranges: 1, fixed: 1, assumed: 1 })
    expect(ranged.text).toContain(
      'Estimates are guesses, and this forecast is no better than they are: 1 of 3 tasks have a range, 1 one number that is taken to be exact, 1 none, so theirs is assumed.',
    )
    expect(ranged.text).not.toContain('every run is the same')
    expect(forecastOf([{ id: 'A', estimate: 2 }]).text).toContain('every run is the same')
  })

  it('names every problem of options and tasks', () => {
    const result = simulateSchedule([{ id: 'A', dependsOn: ['Z'] }], {
      workers: 0,
      runs: 0,
      seed: 0.5,
    })
    expect(result.ok ? [] : result.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('workers is 0'),
      expect.stringContaining('runs is 0'),
      expect.stringContaining('seed is 0.5'),
      expect.stringContaining('"Z"'),
    ])
  })

  it('plays the plan it is given: its order, and its finish as what is planned', () => {
    const tasks: PlanTask[] = [
      { id: 'A', estimate: 30 },
      { id: 'B', estimate: { min: 60, max: 120 } },
      { id: 'C', estimate: 45, dependsOn: ['A'] },
      { id: 'D', estimate: 45, dependsOn: ['B', 'C'] },
    ]
    const options = { workers: 2, runs: 50, conflicts: [{ tasks: ['A', 'B'] as const }] }
    const result = planTasks(tasks, options)
    const { schedule, makespan } = result.ok ? result.plan : { schedule: [], makespan: 0 }
    expect(makespan).toBe(165)
    // By urgency the longer of the two that conflict would go first, which ends later.
    expect(forecastOf(tasks, options).planned).toBe(210)
    const forecast = forecastOf(tasks, { ...options, schedule })
    expect(forecast.planned).toBe(165)
    expect(forecast.finish.latest).toBeLessThanOrEqual(30 + 120 + 45)
    expect(forecast.text).toContain('the plan says 165 minutes')
  })

  it.each([
    ['nothing', []],
    ['null', null],
    ['another task', [{ task: 'Z', start: 0, finish: 1, lane: 0 }]],
    ['no times', [{ task: 'A' }]],
    ['no task', [null]],
  ])('refuses a schedule of %s', (_, schedule) => {
    const result = simulateSchedule([{ id: 'A' }], {
      schedule: schedule as unknown as readonly ScheduledTask[],
    })
    expect(result.ok ? [] : result.problems.map(({ kind }) => kind)).toEqual(['invalid-option'])
  })

  it('says that an empty plan is finished at once', () => {
    expect(forecastOf([])).toMatchObject({ planned: 0, onPlan: 1, tasks: [], finish: { p90: 0 } })
  })

  it('says the same again for the same seed, and something else for another', () => {
    const tasks = [{ id: 'A', estimate: { min: 1, max: 1000 } }]
    expect(forecastOf(tasks, { runs: 9, seed: 7 })).toEqual(forecastOf(tasks, { runs: 9, seed: 7 }))
    expect(forecastOf(tasks, { runs: 9, seed: 7 }).finish).not.toEqual(
      forecastOf(tasks, { runs: 9, seed: 8 }).finish,
    )
  })
})

describe('any forecast [X-04]', () => {
  it('lies between the best and the worst that the ranges allow', () => {
    fc.assert(
      fc.property(
        anyTasks({ maxTasks: 8, estimate: anyRange }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer(),
        (tasks, workers, seed) => {
          const { finish } = forecastOf(tasks, { workers, runs: 20, seed })
          const all = [finish.earliest, finish.p50, finish.p90, finish.latest]
          expect(all).toEqual(all.toSorted((left, right) => left - right))
          const total = (of: 'min' | 'max') =>
            tasks.reduce(
              (sum, { estimate }) => sum + (estimate as { min: number; max: number })[of],
              0,
            )
          expect(finish.earliest).toBeGreaterThanOrEqual(total('min') / workers - 1e-6)
          expect(finish.latest).toBeLessThanOrEqual(total('max') + 1e-6)
        },
      ),
    )
  })

  it('without ranges finishes as planned in every run, and something always holds up the finish', () => {
    fc.assert(
      fc.property(
        anyTasks({ maxTasks: 10, estimate: fc.integer({ min: 1, max: 20 }) }),
        fc.integer({ min: 1, max: 3 }),
        (tasks, workers) => {
          const { finish, planned, tasks: each } = forecastOf(tasks, { workers, runs: 2 })
          expect(finish).toEqual({
            earliest: planned,
            mean: planned,
            p50: planned,
            p90: planned,
            latest: planned,
          })
          if (tasks.length > 0) expect(each.some(({ criticality }) => criticality === 1)).toBe(true)
        },
      ),
    )
  })

  it('holds every task critical when there is one worker', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 10, estimate: anyRange }), fc.integer(), (tasks, seed) => {
        const { tasks: each } = forecastOf(tasks, { workers: 1, runs: 3, seed })
        expect(each.every(({ criticality }) => criticality === 1)).toBe(true)
      }),
    )
  })

  it('with workers for all, holds every task without slack critical', () => {
    fc.assert(
      fc.property(
        anyTasks({ maxTasks: 10, estimate: fc.integer({ min: 1, max: 20 }) }),
        (tasks) => {
          const plan = planTasks(tasks, { workers: 10 })
          if (!plan.ok) throw new Error(plan.problems[0]!.message)
          const { tasks: each } = forecastOf(tasks, { workers: 10, runs: 1 })
          plan.plan.facts.forEach(({ slack }, at) => {
            if (slack === 0) expect(each[at]!.criticality).toBe(1)
          })
        },
      ),
    )
  })

  it('never runs two conflicting tasks at once, and counts both as what holds up the finish', () => {
    const tasks = ['a', 'b'].map((id) => ({ id, estimate: { min: 2, max: 4 } }))
    const conflicts = [{ tasks: ['a', 'b'] as const }]
    const apart = simulateSchedule(tasks, { workers: 2, runs: 50, conflicts })
    expect(apart).toMatchObject({
      ok: true,
      forecast: { planned: 6, tasks: [{ criticality: 1 }, { criticality: 1 }] },
    })
    const allowed = simulateSchedule(tasks, {
      workers: 2,
      runs: 50,
      conflicts,
      allow: [['a', 'b']],
    })
    expect(allowed).toEqual(simulateSchedule(tasks, { workers: 2, runs: 50 }))
    expect(simulateSchedule(tasks, { conflicts: [{ tasks: ['a', 'x'] }] })).toMatchObject({
      ok: false,
      problems: [{ kind: 'invalid-conflict' }],
    })
  })
})
