import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { Plan, PlanOptions, PlanTask } from './plan.ts'
import { planTasks } from './plan-tasks.ts'
import { anyTasks, dependencyIds } from './task-graph.arbitrary.ts'

const anyWorkers = fc.integer({ min: 1, max: 5 })
const anyBarrier = fc.constantFrom('none' as const, 'stage' as const, 'layer' as const)
const wholeMinutes = fc.integer({ min: 0, max: 9 })

function planOf(tasks: readonly PlanTask[], options?: PlanOptions): Plan {
  const result = planTasks(tasks, options)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.plan
}

describe('any schedule [S3-03] [S4-01] [X-03]', () => {
  it('holds every task once, after all it waits for, on a lane nobody else uses then', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 14 }), anyWorkers, anyBarrier, (tasks, workers, barrier) => {
        const { schedule, makespan } = planOf(tasks, { workers, barrier })
        const byTask = new Map(schedule.map((entry) => [entry.task, entry]))
        expect(schedule).toHaveLength(tasks.length)
        expect(byTask.size).toBe(tasks.length)
        for (const task of tasks) {
          const { start } = byTask.get(task.id)!
          for (const dependency of dependencyIds(task)) {
            expect(byTask.get(dependency)!.finish).toBeLessThanOrEqual(start)
          }
        }
        const laneFreeAt = new Map<number, number>()
        for (const { start, finish, lane } of schedule) {
          expect(lane).toBeLessThan(workers)
          expect(laneFreeAt.get(lane) ?? 0).toBeLessThanOrEqual(start)
          laneFreeAt.set(lane, finish)
        }
        expect(Math.max(0, ...schedule.map(({ finish }) => finish))).toBe(makespan)
      }),
    )
  })

  it('never lets a worker rest while a task could start, without barrier and improvement', () => {
    fc.assert(
      fc.property(
        anyTasks({ maxTasks: 14, estimate: wholeMinutes }),
        anyWorkers,
        (tasks, workers) => {
          const { schedule } = planOf(tasks, { workers, rounds: 0 })
          const byTask = new Map(schedule.map((entry) => [entry.task, entry]))
          for (const task of tasks) {
            const { start } = byTask.get(task.id)!
            const readyAt = Math.max(
              0,
              ...dependencyIds(task).map((dependency) => byTask.get(dependency)!.finish),
            )
            for (let time = readyAt; time < start; time++) {
              const busy = schedule.filter((other) => other.start <= time && time < other.finish)
              expect(busy).toHaveLength(workers)
            }
          }
        },
      ),
    )
  })

  it('is never shorter than its lower bound, nor that shorter than critical path or work per worker', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 14 }), anyWorkers, anyBarrier, (tasks, workers, barrier) => {
        const plan = planOf(tasks, { workers, barrier })
        const bound = Math.max(plan.criticalPath.length, plan.work / workers)
        expect(plan.lowerBound).toBeGreaterThanOrEqual(bound * (1 - 1e-9))
        expect(plan.makespan).toBeGreaterThanOrEqual(plan.lowerBound)
        expect(plan.gap).toBeGreaterThanOrEqual(0)
      }),
    )
  })

  it('needs exactly the critical path when workers are no limit', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 14 }), (tasks) => {
        const plan = planOf(tasks, { workers: 1_000_000 })
        expect(plan.makespan).toBe(plan.criticalPath.length)
      }),
    )
  })

  it('stands between the true optimum and the guarantee of list scheduling on small graphs', () => {
    fc.assert(
      fc.property(
        anyTasks({ maxTasks: 6, estimate: wholeMinutes }),
        fc.integer({ min: 1, max: 3 }),
        (tasks, workers) => {
          const plan = planOf(tasks, { workers })
          const best = optimum(tasks, workers)
          expect(plan.lowerBound).toBeLessThanOrEqual(best)
          expect(plan.makespan).toBeGreaterThanOrEqual(best)
          expect(plan.makespan).toBeLessThanOrEqual((2 - 1 / workers) * best)
        },
      ),
    )
  })
})

describe('what a plan says about its tasks [X-04] [S3-03]', () => {
  it('has a critical path of tasks that wait for each other and have no slack', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 14, estimate: wholeMinutes }), (tasks) => {
        const plan = planOf(tasks)
        const byId = new Map(tasks.map((task) => [task.id, task]))
        const facts = new Map(plan.facts.map((fact) => [fact.task, fact]))
        let length = 0
        plan.criticalPath.tasks.forEach((task, nth) => {
          length += facts.get(task)!.estimate
          expect(facts.get(task)!.slack).toBe(0)
          if (nth > 0) {
            expect(dependencyIds(byId.get(task)!)).toContain(plan.criticalPath.tasks[nth - 1])
          }
        })
        expect(length).toBe(plan.criticalPath.length)
      }),
    )
  })

  it('gives each task the slack by which it can grow before the critical path does', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 10, estimate: wholeMinutes }), fc.nat(), (tasks, pick) => {
        fc.pre(tasks.length > 0)
        const plan = planOf(tasks)
        const at = pick % tasks.length
        const grownBy = (minutes: number) =>
          planOf(tasks.with(at, { ...tasks[at]!, estimate: plan.facts[at]!.estimate + minutes }))
            .criticalPath.length
        expect(grownBy(plan.facts[at]!.slack)).toBe(plan.criticalPath.length)
        expect(grownBy(plan.facts[at]!.slack + 1)).toBe(plan.criticalPath.length + 1)
      }),
    )
  })

  it('names the least number of workers that reaches the critical path', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 12, estimate: wholeMinutes }), (tasks) => {
        fc.pre(tasks.length > 0)
        const { criticalPath, smallestUsefulWorkers } = planOf(tasks, { workers: 99, rounds: 0 })
        let workers = 1
        while (planOf(tasks, { workers, rounds: 0 }).makespan > criticalPath.length) workers++
        expect(smallestUsefulWorkers).toBe(workers)
        const improved = planOf(tasks, { workers: Math.max(1, workers - 1) })
        const useful = improved.makespan > criticalPath.length ? workers : improved.workers
        expect(improved.smallestUsefulWorkers).toBe(useful)
      }),
    )
  })

  it('cuts layers into batches that hold every task once and point at what they wait for', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 14 }), anyWorkers, (tasks, workers) => {
        const { batches, layers } = planOf(tasks, { workers })
        expect(batches.flatMap((batch) => batch.tasks)).toEqual(layers.flat())
        const batchOf = new Map(
          batches.flatMap(({ tasks: ids }, nth) => ids.map((id) => [id, nth])),
        )
        const byId = new Map(tasks.map((task) => [task.id, task]))
        batches.forEach((batch, nth) => {
          expect(batch.tasks.length).toBeLessThanOrEqual(workers)
          expect(batch.canParallel).toBe(batch.tasks.length > 1)
          const waitsFor = batch.tasks.flatMap((id) =>
            dependencyIds(byId.get(id)!).map((dependency) => batchOf.get(dependency)!),
          )
          expect(batch.dependsOn).toEqual(
            [...new Set(waitsFor)].toSorted((left, right) => left - right),
          )
          expect(batch.dependsOn.every((other) => other < nth)).toBe(true)
        })
      }),
    )
  })

  it('predicts for each barrier what a plan under that barrier takes', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 14 }), anyWorkers, (tasks, workers) => {
        const { barrierMakespan } = planOf(tasks, { workers })
        const stage = planOf(tasks, { workers, barrier: 'stage' })
        const layer = planOf(tasks, { workers, barrier: 'layer' })
        expect(stage.makespan).toBe(barrierMakespan.stage)
        expect(layer.makespan).toBe(barrierMakespan.layer)
      }),
    )
  })
})

describe('the order of the input [S3-03]', () => {
  it('is all that decides between equals: other ids give the same plan under other names', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 12 }), anyWorkers, (tasks, workers) => {
        const renamed = new Map(tasks.map(({ id }, at) => [id, `task ${tasks.length - at}`]))
        const rename = (id: string) => renamed.get(id)!
        const others = tasks.map((task) => ({
          ...task,
          id: rename(task.id),
          dependsOn: dependencyIds(task).map(rename),
        }))
        const { warnings: _, ...plan } = planOf(tasks, { workers })
        const { warnings: __, ...other } = planOf(others, { workers })
        expect(other).toEqual(relabelled(plan, rename))
      }),
    )
  })

  it('never changes layers, bounds, critical length or slack', () => {
    fc.assert(
      fc.property(
        anyTasks({ maxTasks: 12, estimate: wholeMinutes }).chain((tasks) =>
          fc.tuple(fc.constant(tasks), fc.shuffledSubarray(tasks, { minLength: tasks.length })),
        ),
        ([tasks, shuffled]) => {
          const plan = planOf(tasks)
          const other = planOf(shuffled)
          expect(other.layers.map((layer) => layer.toSorted())).toEqual(
            plan.layers.map((layer) => layer.toSorted()),
          )
          expect(other.work).toBe(plan.work)
          expect(other.lowerBound).toBe(plan.lowerBound)
          expect(other.criticalPath.length).toBe(plan.criticalPath.length)
          expect(new Set(other.facts)).toEqual(new Set(plan.facts))
        },
      ),
    )
  })
})

/** The shortest makespan of all, by trying every order and starting each task as early as it fits. */
function optimum(tasks: readonly PlanTask[], workers: number): number {
  const given = tasks.map(({ estimate }) => estimate as number)
  const before = tasks.map((task) =>
    dependencyIds(task).map((id) => tasks.findIndex((other) => other.id === id)),
  )
  const starts: number[] = []
  const placed: number[] = []
  let best = Infinity
  place(0)
  return best

  function place(latest: number) {
    if (placed.length === tasks.length) best = Math.min(best, latest)
    for (let task = 0; task < tasks.length; task++) {
      if (placed.includes(task) || !before[task]!.every((other) => placed.includes(other))) continue
      starts[task] = earliest(task)
      placed.push(task)
      place(Math.max(latest, starts[task]! + given[task]!))
      placed.pop()
    }
  }

  function earliest(task: number): number {
    let start = Math.max(0, ...before[task]!.map((other) => starts[other]! + given[other]!))
    while (!fits(start, start + given[task]!)) start++
    return start
  }

  function fits(start: number, finish: number): boolean {
    for (let time = start; time < finish; time++) {
      const busy = placed.filter(
        (task) => starts[task]! <= time && time < starts[task]! + given[task]!,
      )
      if (busy.length >= workers) return false
    }
    return true
  }
}

function relabelled(plan: Omit<Plan, 'warnings'>, rename: (id: string) => string) {
  return {
    ...plan,
    layers: plan.layers.map((layer) => layer.map(rename)),
    criticalPath: { ...plan.criticalPath, tasks: plan.criticalPath.tasks.map(rename) },
    schedule: plan.schedule.map((entry) => ({ ...entry, task: rename(entry.task) })),
    facts: plan.facts.map((fact) => ({ ...fact, task: rename(fact.task) })),
    batches: plan.batches.map((batch) => ({ ...batch, tasks: batch.tasks.map(rename) })),
    lanes: plan.lanes.map((lane) => ({ ...lane, tasks: lane.tasks.map(rename) })),
    conflicts: plan.conflicts.map((conflict) => ({
      ...conflict,
      tasks: conflict.tasks.map(rename),
    })),
  }
}
