import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { planTasks } from '../plan/plan-tasks.ts'
import { anyTasks } from '../plan/task-graph.arbitrary.ts'
import { generations } from './generations.ts'
import { toGraph } from './to-graph.ts'

describe('layers [S3-03]', () => {
  it('are the generations that graphology-dag finds', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 30 }), (tasks) => {
        const result = planTasks(tasks)
        expect(result.ok && result.plan.layers).toEqual(generations(toGraph(tasks)))
      }),
    )
  })

  it('are missing exactly when graphology-dag finds no generations', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 8, cyclic: true }), (tasks) => {
        const graph = toGraph(tasks)
        if (planTasks(tasks).ok) expect(() => generations(graph)).not.toThrow()
        else expect(() => generations(graph)).toThrow('wait for each other')
      }),
    )
  })
})
