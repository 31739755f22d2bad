import type { TaskIndex } from './index-tasks.ts'
import { KeyedHeap } from './keyed-heap.ts'

export interface Schedule {
  readonly starts: Float64Array
  readonly lanes: Int32Array
  /** Tasks in order of start. */
  readonly order: Int32Array
  readonly makespan: number
}

/**
 * List scheduling (Graham 1966): whenever a worker is free, the ready task of the lowest rank starts, on
 * the lane that was freed last, so that chains tend to stay on theirs; no worker rests while a task is
 * ready. Driven by finishing tasks: the time is O(edges + tasks · log tasks).
 *
 * With `latestStarts` it gives up - undefined - as soon as a ready task is past its latest start.
 */
export function listSchedule(
  index: TaskIndex,
  durations: Float64Array,
  taskRanks: Float64Array,
  workers: number,
  latestStarts?: Float64Array,
): Schedule | undefined {
  const { size, dependencyOffsets, dependentOffsets, dependents } = index
  const lanesInUse = Math.min(workers, size)
  const starts = new Float64Array(size)
  const lanes = new Int32Array(size)
  const order = new Int32Array(size)
  const open = new Int32Array(size)
  const finishes = new Float64Array(size)
  const ready = new KeyedHeap(taskRanks, size)
  const running = new KeyedHeap(finishes, lanesInUse)
  const freeLanes = Int32Array.from({ length: lanesInUse }, (_, nth) => lanesInUse - 1 - nth)
  let free = lanesInUse

  for (let task = 0; task < size; task++) {
    open[task] = dependencyOffsets[task + 1]! - dependencyOffsets[task]!
    if (open[task] === 0) ready.push(task)
  }

  let time = 0
  let started = 0
  while (ready.size > 0 || running.size > 0) {
    while (ready.size > 0 && free > 0) {
      const task = ready.pop()
      if (latestStarts !== undefined && time > latestStarts[task]!) return undefined
      const finish = time + durations[task]!
      starts[task] = time
      finishes[task] = finish
      lanes[task] = freeLanes[--free]!
      order[started++] = task
      running.push(task)
    }
    if (latestStarts !== undefined && ready.size > 0 && time > latestStarts[ready.first]!) {
      return undefined
    }
    time = finishes[running.first]!
    while (running.size > 0 && finishes[running.first] === time) {
      const task = running.pop()
      freeLanes[free++] = lanes[task]!
      const end = dependentOffsets[task + 1]!
      for (let edge = dependentOffsets[task]!; edge < end; edge++) {
        const dependent = dependents[edge]!
        if (--open[dependent]! === 0) ready.push(dependent)
      }
    }
  }
  return { starts, lanes, order, makespan: time }
}
