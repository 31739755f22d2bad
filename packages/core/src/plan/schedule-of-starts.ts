import type { Schedule } from './list-schedule.ts'

/**
 * The schedule of tasks whose starts are known. `topological` has dependencies first; milestones
 * without duration come in that order, before the tasks that start at the same moment.
 */
export function scheduleOfStarts(
  starts: Float64Array,
  durations: Float64Array,
  topological: Int32Array,
): Schedule {
  const finishes = starts.map((start, task) => start + durations[task]!)
  const order = topological.slice().sort((one, other) => {
    return starts[one]! - starts[other]! || finishes[one]! - finishes[other]!
  })
  const finished = order.slice().sort((one, other) => finishes[one]! - finishes[other]!)
  const last = finished.at(-1)
  return {
    starts: starts.slice(),
    order,
    finished,
    makespan: last === undefined ? 0 : finishes[last]!,
  }
}
