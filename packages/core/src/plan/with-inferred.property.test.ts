import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { planTasks } from './plan-tasks.ts'
import { anyTasks, dependencyIds } from './task-graph.arbitrary.ts'

describe('any dependencies that somebody infers [S3-03] [X-04]', () => {
  const places = fc.nat(9)
  const edges = fc.array(fc.tuple(places, places, fc.double({ min: 0, max: 1, noNaN: true })), {
    maxLength: 12,
  })

  it('plan exactly as if they were declared, or are problems that name them', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 10 }), edges, (tasks, pairs) => {
        const inferred = pairs.flatMap(([one, other, confidence]) => {
          const [task, dependsOn] = [tasks[one]?.id, tasks[other]?.id]
          if (task === undefined || dependsOn === undefined) return []
          return [{ task, dependsOn, source: 'text', confidence, evidence: 'it says so' }]
        })
        const position = new Map(tasks.map(({ id }, at) => [id, at]))
        const isLater = (edge: (typeof inferred)[number]) =>
          position.get(edge.task)! > position.get(edge.dependsOn)!
        const declared = tasks.map((task) => ({
          ...task,
          dependsOn: [
            ...dependencyIds(task),
            ...inferred
              .filter((edge) => edge.task === task.id && isLater(edge))
              .map(({ dependsOn }) => dependsOn),
          ],
        }))
        const result = planTasks(tasks, { inferred })
        const wanted = planTasks(declared)
        const against = inferred.filter((edge) => !isLater(edge))
        expect(result.ok).toBe(wanted.ok && against.length === 0)
        if (!result.ok) {
          const kinds = result.problems.map(({ kind }) => kind)
          const named = kinds.filter((kind) => kind === 'against-order' || kind === 'self')
          expect(named).toHaveLength(against.length)
          expect(kinds.includes('cycle')).toBe(!wanted.ok)
          return
        }
        if (!wanted.ok) return
        const { inferred: found, ...plan } = result.plan
        const { inferred: none, ...same } = wanted.plan
        expect({ ...plan, warnings: [] }).toEqual({ ...same, warnings: [] })
        expect(none).toEqual([])
        for (const edge of found) {
          expect(isLater(edge)).toBe(true)
          expect(dependencyIds(tasks[position.get(edge.task)!]!)).not.toContain(edge.dependsOn)
        }
      }),
      { numRuns: 300 },
    )
  })
})
