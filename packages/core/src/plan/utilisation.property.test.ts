import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { Plan } from './plan.ts'
import { planTasks } from './plan-tasks.ts'
import { anyTasks } from './task-graph.arbitrary.ts'

/** The share of the workers' time that is worked. */
function utilisation({ work, makespan, workers }: Plan): number {
  return work / (makespan * workers)
}

/** Work for each worker, in critical paths: whether the graph allows to keep them busy. */
function plenty({ work, criticalPath, workers }: Plan): number {
  return work / workers / criticalPath.length
}

describe('how busy a plan keeps its workers [S3-13]', () => {
  it('is at least 80 % wherever there is work for four critical paths for each of them', () => {
    let seen = 0
    const minutes = fc.integer({ min: 1, max: 20 })
    const anyPlan = fc
      .tuple(anyTasks({ maxTasks: 60, estimate: minutes }), fc.integer({ min: 1, max: 4 }))
      .map(([tasks, workers]) => planTasks(tasks, { workers, rounds: 0 }))
    fc.assert(
      fc.property(anyPlan, (result) => {
        if (!result.ok) throw new Error(result.problems[0]!.message)
        if (result.plan.tasks === 0 || plenty(result.plan) < 4) return
        seen += 1
        expect(utilisation(result.plan)).toBeGreaterThanOrEqual(0.8)
      }),
      { numRuns: 300 },
    )
    expect(seen).toBeGreaterThan(10)
  })

  it('is complete where the tasks part into equal chains', () => {
    const tasks = ['a', 'b', 'c'].flatMap((group) => [
      { id: `${group}1`, estimate: 30, epic: group },
      { id: `${group}2`, estimate: 10, epic: group, dependsOn: [`${group}1`] },
      { id: `${group}3`, estimate: 20, epic: group, dependsOn: [`${group}2`] },
    ])
    const result = planTasks(tasks, { workers: 3 })
    expect(result.ok && utilisation(result.plan)).toBe(1)
  })
})
