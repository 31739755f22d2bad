import type { TaskAnalysis } from './analyze-tasks.ts'
import { listSchedule } from './list-schedule.ts'

/**
 * The least number of workers with which the list schedule is as short as with any number of them,
 * that is as the critical path.
 *
 * Counts below a lower bound are ruled out; from there each is tried in turn, because a list schedule
 * may get longer with one worker more (Graham 1969), and a failing try stops at the first task that is
 * late. When that has taken some 100 000 task starts the rest of the range is halved instead: for
 * plans of thousands of tasks the answer may then be a count that suffices while one less does not,
 * though a still smaller one would.
 */
export function smallestUsefulWorkers(analysis: TaskAnalysis, taskRanks: Float64Array): number {
  const { index, durations, finishes, tails } = analysis
  const { length } = analysis.criticalPath
  const { size } = index
  if (size === 0) return 0
  const tolerance = length * 1e-9
  const latestStarts = tails.map((tail) => length - tail + tolerance)
  const earliestStarts = finishes.map((finish, task) => finish - durations[task]! - tolerance)
  const latestFinishes = latestStarts.map((start, task) => start + durations[task]!)
  const suffices = (workers: number) =>
    listSchedule(index, durations, taskRanks, workers, latestStarts) !== undefined

  let enough = Math.max(1, mostAtOnce(earliestStarts, finishes))
  let least = Math.min(
    enough,
    Math.max(1, mostAtOnce(latestStarts, finishes), leastForWork(latestStarts, latestFinishes)),
  )
  for (let tries = Math.ceil(triedStarts / size); tries > 0; tries--) {
    if (least === enough || suffices(least)) return least
    least++
  }
  while (least < enough) {
    const middle = (least + enough) >> 1
    if (suffices(middle)) enough = middle
    else least = middle + 1
  }
  return enough
}

const triedStarts = 100_000

/** The largest number of half-open intervals [start, finish) that hold one moment in common. */
function mostAtOnce(starts: Float64Array, finishes: Float64Array): number {
  const kept = starts.map((start, task) => (start < finishes[task]! ? start : Infinity)).sort()
  const ended = finishes.map((finish, task) => (starts[task]! < finish ? finish : Infinity)).sort()
  let most = 0
  let closed = 0
  for (let opened = 0; opened < kept.length && kept[opened]! < Infinity; opened++) {
    while (ended[closed]! <= kept[opened]!) closed++
    most = Math.max(most, opened + 1 - closed)
  }
  return most
}

/**
 * Workers without whom, even with every task as late as it may be, the work due by some moment does
 * not fit before it (Fernández and Bussell 1973, for the intervals that begin at the start).
 */
function leastForWork(latestStarts: Float64Array, latestFinishes: Float64Array): number {
  const begins = latestStarts.slice().sort()
  const ends = latestFinishes.slice().sort()
  let least = 0
  let due = 0
  let atWork = 0
  let time = 0
  for (let begun = 0, ended = 0; ended < ends.length;) {
    const starting = begun < begins.length && begins[begun]! <= ends[ended]!
    const next = starting ? begins[begun]! : ends[ended]!
    due += atWork * (next - time)
    time = next
    if (starting) {
      begun++
      atWork++
    } else {
      ended++
      atWork--
    }
    if (time > 0) least = Math.max(least, Math.ceil((due / time) * (1 - 1e-9)))
  }
  return least
}
