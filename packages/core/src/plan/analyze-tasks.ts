import { criticalTasks, earliestFinishes, tails } from './critical-path.ts'
import { cycles } from './cycles.ts'
import { listProblems } from './input-problems.ts'
import { indexTasks, type TaskIndex } from './index-tasks.ts'
import { layersOf, type Layers } from './layers.ts'
import type { PlanTask, PlanWarning, Problem } from './plan.ts'
import { plannedDurations } from './planned-durations.ts'

/** What can be said of tasks before anybody asks how many workers there are. */
export interface TaskAnalysis {
  readonly index: TaskIndex
  readonly layers: Layers
  /** Minutes to plan with, by input position; 1 in `estimated` where the task brought them itself. */
  readonly durations: Float64Array
  readonly estimated: Uint8Array
  /** Earliest finish of each task. */
  readonly finishes: Float64Array
  /** The longest way from the start of each task to the end: start the longest first. */
  readonly tails: Float64Array
  readonly criticalPath: { readonly length: number; readonly tasks: readonly number[] }
  readonly warnings: PlanWarning[]
}

export type AnalyzeResult =
  | ({ readonly ok: true } & TaskAnalysis)
  | { readonly ok: false; readonly problems: Problem[] }

/**
 * Checks ids, dependencies and estimates, and finds layers, tails and the critical path, in time and
 * memory linear in tasks and dependencies. All problems are reported, not only the first.
 */
export function analyzeTasks(tasks: readonly PlanTask[]): AnalyzeResult {
  const unreadable = listProblems('tasks', tasks)
  if (unreadable.length > 0) return { ok: false, problems: unreadable }
  const { index, problems, warnings } = indexTasks(tasks)
  const { durations, estimated, problems: estimateProblems } = plannedDurations(tasks)
  const layers = layersOf(index)
  const found = problems.concat(
    estimateProblems,
    layers.order.length < index.size ? cycles(index) : [],
  )
  if (found.length > 0) return { ok: false, problems: found }

  return {
    ok: true,
    index,
    layers,
    durations,
    estimated,
    ...chainsOf(index, layers, durations),
    warnings,
  }
}

/** What the longest chains say: how early a task can finish, how urgent it is, what cannot be shortened. */
export function chainsOf(
  index: TaskIndex,
  { order }: Layers,
  durations: Float64Array,
): Pick<TaskAnalysis, 'finishes' | 'tails' | 'criticalPath'> {
  const finishes = earliestFinishes(index, order, durations)
  const critical = criticalTasks(index, finishes)
  const last = critical.at(-1)
  return {
    finishes,
    tails: tails(index, order, durations),
    criticalPath: { length: last === undefined ? 0 : finishes[last]!, tasks: critical },
  }
}
