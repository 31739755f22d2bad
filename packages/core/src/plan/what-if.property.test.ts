import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { PlanOptions, PlanTask } from './plan.ts'
import { planTasks } from './plan-tasks.ts'
import { anyTasks, dependencyIds } from './task-graph.arbitrary.ts'
import { type PlanChange, whatIf } from './what-if.ts'

const anyMinutes = fc.integer({ min: 0, max: 9 })
const someTasks = anyTasks({ maxTasks: 10, estimate: anyMinutes }).filter(
  ({ length }) => length > 0,
)

function differs(
  tasks: readonly PlanTask[],
  change: PlanChange,
  asNew: readonly PlanTask[],
  options?: PlanOptions,
) {
  const result = whatIf(tasks, { workers: 2 }, change)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  const before = planTasks(tasks, { workers: 2 })
  const after = planTasks(asNew, { workers: 2, ...options })
  expect({ ok: true, plan: result.before }).toEqual(before)
  expect({ ok: true, plan: result.after }).toEqual(after)
  const { makespan, criticalPath } = result.difference
  expect(makespan.after - makespan.before).toBe(makespan.change)
  expect(criticalPath.after).toEqual(result.after.criticalPath)
  return result
}

describe('what a change comes to [X-04]', () => {
  it('is what planning anew with other workers comes to', () => {
    fc.assert(
      fc.property(someTasks, fc.integer({ min: 1, max: 4 }), (tasks, workers) => {
        differs(tasks, { workers }, tasks, { workers })
        differs(tasks, { addWorkers: workers - 2 }, tasks, { workers })
      }),
    )
  })

  it('is what planning anew with another estimate comes to', () => {
    fc.assert(
      fc.property(someTasks, fc.nat(), anyMinutes, (tasks, pick, minutes) => {
        const task = tasks[pick % tasks.length]!
        const changed = tasks.with(pick % tasks.length, { ...task, estimate: minutes })
        const { difference } = differs(tasks, { estimate: { task: task.id, minutes } }, changed)
        expect(difference.reestimated).toEqual(
          task.estimate === minutes
            ? []
            : [{ task: task.id, before: task.estimate, after: minutes }],
        )
        expect(difference.relayered).toEqual([])
      }),
    )
  })

  it('is what planning anew without the dependency comes to, and never a longer critical path', () => {
    fc.assert(
      fc.property(someTasks, fc.nat(), (tasks, pick) => {
        const edges = tasks.flatMap((task, at) =>
          dependencyIds(task).map((dependsOn) => ({ task, at, dependsOn })),
        )
        fc.pre(edges.length > 0)
        const { task, at, dependsOn } = edges[pick % edges.length]!
        const changed = tasks.with(at, {
          ...task,
          dependsOn: dependencyIds(task).filter((id) => id !== dependsOn),
        })
        const { difference } = differs(
          tasks,
          { removeDependency: { task: task.id, dependsOn } },
          changed,
        )
        expect(difference.edges.change).toBe(-1)
        expect(difference.criticalPath.after.length).toBeLessThanOrEqual(
          difference.criticalPath.before.length,
        )
      }),
    )
  })
})
