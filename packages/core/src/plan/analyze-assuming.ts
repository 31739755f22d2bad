import { type AnalyzeResult, analyzeTasks } from './analyze-tasks.ts'
import { listProblems } from './input-problems.ts'
import type { PlanTask } from './plan.ts'

/**
 * As `analyzeTasks`, whatever the tasks are; the estimates of those in `assumed` count as none of their
 * own.
 */
export function analyzeAssuming(
  tasks: readonly PlanTask[],
  assumed?: ReadonlySet<string>,
): AnalyzeResult {
  const problems = listProblems('tasks', tasks)
  if (problems.length > 0) return { ok: false, problems }
  const analysis = analyzeTasks(tasks)
  if (!analysis.ok) return analysis
  for (const id of assumed ?? []) {
    const task = analysis.index.positions.get(id)
    if (task !== undefined) analysis.estimated[task] = 0
  }
  return analysis
}
