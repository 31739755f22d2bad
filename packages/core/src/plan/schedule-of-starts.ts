import { KeyedHeap } from './keyed-heap.ts'
import type { Schedule } from './list-schedule.ts'

/**
 * Gives tasks whose starts are known their lanes: each takes the lane that was left last. `topological`
 * has dependencies first; milestones without duration come in that order, before the tasks that start
 * at the same moment.
 */
export function scheduleOfStarts(
  starts: Float64Array,
  durations: Float64Array,
  topological: Int32Array,
  workers: number,
): Schedule {
  const size = durations.length
  const finishes = starts.map((start, task) => start + durations[task]!)
  const order = topological.slice().sort((one, other) => {
    return starts[one]! - starts[other]! || finishes[one]! - finishes[other]!
  })
  const lanes = new Int32Array(size)
  const running = new KeyedHeap(finishes, size)
  const freeLanes = new Int32Array(Math.min(workers, size)).map(
    (_, nth, all) => all.length - 1 - nth,
  )
  let free = freeLanes.length
  let makespan = 0
  for (const task of order) {
    while (running.size > 0 && finishes[running.first]! <= starts[task]!) {
      freeLanes[free++] = lanes[running.pop()]!
    }
    lanes[task] = freeLanes[--free]!
    running.push(task)
    if (finishes[task]! > makespan) makespan = finishes[task]!
  }
  return { starts: starts.slice(), lanes, order, makespan }
}
