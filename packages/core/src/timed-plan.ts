import { isObject } from './plan/input-problems.ts'
import type { PlanOptions, PlanResult, PlanTask } from './plan/plan.ts'
import { planTasks as plan } from './plan/plan-tasks.ts'

/** `planTasks` with the host's clock for `budgetMs` where the caller brings none. */
export function planTasks(tasks: readonly PlanTask[], options: PlanOptions = {}): PlanResult {
  return plan(tasks, timed(options))
}

/** The options, with a clock where one is needed. What is no options is left for the planner to name. */
export function timed(options: PlanOptions): PlanOptions {
  const given: unknown = options
  if (!isObject(given) || options.budgetMs === undefined) return options
  const { now = () => performance.now() } = options
  return { ...options, now }
}
