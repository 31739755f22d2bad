import type { PlanOptions, PlanTask } from './plan/plan.ts'
import type { PlanPatch, RunningPlan } from './plan/plan-patch.ts'
import { revisePlan as revise, type RevisionResult } from './plan/revise-plan.ts'
import { type PlanChange, whatIf as ask, type WhatIfResult } from './plan/what-if.ts'
import { timed } from './timed-plan.ts'

/**
 * Plans the tasks twice, as they are and with the change, and says what is different. `options` are
 * those of `planTasks`. Names every problem of tasks, options and change; never throws for them.
 */
export function whatIf(
  tasks: readonly PlanTask[],
  options: PlanOptions,
  change: PlanChange,
): WhatIfResult {
  return ask(tasks, timed(options), change)
}

/**
 * Applies a patch to the tasks of a plan while they are worked on: what may change freely, what needs
 * a restart and what is refused, each with its reason, and the plan after it. `problems` when the
 * tasks before the patch, or the options, are no plan.
 */
export function revisePlan(
  tasks: readonly PlanTask[],
  patch: PlanPatch,
  running: RunningPlan,
): RevisionResult {
  const options = running?.options
  if (options === undefined) return revise(tasks, patch, running)
  return revise(tasks, patch, { ...running, options: timed(options) })
}
