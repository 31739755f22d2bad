import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import published from '../../schema/plan.json' with { type: 'json' }
import { planJsonSchema, planSchema } from './plan-schema.ts'
import { planTasks } from './plan-tasks.ts'
import { anyTasks } from './task-graph.arbitrary.ts'

describe('the schema of a plan [S4-01]', () => {
  it('accepts every plan as it is', () => {
    fc.assert(
      fc.property(anyTasks({ maxTasks: 10 }), (tasks) => {
        const result = planTasks(tasks)
        if (!result.ok) throw new Error(result.problems[0]!.message)
        expect(planSchema.parse(result.plan)).toEqual(result.plan)
      }),
    )
  })

  it('is published as JSON Schema: run `npm run schema` when this fails', () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(planJsonSchema())))
  })

  it('names every part of a plan and nothing else', () => {
    const result = planTasks([])
    if (!result.ok) throw new Error(result.problems[0]!.message)
    expect(published).toMatchObject({ type: 'object', additionalProperties: false })
    expect(published.required.toSorted()).toEqual(Object.keys(result.plan).toSorted())
  })

  it('refuses a plan with something added to it', () => {
    const result = planTasks([])
    expect(result.ok && planSchema.safeParse({ ...result.plan, wave: 1 }).success).toBe(false)
  })
})
