import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { TaskStatus } from '../staging/state.ts'
import type { Plan, PlanTask } from './plan.ts'
import type { PlanPatch } from './plan-patch.ts'
import { planTasks } from './plan-tasks.ts'
import { type PlanRevision, revisePlan } from './revise-plan.ts'
import { anyTasks, dependencyIds } from './task-graph.arbitrary.ts'

const names = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', '__proto__']
const anyName = fc.constantFrom(...names)
const anyMinutes = fc.integer({ min: 0, max: 9 })
const anyEdge = fc.record({ task: anyName, dependsOn: anyName })
const anyStatus = fc.constantFrom<TaskStatus>(
  'todo',
  'staged',
  'doing',
  'review',
  'done',
  'failed',
  'cancelled',
)

const anyPatch: fc.Arbitrary<PlanPatch> = fc.record(
  {
    removeDependencies: fc.array(anyEdge, { maxLength: 3 }),
    remove: fc.array(anyName, { maxLength: 2 }),
    change: fc.array(
      fc.oneof(
        fc.record({ task: anyName, estimate: anyMinutes }),
        fc.record({ task: anyName, title: fc.constant('other') }),
      ),
      { maxLength: 2 },
    ),
    add: fc.array(
      fc.record({
        id: anyName,
        estimate: anyMinutes,
        dependsOn: fc.uniqueArray(anyName, { maxLength: 3 }),
      }),
      { maxLength: 4 },
    ),
    addDependencies: fc.array(anyEdge, { maxLength: 5 }),
  },
  { requiredKeys: [] },
)

/** Rounds of improvement look at the order of tasks and dependencies; graph facts do not. */
const options = { rounds: 0 }

const anyStatuses = fc.array(fc.tuple(anyName, anyStatus)).map((entries) => new Map(entries))
const anyHistory = fc.array(fc.tuple(anyPatch, anyStatuses), { minLength: 1, maxLength: 6 })

describe('random sequences of patches [X-12]', () => {
  it('leave a plan whose graph facts are those of a plan made afresh from what was applied', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        let tasks: readonly PlanTask[] = []
        let model: Model = new Map()
        let revision = 0
        for (const [patch, statuses] of history) {
          const result = revisedOf(tasks, patch, { revision, statuses, options })
          model = applied(model, patch, result)
          const fresh = planOf(
            [...model].map(([id, { estimate, dependsOn }]) => ({
              id,
              estimate,
              dependsOn: [...dependsOn],
            })),
          )
          expect(factsOf(result.plan)).toEqual(factsOf(fresh))
          expect(countersOf(result.tasks)).toEqual(
            countersOf(
              [...model].map(([id, { dependsOn }]) => ({ id, dependsOn: [...dependsOn] })),
            ),
          )
          const changed = result.allowed.length + result.restart.length > 0
          expect(result.revision).toBe(revision + (changed ? 1 : 0))
          if (!changed) expect(result.tasks).toEqual(tasks)
          tasks = result.tasks
          revision = result.revision
        }
      }),
      { numRuns: 300 },
    )
  })

  it('never touch what is done, and never take away or hold up what runs', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        let tasks: readonly PlanTask[] = []
        for (const [patch, statuses] of history) {
          const result = revisedOf(tasks, patch, { revision: 1, statuses })
          const after = new Map(result.tasks.map((task) => [task.id, task]))
          for (const task of tasks) {
            const status = statuses.get(task.id)
            const kept = after.get(task.id)
            const removed = new Set(
              result.allowed
                .filter(({ kind }) => kind === 'remove')
                .map((effect) => effect.tasks[0]),
            )
            if (status === 'done') {
              const still = dependencyIds(task).filter((id) => !removed.has(id))
              expect(kept && dependencyIds(kept)).toEqual(still)
              expect({ ...kept, dependsOn: [] }).toEqual({ ...task, dependsOn: [] })
            }
            if (status === 'doing' || status === 'review') {
              const before = new Set(dependencyIds(task))
              const more = dependencyIds(kept!).filter((id) => !before.has(id))
              expect(more.every((id) => statuses.get(id) === 'done')).toBe(true)
              const again = result.restart.map((effect) => effect.tasks[0])
              if (more.length > 0 || kept!.title !== task.title) expect(again).toContain(task.id)
            }
          }
          expect(result.ready).toEqual(
            result.tasks
              .filter(({ id }) => ['todo', 'staged', 'failed'].includes(statuses.get(id) ?? 'todo'))
              .filter((task) => dependencyIds(task).every((id) => statuses.get(id) === 'done'))
              .map(({ id }) => id),
          )
          tasks = result.tasks
        }
      }),
      { numRuns: 300 },
    )
  })

  it('refuse a dependency for a cycle exactly when the plan would have one with it', () => {
    fc.assert(
      fc.property(
        anyTasks({ maxTasks: 7 }),
        fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 6 }),
        (tasks, picks) => {
          fc.pre(tasks.length > 1)
          const addDependencies = picks
            .map(([task, dependsOn]) => ({
              task: tasks[task % tasks.length]!.id,
              dependsOn: tasks[dependsOn % tasks.length]!.id,
            }))
            .filter(({ task, dependsOn }) => task !== dependsOn)
          const result = revisedOf(tasks, { addDependencies }, { revision: 1 })
          let kept: readonly PlanTask[] = tasks
          const cyclic: string[][] = []
          for (const { task, dependsOn } of addDependencies) {
            const tried = kept.map((other) =>
              other.id === task
                ? { ...other, dependsOn: [...(other.dependsOn ?? []), dependsOn] }
                : other,
            )
            if (planTasks(tried).ok) kept = tried
            else cyclic.push([task, dependsOn])
          }
          expect(result.refused.map((effect) => effect.tasks)).toEqual(cyclic)
          for (const {
            path,
            tasks: [task, dependsOn],
          } of result.refused) {
            expect(path!.at(0)).toBe(path!.at(-1))
            const closed = path!.some((id, at) => id === task && path![at + 1] === dependsOn)
            expect(closed).toBe(true)
          }
        },
      ),
    )
  })
})

type Model = ReadonlyMap<string, { readonly estimate: number; readonly dependsOn: Set<string> }>

/** The simplest way to apply what is said to have been applied. */
function applied(before: Model, patch: PlanPatch, { allowed, restart }: PlanRevision): Model {
  const model = new Map(
    [...before].map(([id, { estimate, dependsOn }]) => [
      id,
      { estimate, dependsOn: new Set(dependsOn) },
    ]),
  )
  const effects = [...allowed, ...restart]
  const of = (wanted: string) =>
    effects.filter(({ kind }) => kind === wanted).map((effect) => effect.tasks)
  for (const [task, dependsOn] of of('remove-dependency')) {
    model.get(task!)!.dependsOn.delete(dependsOn!)
  }
  for (const [task] of of('remove')) {
    model.delete(task!)
    for (const { dependsOn } of model.values()) dependsOn.delete(task!)
  }
  const changed = new Set(of('change').flat())
  for (const { task, estimate } of patch.change ?? []) {
    const entry = model.get(task)
    if (changed.has(task) && entry !== undefined && typeof estimate === 'number') {
      model.set(task, { ...entry, estimate })
    }
  }
  for (const [task] of of('add')) {
    const spec = patch.add!.find(({ id, dependsOn }) => id === task && !dependsOn!.includes(id))!
    model.set(task!, {
      estimate: spec.estimate as number,
      dependsOn: new Set(dependencyIds(spec)),
    })
  }
  for (const [task, dependsOn] of of('add-dependency')) {
    model.get(task!)!.dependsOn.add(dependsOn!)
  }
  return model
}

function factsOf(plan: Plan) {
  return {
    layers: plan.layers.map((layer) => layer.toSorted()),
    facts: new Set(plan.facts),
    edges: plan.edges,
    work: plan.work,
    criticalPath: plan.criticalPath.length,
    lowerBound: plan.lowerBound,
    smallestUsefulWorkers: plan.smallestUsefulWorkers,
  }
}

/** How many tasks each waits for, and how many wait for it. */
function countersOf(tasks: readonly PlanTask[]) {
  const dependents = new Map<string, number>()
  for (const id of tasks.flatMap((task) => [...new Set(dependencyIds(task))])) {
    dependents.set(id, (dependents.get(id) ?? 0) + 1)
  }
  return new Map(
    tasks.map((task) => [
      task.id,
      { waitsFor: new Set(dependencyIds(task)).size, waiting: dependents.get(task.id) ?? 0 },
    ]),
  )
}

function revisedOf(...input: Parameters<typeof revisePlan>): PlanRevision {
  const result = revisePlan(...input)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result
}

function planOf(tasks: readonly PlanTask[]): Plan {
  const result = planTasks(tasks, options)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.plan
}
