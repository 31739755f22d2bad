import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { planTasks } from './plan-tasks.ts'
import type { PlanTask } from './plan.ts'
import { anyTasks, dependencyIds } from './task-graph.arbitrary.ts'

describe('cycles [S3-03]', () => {
  it('are found exactly where tasks can reach each other, each with a real path', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 12, cyclic: true, estimate: fc.constant(1) }), (tasks) => {
        const groups = groupsThatReachEachOther(tasks)
        const result = planTasks(tasks)
        const found = result.ok ? [] : result.problems
        expect(found.map((problem) => problem.kind)).toEqual(groups.map(() => 'cycle'))
        found.forEach(({ tasks: path }, nth) => {
          const once = path.slice(0, -1)
          expect(path.at(-1)).toBe(path[0])
          expect(new Set(once).size).toBe(once.length)
          expect(groups[nth]).toEqual(expect.arrayContaining(once))
          once.forEach((id, at) => {
            const task = tasks.find((other) => other.id === id)!
            expect(dependencyIds(task)).toContain(path[at + 1])
          })
        })
      }),
    )
  })
})

describe('bad input [S3-03]', () => {
  it('never makes the planner throw or touch a prototype, and what is refused is explained', () => {
    const anything = fc.oneof(
      fc.anything(),
      fc.record(
        {
          id: fc.anything(),
          dependsOn: fc.oneof(fc.anything(), fc.array(fc.anything())),
          estimate: fc.anything(),
        },
        { requiredKeys: [] },
      ),
    )
    const prototype = Object.getOwnPropertyNames(Object.prototype)
    fc.assert(
      fc.property(fc.array(anything, { minLength: 1 }), (tasks) => {
        const result = planTasks(tasks as unknown as PlanTask[])
        if (!result.ok) expect(result.problems.length).toBeGreaterThan(0)
        for (const { message } of result.ok ? [] : result.problems) {
          expect(message).toMatch(/\.$/)
          expect(message.length).toBeLessThan(3_000)
        }
      }),
    )
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(prototype)
  })
})

/** Warshall's closure: slow, and nothing like the algorithm under test. */
function groupsThatReachEachOther(tasks: readonly PlanTask[]): string[][] {
  const positions = new Map(tasks.map(({ id }, at) => [id, at]))
  const reaches = tasks.map((task) => {
    const row = tasks.map(() => false)
    for (const id of dependencyIds(task)) row[positions.get(id)!] = true
    return row
  })
  for (const [over] of tasks.entries()) {
    for (const row of reaches) {
      if (row[over]!) reaches[over]!.forEach((reached, to) => (row[to] ||= reached))
    }
  }
  const groups = new Map<number, string[]>()
  for (const [at, { id }] of tasks.entries()) {
    if (!reaches[at]![at]) continue
    const first = tasks.findIndex((_, other) => reaches[at]![other]! && reaches[other]![at]!)
    groups.set(first, [...(groups.get(first) ?? []), id])
  }
  return [...groups.values()]
}
