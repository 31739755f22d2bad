import { describe, expect, it } from 'vitest'

import { hashPlan } from './hash-plan.ts'
import type { Plan, PlanTask } from './plan.ts'
import { planTasks } from './plan-tasks.ts'

function planOf(tasks: readonly PlanTask[]): Plan {
  const result = planTasks(tasks)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.plan
}

describe('hashPlan [S4-01]', () => {
  const tasks = [
    { id: '__proto__', estimate: 3 },
    { id: 'é', dependsOn: ['__proto__'] },
  ]

  it('is the same for equal plans, however their keys are ordered', () => {
    const plan = planOf(tasks)
    const stored = Object.fromEntries(Object.entries(plan).toReversed()) as unknown as Plan
    expect(hashPlan(plan)).toMatch(/^[0-9a-f]{64}$/)
    expect(hashPlan(stored)).toBe(hashPlan(plan))
    expect(hashPlan(JSON.parse(JSON.stringify(plan)) as Plan)).toBe(hashPlan(plan))
  })

  it('changes with anything in the plan', () => {
    const [first, second] = tasks
    expect(hashPlan(planOf([first!, { ...second!, estimate: 4 }]))).not.toBe(
      hashPlan(planOf(tasks)),
    )
    expect(hashPlan(planOf([second!, first!]))).not.toBe(hashPlan(planOf(tasks)))
  })
})
