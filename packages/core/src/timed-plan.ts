import type { PlanOptions, PlanResult, PlanTask } from './plan/plan.ts'
import { planTasks as plan } from './plan/plan-tasks.ts'

/** `planTasks` with the host's clock for `budgetMs` where the caller brings none. */
export function planTasks(tasks: readonly PlanTask[], options: PlanOptions = {}): PlanResult {
  const { budgetMs, now = () => performance.now() } = options
  return plan(tasks, budgetMs === undefined ? options : { ...options, now })
}
