import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { Plan, PlanOptions, PlanTask } from './plan.ts'
import { planTasks } from './plan-tasks.ts'
import { randomFrom } from './random.ts'
import { allGraphs, shortestMakespan } from './shortest-makespan.arbitrary.ts'
import { anyTasks, dependencyIds } from './task-graph.arbitrary.ts'

const anyWorkers = fc.integer({ min: 1, max: 5 })
const anySeed = fc.maxSafeInteger()
const wholeMinutes = fc.integer({ min: 0, max: 9 })

function planOf(tasks: readonly PlanTask[], options?: PlanOptions): Plan {
  const result = planTasks(tasks, options)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.plan
}

/** Tasks that need up to 3 of three resources, and capacities for all of them. */
const demanding = anyTasks({ maxTasks: 12 }).chain((tasks) =>
  fc.record({
    tasks: fc
      .array(fc.record({ ['__proto__']: fc.nat(3), disk: fc.nat(3), port: fc.nat(1) }), {
        minLength: tasks.length,
        maxLength: tasks.length,
      })
      .map((needs) =>
        tasks.map((task, at): PlanTask => ({ ...task, resources: record(needs[at]!) })),
      ),
    resources: fc
      .record({
        ['__proto__']: fc.integer({ min: 3, max: 6 }),
        disk: fc.integer({ min: 3, max: 9 }),
      })
      .map((capacities) => record({ ...record(capacities), port: 1 })),
  }),
)

function record(values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values))
}

describe('an improved schedule [S3-03] [X-03] [X-04]', () => {
  it('holds every task once, after all it waits for, on a lane nobody else uses then', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 14 }), anyWorkers, anySeed, (tasks, workers, seed) => {
        const plan = planOf(tasks, { workers, seed, rounds: 30 })
        mustBePossible(tasks, plan)
        expect(plan.makespan).toBeLessThanOrEqual(planOf(tasks, { workers, rounds: 0 }).makespan)
        expect(plan.makespan).toBeGreaterThanOrEqual(plan.lowerBound)
      }),
    )
  })

  it('equals brute force on each of the 302 graphs of five tasks, for one to three workers', () => {
    const random = randomFrom(5)
    const graphs = allGraphs(5)
    expect(graphs).toHaveLength(302)
    for (const graph of graphs) mustEqualBruteForce(tasksOf(graph, random))
  })

  it('equals brute force on each of the 5984 graphs of six tasks, for one to three workers', () => {
    const random = randomFrom(6)
    const graphs = allGraphs(6)
    expect(graphs).toHaveLength(5984)
    for (const graph of graphs) mustEqualBruteForce(tasksOf(graph, random))
  }, 60_000)

  it('equals brute force on 2000 random graphs of seven tasks with 2000 rounds, for one to three workers', () => {
    const random = randomFrom(7)
    const graphs = Array.from({ length: 2000 }, () => {
      const share = 0.1 + 0.5 * random()
      return Array.from({ length: 7 }, (_, task) =>
        [...Array(task).keys()].filter(() => random() < share),
      )
    })
    for (const graph of graphs) mustEqualBruteForce(tasksOf(graph, random), { rounds: 2000 })
    expect(new Set(graphs.map((graph) => JSON.stringify(graph))).size).toBeGreaterThan(1500)
  }, 60_000)

  it('never gets longer with more workers, up to sixteen', () => {
    fc.assert(
      fc.property(
        anyTasks({ maxTasks: 24, estimate: wholeMinutes }),
        fc.constantFrom(0, 1, 12),
        (tasks, rounds) => {
          let last = Infinity
          for (let workers = 1; workers <= 16; workers++) {
            const { makespan } = planOf(tasks, { workers, rounds })
            expect(makespan).toBeLessThanOrEqual(last)
            last = makespan
          }
        },
      ),
    )
  })

  it('is the same again for the same seed and rounds, and for those that the plan names', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 14 }), anyWorkers, anySeed, (tasks, workers, seed) => {
        const plan = planOf(tasks, { workers, seed, rounds: 20 })
        const { rounds } = plan
        expect(rounds).toBeLessThanOrEqual(20)
        expect(JSON.stringify(planOf(tasks, { workers, seed, rounds: 20 }))).toBe(
          JSON.stringify(plan),
        )
        expect(JSON.stringify(planOf(tasks, { workers, seed, rounds }))).toBe(JSON.stringify(plan))
      }),
    )
  })
})

describe('a schedule with resources [S3-03] [X-03]', () => {
  it('never uses more of a resource than there is', () => {
    fc.assert(
      fc.property(
        demanding,
        anyWorkers,
        fc.constantFrom(0, 100),
        fc.constantFrom('none' as const, 'stage' as const, 'layer' as const),
        ({ tasks, resources }, workers, rounds, barrier) => {
          const plan = planOf(tasks, { workers, resources, rounds, barrier })
          mustBePossible(tasks, plan)
          mustKeepResources(tasks, resources, plan)
          expect(plan.makespan).toBeGreaterThanOrEqual(plan.lowerBound)
        },
      ),
    )
  })

  it('lets one at a time have what there is one of', () => {
    const tasks = [3, 1, 2].map((estimate, at) => ({
      id: `t${at}`,
      estimate,
      resources: { file: 1 },
    }))
    expect(planOf(tasks, { workers: 3, resources: { file: 1 } })).toMatchObject({
      makespan: 6,
      lowerBound: 6,
    })
  })
})

function tasksOf(graph: readonly number[][], random: () => number): PlanTask[] {
  return graph.map((before, at) => ({
    id: `t${at}`,
    estimate: [1, 2, 5][Math.floor(random() * 3)]!,
    dependsOn: before.map((other) => `t${other}`),
  }))
}

function mustEqualBruteForce(tasks: readonly PlanTask[], options: PlanOptions = {}): void {
  for (let workers = 1; workers <= 3; workers++) {
    const plan = planOf(tasks, { ...options, workers })
    const shortest = shortestMakespan(tasks, workers)
    if (plan.makespan !== shortest || plan.lowerBound > shortest) {
      throw new Error(`${JSON.stringify(tasks)}: ${plan.makespan}, shortest ${shortest}`)
    }
  }
}

function mustBePossible(tasks: readonly PlanTask[], { workers, schedule, makespan }: Plan): void {
  const byTask = new Map(schedule.map((entry) => [entry.task, entry]))
  expect(schedule).toHaveLength(tasks.length)
  expect(byTask.size).toBe(tasks.length)
  for (const task of tasks) {
    for (const dependency of dependencyIds(task)) {
      expect(byTask.get(dependency)!.finish).toBeLessThanOrEqual(byTask.get(task.id)!.start)
    }
  }
  const laneFreeAt = new Map<number, number>()
  for (const { start, finish, lane } of schedule) {
    expect(lane).toBeGreaterThanOrEqual(0)
    expect(lane).toBeLessThan(workers)
    expect(laneFreeAt.get(lane) ?? 0).toBeLessThanOrEqual(start)
    laneFreeAt.set(lane, finish)
  }
  expect(Math.max(0, ...schedule.map(({ finish }) => finish))).toBe(makespan)
}

function mustKeepResources(
  tasks: readonly PlanTask[],
  resources: Readonly<Record<string, number>>,
  { schedule }: Plan,
): void {
  const needs = new Map(tasks.map((task) => [task.id, new Map(Object.entries(task.resources!))]))
  for (const [name, capacity] of Object.entries(resources)) {
    for (const { start: time } of schedule) {
      const used = schedule
        .filter(({ start, finish }) => start <= time && time < finish)
        .reduce((sum, { task }) => sum + (needs.get(task)!.get(name) ?? 0), 0)
      expect(used).toBeLessThanOrEqual(capacity)
    }
  }
}
