import { KeyedHeap } from './keyed-heap.ts'
import type { Schedule } from './list-schedule.ts'

/**
 * Groups of tasks one after the other, each starting when the former is finished. Inside a group the
 * workers take the tasks by rank, so the ranks of descending durations give longest first (Graham
 * 1969). Group `k` is `order[bounds[k] … bounds[k + 1])`; its tasks may not wait for each other.
 */
export function barrierSchedule(
  order: Int32Array,
  bounds: Int32Array,
  durations: Float64Array,
  taskRanks: Float64Array,
  workers: number,
): Schedule {
  const size = order.length
  const starts = new Float64Array(size)
  const lanes = new Int32Array(size)
  const started = byRankInside(order, bounds, taskRanks)
  const freeAt = new Float64Array(Math.min(workers, size))
  const free = new KeyedHeap(freeAt, freeAt.length)
  let time = 0
  for (let group = 0; group + 1 < bounds.length; group++) {
    const begin = bounds[group]!
    const next = bounds[group + 1]!
    const lanesInUse = Math.min(workers, next - begin)
    let finish = time
    free.clear()
    for (let at = begin; at < next; at++) {
      const task = started[at]!
      const lane = at - begin < lanesInUse ? at - begin : free.pop()
      const start = at - begin < lanesInUse ? time : freeAt[lane]!
      const end = start + durations[task]!
      starts[task] = start
      lanes[task] = lane
      freeAt[lane] = end
      free.push(lane)
      if (end > finish) finish = end
    }
    time = finish
  }
  return { starts, lanes, order: started, makespan: time }
}

/** The same groups, each in order of rank: one pass over the tasks by rank, dealt to their groups. */
function byRankInside(order: Int32Array, bounds: Int32Array, taskRanks: Float64Array): Int32Array {
  const size = order.length
  const groupOf = new Int32Array(size)
  const byRank = new Int32Array(size)
  for (let group = 0; group + 1 < bounds.length; group++) {
    for (let at = bounds[group]!; at < bounds[group + 1]!; at++) groupOf[order[at]!] = group
  }
  for (let task = 0; task < size; task++) byRank[taskRanks[task]!] = task
  const next = bounds.slice(0, -1)
  const result = new Int32Array(size)
  for (let rank = 0; rank < size; rank++) {
    const task = byRank[rank]!
    result[next[groupOf[task]!]!++] = task
  }
  return result
}
