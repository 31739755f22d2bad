import type { EstimateRange, PlanTask, Problem } from './plan.ts'
import { listProblems } from './input-problems.ts'
import { shown } from './shown.ts'
import { onlyIds, taskNamed } from './task-named.ts'

export interface PlannedDurations {
  /** Minutes by input position. */
  readonly durations: Float64Array
  /** 1 where the task brought its own estimate. */
  readonly estimated: Uint8Array
  readonly problems: Problem[]
}

/**
 * Minutes to plan with: the estimate, the mean of a range, and for tasks without one the median of
 * those given - 1 when none are.
 */
export function plannedDurations(tasks: readonly PlanTask[]): PlannedDurations {
  const problems = listProblems('tasks', tasks)
  const size = problems.length > 0 ? 0 : tasks.length
  const durations = new Float64Array(size)
  const estimated = new Uint8Array(size)
  for (let task = 0; task < size; task++) {
    const estimate = tasks[task]?.estimate
    if (estimate === undefined || estimate === null) continue
    const minutes = typeof estimate === 'number' ? estimate : mean(estimate)
    if (minutes >= 0 && minutes <= longest) {
      durations[task] = minutes
      estimated[task] = 1
    } else {
      problems.push(invalidEstimate(tasks[task]!, task))
    }
  }
  return { durations: withAssumed(durations, estimated), estimated, problems }
}

/** Fills in the median of the estimates that were given, 1 without any, where there is none. */
export function withAssumed(durations: Float64Array, estimated: Uint8Array): Float64Array {
  if (!estimated.includes(0)) return durations
  const assumed = median(durations.filter((_, task) => estimated[task] === 1))
  for (let task = 0; task < durations.length; task++) {
    if (estimated[task] === 0) durations[task] = assumed
  }
  return durations
}

/** Keeps sums of a million estimates exact enough to compare; some two thousand years. */
const longest = 1e9

function mean(range: EstimateRange): number {
  const ordered =
    typeof range.min === 'number' && typeof range.max === 'number' && range.min <= range.max
  return ordered && range.min >= 0 ? (range.min + range.max) / 2 : Number.NaN
}

function median(values: Float64Array): number {
  if (values.length === 0) return 1
  values.sort()
  const middle = values.length >> 1
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2
}

function invalidEstimate({ id, estimate }: PlanTask, position: number): Problem {
  const value =
    typeof estimate === 'object'
      ? `{ min: ${shown(estimate.min)}, max: ${shown(estimate.max)} }`
      : shown(estimate)
  return {
    kind: 'invalid-estimate',
    tasks: onlyIds(id),
    message: `${taskNamed(id, position)} has the estimate ${value}. An estimate is minutes from 0 to ${longest}, or { min, max } of such with min not above max.`,
  }
}
