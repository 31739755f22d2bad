import type { PlanOptions, PlanResult, PlanTask } from './plan/plan.ts'
import { planTasks as plan } from './plan/plan-tasks.ts'

/** `planTasks` with the host's clock for `budgetMs` where the caller brings none. */
export function planTasks(tasks: readonly PlanTask[], options: PlanOptions = {}): PlanResult {
  return plan(tasks, timed(options))
}

/** The options, with a clock where one is needed. */
export function timed(options: PlanOptions): PlanOptions {
  const { budgetMs, now = () => performance.now() } = options
  return budgetMs === undefined ? options : { ...options, now }
}
