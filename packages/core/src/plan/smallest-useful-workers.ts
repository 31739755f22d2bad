import type { TaskAnalysis } from './analyze-tasks.ts'
import { afterDependencies, listSchedule } from './list-schedule.ts'

/**
 * The least number of workers with which the list schedule is as short as with any number of them,
 * that is as the critical path.
 *
 * Fewer than work / critical path cannot do; from there each number is tried in turn, because a list
 * schedule may get longer with one worker more (Graham 1969). A failing try stops at the first task
 * that is late. When that has taken some 100 000 task starts, the rest is searched by doubling and
 * halving instead: for plans of thousands of tasks the answer may then be a number that suffices while
 * one less does not, though a still smaller one would.
 */
export function smallestUsefulWorkers(
  { index, durations, tails, criticalPath }: TaskAnalysis,
  work: number,
  ranks: Float64Array,
): number {
  const { length } = criticalPath
  if (length === 0) return Math.min(1, index.size)
  const tolerance = length * 1e-9
  const latestStarts = tails.map((tail) => length - tail + tolerance)
  const suffices = (workers: number) =>
    listSchedule(durations, ranks, workers, afterDependencies(index), latestStarts) !== undefined

  let least = Math.ceil(work / (length + tolerance))
  for (let tries = Math.ceil(100_000 / index.size); tries > 0; tries--) {
    if (suffices(least)) return least
    least++
  }
  let enough = least
  for (let step = 1 + (least >> 3); !suffices(enough); step *= 2) {
    least = enough + 1
    enough += step
  }
  while (least < enough) {
    const middle = (least + enough) >> 1
    if (suffices(middle)) enough = middle
    else least = middle + 1
  }
  return enough
}
