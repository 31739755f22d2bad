import { type AnalyzeResult, analyzeTasks, type TaskAnalysis } from './analyze-tasks.ts'
import type { PlanInference, PlanOptions, PlanTask } from './plan.ts'
import { namingInferred, withInferred } from './with-inferred.ts'

export type AssumingResult =
  | (TaskAnalysis & {
      readonly ok: true
      /** With what is inferred among what they wait for. */
      readonly tasks: readonly PlanTask[]
      /** The inferred dependencies that count. */
      readonly inferred: PlanInference[]
    })
  | Extract<AnalyzeResult, { ok: false }>

/**
 * As `analyzeTasks`, whatever the tasks are, with inferred dependencies beside the declared ones; the
 * estimates of those in `assumed` count as none of their own.
 */
export function analyzeAssuming(
  tasks: readonly PlanTask[],
  assumed?: ReadonlySet<string>,
  inferred?: PlanOptions['inferred'],
): AssumingResult {
  const joined = withInferred(tasks, inferred)
  const analysis = analyzeTasks(joined.tasks)
  const problems = analysis.ok
    ? joined.problems
    : joined.problems.concat(
        analysis.problems.map((problem) => namingInferred(problem, joined.inferred)),
      )
  if (!analysis.ok || problems.length > 0) return { ok: false, problems }
  for (const id of assumed ?? []) {
    const task = analysis.index.positions.get(id)
    if (task !== undefined) analysis.estimated[task] = 0
  }
  return { ...analysis, tasks: joined.tasks, inferred: joined.inferred }
}
