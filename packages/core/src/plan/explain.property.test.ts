import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { explain } from './explain.ts'
import { planTasks } from './plan-tasks.ts'
import { anyTasks, dependencyIds } from './task-graph.arbitrary.ts'

const anyBarrier = fc.constantFrom('none' as const, 'stage' as const, 'layer' as const)

describe('an explanation [X-04]', () => {
  it('is true to the schedule, whatever the tasks', () => {
    fc.assert(
      fc.property(
        anyTasks({ maxTasks: 12, estimate: fc.integer({ min: 0, max: 9 }) }),
        fc.integer({ min: 1, max: 4 }),
        anyBarrier,
        (tasks, workers, barrier) => {
          const result = planTasks(tasks, { workers, barrier })
          if (!result.ok) throw new Error(result.problems[0]!.message)
          const { plan } = result
          const places = new Map(plan.schedule.map((entry) => [entry.task, entry]))
          for (const task of tasks) {
            const { decidedBy, start, readyAt, ...found } = explain(tasks, plan, task.id)
            const declared = dependencyIds(task)
            const finishes = declared.map((id) => places.get(id)!.finish)
            expect(readyAt).toBe(Math.max(0, ...finishes))
            expect(decidedBy.kind === 'nothing').toBe(start === 0)
            expect(found.waitsFor.map((other) => other.task).toSorted()).toEqual(
              declared.toSorted(),
            )
            if (start > 0) expect(decidedBy.kind === 'dependencies').toBe(start === readyAt)
            for (const other of decidedBy.tasks) expect(places.get(other)!.finish).toBe(start)
            const busy = plan.schedule.filter(
              (other) => other.start < start && other.finish >= start,
            )
            if (decidedBy.kind === 'workers') expect(busy).toHaveLength(workers)
            if (decidedBy.kind === 'barrier') expect(barrier).not.toBe('none')
            expect(found.text).not.toBe('')
          }
        },
      ),
    )
  })

  it('counts exactly the tasks that cannot start before', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 12 }), (tasks) => {
        const result = planTasks(tasks)
        if (!result.ok) throw new Error(result.problems[0]!.message)
        for (const { id } of tasks) {
          const reached = new Set([id])
          for (let grown = true; grown;) {
            const size = reached.size
            for (const task of tasks) {
              if (dependencyIds(task).some((other) => reached.has(other))) reached.add(task.id)
            }
            grown = reached.size > size
          }
          const { unlocks } = explain(tasks, result.plan, id)
          expect(unlocks.behind).toBe(reached.size - 1)
          expect(unlocks.directly).toEqual(
            tasks.filter((task) => dependencyIds(task).includes(id)).map((task) => task.id),
          )
        }
      }),
    )
  })
})
