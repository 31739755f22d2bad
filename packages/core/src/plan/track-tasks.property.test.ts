import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { analyzeTasks } from './analyze-tasks.ts'
import { simpleBound } from './lower-bound.ts'
import { planTasks } from './plan-tasks.ts'
import type { PlanTask } from './plan.ts'
import { anyEstimate, anyTasks, dependencyIds } from './task-graph.arbitrary.ts'
import { trackTasks, type TrackedTasks } from './track-tasks.ts'

/** A patch names tasks by number, over those there are when it comes. */
const anyPatch = fc.oneof(
  fc.record({ kind: fc.constant('finish' as const), task: fc.nat() }),
  fc.record({
    kind: fc.constant('add' as const),
    dependencies: fc.array(fc.nat(), { maxLength: 3 }),
    estimate: anyEstimate,
  }),
  fc.record({ kind: fc.constant('connect' as const), task: fc.nat(), other: fc.nat() }),
  fc.record({ kind: fc.constant('connect' as const), task: fc.nat(), other: fc.nat() }),
  fc.record({ kind: fc.constant('disconnect' as const), task: fc.nat(), other: fc.nat() }),
  fc.record({ kind: fc.constant('estimate' as const), task: fc.nat(), estimate: anyEstimate }),
)
type Patch = typeof anyPatch extends fc.Arbitrary<infer Value> ? Value : never

describe('tracked tasks [S3-03, X-12]', () => {
  it('know after any patches what a plan from scratch finds', () => {
    fc.assert(
      fc.property(
        anyTasks({ maxTasks: 10 }),
        fc.array(anyPatch, { maxLength: 40, size: 'max' }),
        (tasks, patches) => {
          const tracked = track(tasks)
          const model = new Model(tasks)
          patches.forEach((patch, nth) => {
            const before = new Set(model.ready())
            const { result, refused } = applied(patch, nth, tracked, model)
            expect(result.ok).toBe(!refused)
            if (result.ok) {
              expect(result.ready).toEqual(model.ready().filter((id) => !before.has(id)))
            }
            // Not after every patch: what is kept between two questions must be right, too.
            if (nth % 3 === 0) mustAgree(tracked, model)
          })
          mustAgree(tracked, model)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('refuse exactly the dependencies that close a cycle, each with the whole of one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 14 }),
        fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 80, size: 'max' }),
        (size, pairs) => {
          const ids = Array.from({ length: size }, (_, task) => `t${task}`)
          const tracked = track(ids.map((id) => ({ id })))
          const model = new Model(ids.map((id) => ({ id })))
          for (const [one, other] of pairs) {
            const [task, dependsOn] = [ids[one % size]!, ids[other % size]!]
            if (task === dependsOn) continue
            const closes = model.waitsFor(dependsOn, task)
            const result = tracked.addDependency(task, dependsOn)
            expect(result.ok).toBe(!closes)
            if (result.ok) {
              model.connect(task, dependsOn)
              continue
            }
            const [{ kind, tasks: path, message }] = result.problems as [
              (typeof result.problems)[0],
            ]
            expect(kind).toBe('cycle')
            expect(path.slice(0, 2)).toEqual([task, dependsOn])
            expect(path.at(-1)).toBe(task)
            expect(new Set(path).size).toBe(path.length - 1)
            for (let at = 1; at + 1 < path.length; at++) {
              expect(model.dependencies.get(path[at]!)!.has(path[at + 1]!)).toBe(true)
            }
            expect(message).toContain(path.join(' -> '))
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

/** The same on Maps and Sets, as plainly as it can be said. */
class Model {
  readonly dependencies = new Map<string, Set<string>>()
  readonly estimates = new Map<string, PlanTask['estimate']>()
  readonly done = new Set<string>()

  constructor(tasks: readonly PlanTask[]) {
    for (const task of tasks) {
      this.dependencies.set(task.id, new Set(dependencyIds(task)))
      this.estimates.set(task.id, task.estimate)
    }
  }

  get ids(): string[] {
    return [...this.dependencies.keys()]
  }

  connect(task: string, dependsOn: string): void {
    this.dependencies.get(task)!.add(dependsOn)
  }

  ready(): string[] {
    return this.ids.filter((id) => !this.done.has(id) && this.open(id) === 0)
  }

  open(id: string): number {
    return [...this.dependencies.get(id)!].filter((other) => !this.done.has(other)).length
  }

  waitsFor(task: string, other: string): boolean {
    const reached = new Set([task])
    for (const id of reached) for (const next of this.dependencies.get(id)!) reached.add(next)
    return reached.has(other)
  }

  tasks(): PlanTask[] {
    return this.ids.map((id) => ({
      id,
      dependsOn: [...this.dependencies.get(id)!],
      estimate: this.estimates.get(id),
    }))
  }
}

function track(tasks: readonly PlanTask[]): TrackedTasks {
  const result = trackTasks(tasks)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.tracked
}

function applied(patch: Patch, nth: number, tracked: TrackedTasks, model: Model) {
  const { ids } = model
  const pick = (number: number) => ids[number % Math.max(1, ids.length)] ?? 'nobody'
  if (patch.kind === 'add') {
    const id = `added ${nth}`
    const dependsOn = ids.length === 0 ? [] : [...new Set(patch.dependencies.map(pick))]
    const result = tracked.add({ id, dependsOn, estimate: patch.estimate })
    model.dependencies.set(id, new Set(dependsOn))
    model.estimates.set(id, patch.estimate)
    return { result, refused: false }
  }
  const task = pick(patch.task)
  const missing = ids.length === 0
  if (patch.kind === 'finish') {
    const result = tracked.finish(task)
    if (!missing) model.done.add(task)
    return { result, refused: missing }
  }
  if (patch.kind === 'estimate') {
    const result = tracked.changeEstimate(task, patch.estimate)
    if (!missing) model.estimates.set(task, patch.estimate)
    return { result, refused: missing }
  }
  const other = pick(patch.other)
  if (patch.kind === 'connect') {
    const result = tracked.addDependency(task, other)
    const refused = missing || model.waitsFor(other, task)
    if (!refused) model.connect(task, other)
    return { result, refused }
  }
  const result = tracked.removeDependency(task, other)
  return { result, refused: model.dependencies.get(task)?.delete(other) !== true }
}

function mustAgree(tracked: TrackedTasks, model: Model): void {
  const tasks = model.tasks()
  // In what order a task names what it waits for means nothing.
  const inOrder = ({ id, dependsOn, estimate }: PlanTask) => [id, dependsOn?.toSorted(), estimate]
  expect(tracked.tasks().map(inOrder)).toEqual(tasks.map(inOrder))
  expect(tracked.ready()).toEqual(model.ready())
  for (const id of model.ids) {
    expect(tracked.openDependencies(id)).toBe(model.open(id))
    expect(tracked.isDone(id)).toBe(model.done.has(id))
    expect(tracked.isReady(id)).toBe(!model.done.has(id) && model.open(id) === 0)
  }
  const fresh = analyzeTasks(tasks)
  if (!fresh.ok) throw new Error(fresh.problems[0]!.message)
  const { ok: _, warnings: __, ...facts } = fresh
  expect(tracked.analysis()).toEqual(facts)
  const work = facts.durations.reduce((sum, minutes) => sum + minutes, 0)
  expect(tracked.lowerBound(2)).toBe(simpleBound(fresh, work, 2))
  const planned = planTasks(tasks, { workers: 2, rounds: 0 })
  // The plan takes no bound above its schedule, whose sums may differ in their last digit.
  expect(planned.ok && planned.plan.lowerBound).toBeGreaterThanOrEqual(
    tracked.lowerBound(2) * (1 - 1e-12),
  )
}
