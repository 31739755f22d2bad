import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { Plan, PlannedConflict, PlanOptions, PlanTask } from './plan.ts'
import { planTasks } from './plan-tasks.ts'
import { randomFrom } from './random.ts'
import { shortestMakespan } from './shortest-makespan.arbitrary.ts'
import { anyTasks, dependencyIds } from './task-graph.arbitrary.ts'

const anyWorkers = fc.integer({ min: 1, max: 5 })
const anyBarrier = fc.constantFrom('none' as const, 'stage' as const, 'layer' as const)
const wholeMinutes = fc.integer({ min: 0, max: 9 })

/** Tasks and pairs of them, some of which may run at once all the same. */
function conflicting(maxTasks: number, estimate?: fc.Arbitrary<PlanTask['estimate']>) {
  return anyTasks({ maxTasks, ...(estimate === undefined ? {} : { estimate }) }).chain((tasks) => {
    const pair = fc
      .tuple(fc.nat(Math.max(0, tasks.length - 1)), fc.nat(Math.max(0, tasks.length - 1)))
      .filter(([one, other]) => one !== other)
      .map(([one, other]): [string, string] => [tasks[one]!.id, tasks[other]!.id])
    const pairs = (maxLength: number) =>
      fc.array(pair, { maxLength: tasks.length < 2 ? 0 : maxLength, size: 'max' })
    return fc.record({
      tasks: fc.constant(tasks),
      conflicts: pairs(20).map((all) => all.map((two): PlannedConflict => ({ tasks: two }))),
      allow: pairs(3),
    })
  })
}

function planOf(tasks: readonly PlanTask[], options?: PlanOptions): Plan {
  const result = planTasks(tasks, options)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.plan
}

describe('a plan with conflicts [S3-03] [S4-02] [S4-03] [X-03]', () => {
  it('never lets two conflicting tasks overlap, whatever barrier, rounds, lanes and resources', () => {
    fc.assert(
      fc.property(
        conflicting(14),
        anyWorkers,
        anyBarrier,
        fc.constantFrom(0, 1, 30),
        fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
        fc.boolean(),
        ({ tasks, conflicts, allow }, workers, barrier, rounds, lanes, shares) => {
          const needing = shares
            ? tasks.map((task, at): PlanTask => ({ ...task, resources: { disk: at % 3 } }))
            : tasks
          const resources = { disk: 3 }
          const plan = planOf(needing, {
            workers,
            barrier,
            rounds,
            conflicts,
            allow,
            lanes,
            resources,
          })
          mustBePossible(needing, plan)
          mustKeepApart(plan)
          for (const { start: time } of plan.schedule) {
            const held = plan.schedule
              .filter(({ start, finish }) => start <= time && time < finish)
              .map(({ task }) => needing.find(({ id }) => id === task)!.resources?.['disk'] ?? 0)
            expect(held.reduce((sum, units) => sum + units, 0)).toBeLessThanOrEqual(3)
          }
          expect(plan.makespan).toBeGreaterThanOrEqual(plan.lowerBound)
        },
      ),
    )
  })

  it('is as short as the brute-force optimum on small graphs, and its bound is not above that', () => {
    const random = randomFrom(61)
    const wrong: unknown[] = []
    for (let nth = 0; nth < 400; nth++) {
      const { tasks, conflicts } = smallGraph(4 + (nth % 3), random)
      for (let workers = 1; workers <= 3; workers++) {
        const plan = planOf(tasks, { workers, conflicts })
        const shortest = shortestMakespan(tasks, workers, conflicts)
        if (plan.makespan === shortest && plan.lowerBound <= shortest) continue
        wrong.push({ tasks, conflicts, workers, shortest, found: plan.makespan })
      }
    }
    expect(wrong).toEqual([])
  })

  it('never gets longer with more workers, up to sixteen', () => {
    fc.assert(
      fc.property(
        conflicting(20, wholeMinutes),
        fc.constantFrom(0, 1, 12),
        ({ tasks, conflicts }, rounds) => {
          let last = Infinity
          for (let workers = 1; workers <= 16; workers++) {
            const { makespan } = planOf(tasks, { workers, rounds, conflicts })
            expect(makespan).toBeLessThanOrEqual(last)
            last = makespan
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  it('is the same plan under other names when ids change, and for the same seed and rounds', () => {
    fc.assert(
      fc.property(conflicting(12), anyWorkers, ({ tasks, conflicts, allow }, workers) => {
        const renamed = new Map(tasks.map(({ id }, at) => [id, `task ${tasks.length - at}`]))
        const rename = (id: string) => renamed.get(id)!
        const renamePair = ([one, other]: readonly [string, string]) =>
          [rename(one), rename(other)] as const
        const others = tasks.map((task) => ({
          ...task,
          id: rename(task.id),
          dependsOn: dependencyIds(task).map(rename),
        }))
        const plan = planOf(tasks, { workers, conflicts, allow })
        const other = planOf(others, {
          workers,
          conflicts: conflicts.map((one) => ({ tasks: renamePair(one.tasks) })),
          allow: allow.map(renamePair),
        })
        expect(other.schedule).toEqual(
          plan.schedule.map((entry) => ({ ...entry, task: rename(entry.task) })),
        )
        expect(other.batches).toEqual(
          plan.batches.map((batch) => ({ ...batch, tasks: batch.tasks.map(rename) })),
        )
        expect(other.makespan).toBe(plan.makespan)
        const { rounds } = plan
        expect(planOf(tasks, { workers, conflicts, allow, rounds })).toEqual(plan)
      }),
    )
  })

  it('puts no two conflicting tasks into one batch, and every task into one', () => {
    fc.assert(
      fc.property(
        conflicting(14, wholeMinutes),
        anyWorkers,
        ({ tasks, conflicts, allow }, workers) => {
          const plan = planOf(tasks, { workers, conflicts, allow })
          const { batches, facts, layers } = plan
          expect(batches.flatMap((batch) => batch.tasks).toSorted()).toEqual(
            layers.flat().toSorted(),
          )
          const batchOf = new Map(batches.flatMap((one, nth) => one.tasks.map((id) => [id, nth])))
          const factOf = new Map(facts.map((fact) => [fact.task, fact]))
          for (const { tasks: pair, allowed } of plan.conflicts) {
            if (!allowed) expect(batchOf.get(pair[0])).not.toBe(batchOf.get(pair[1]))
          }
          let minutes = 0
          for (const batch of batches) {
            expect(batch.tasks.length).toBeLessThanOrEqual(workers)
            expect(batch.canParallel).toBe(batch.tasks.length > 1)
            const own = batch.tasks.map((id) => factOf.get(id)!)
            expect(new Set(own.map(({ layer }) => layer)).size).toBe(1)
            expect(batch.duration).toBe(Math.max(...own.map(({ estimate }) => estimate)))
            minutes += batch.duration
          }
          expect(plan.barrierMakespan.stage).toBe(minutes)
        },
      ),
    )
  })

  it('is as without conflicts when all of them are allowed', () => {
    fc.assert(
      fc.property(conflicting(12), anyWorkers, ({ tasks, conflicts }, workers) => {
        const allow = conflicts.map(({ tasks: pair }) => pair)
        const { conflicts: kept, ...plan } = planOf(tasks, { workers, conflicts, allow })
        const { conflicts: none, ...free } = planOf(tasks, { workers })
        expect(plan).toEqual(free)
        expect(none).toEqual([])
        expect(kept.every(({ allowed }) => allowed)).toBe(true)
      }),
    )
  })
})

function smallGraph(size: number, random: () => number) {
  const tasks = Array.from({ length: size }, (_, at): PlanTask => ({
    id: `t${at}`,
    estimate: [1, 2, 5][Math.floor(random() * 3)]!,
    dependsOn: Array.from({ length: at }, (__, other) => `t${other}`).filter(() => random() < 0.25),
  }))
  const conflicts: PlannedConflict[] = []
  for (let one = 0; one < size; one++) {
    for (let other = 0; other < one; other++) {
      if (random() < 0.3) conflicts.push({ tasks: [`t${one}`, `t${other}`] })
    }
  }
  return { tasks, conflicts }
}

function mustKeepApart({ conflicts, schedule }: Plan): void {
  const byTask = new Map(schedule.map((entry) => [entry.task, entry]))
  for (const { tasks, allowed } of conflicts) {
    const [one, other] = tasks.map((id) => byTask.get(id)!)
    if (!allowed) expect(one!.start < other!.finish && other!.start < one!.finish).toBe(false)
  }
}

function mustBePossible(tasks: readonly PlanTask[], { laneCap, schedule, lanes }: Plan): void {
  const byTask = new Map(schedule.map((entry) => [entry.task, entry]))
  expect(byTask.size).toBe(tasks.length)
  for (const task of tasks) {
    for (const dependency of dependencyIds(task)) {
      expect(byTask.get(dependency)!.finish).toBeLessThanOrEqual(byTask.get(task.id)!.start)
    }
  }
  expect(lanes.length).toBeLessThanOrEqual(laneCap)
  for (const { lane, tasks: own } of lanes) {
    expect(own).toEqual(schedule.filter((entry) => entry.lane === lane).map(({ task }) => task))
    for (let nth = 1; nth < own.length; nth++) {
      expect(byTask.get(own[nth - 1]!)!.finish).toBeLessThanOrEqual(byTask.get(own[nth]!)!.start)
    }
  }
  expect(lanes.flatMap((lane) => lane.tasks)).toHaveLength(tasks.length)
}
