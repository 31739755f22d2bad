import type { TaskIndex } from './index-tasks.ts'
import { KeyedHeap } from './keyed-heap.ts'

export interface Schedule {
  readonly starts: Float64Array
  /** Tasks in order of start, and of finish. */
  readonly order: Int32Array
  readonly finished: Int32Array
  readonly makespan: number
}

export interface ListSchedule extends Schedule {
  readonly lanes: Int32Array
}

/** Makes tasks ready: those that wait for nothing at first (-1), then what each finished task frees. */
export type Release = (finished: number, ready: KeyedHeap) => void

/**
 * List scheduling (Graham 1966): whenever a worker is free, the ready task of the lowest rank starts, on
 * the lane that was freed last, so that chains tend to stay on theirs; no worker rests while a task is
 * ready. Driven by finishing tasks: the time is O(edges + tasks · log tasks).
 *
 * With `latestStarts` it gives up - undefined - as soon as the most urgent ready task is late.
 */
export function listSchedule(
  durations: Float64Array,
  ranks: Float64Array,
  workers: number,
  release: Release,
  latestStarts?: Float64Array,
): ListSchedule | undefined {
  const size = durations.length
  const starts = new Float64Array(size)
  const finishes = new Float64Array(size)
  const lanes = new Int32Array(size)
  const order = new Int32Array(size)
  const finished = new Int32Array(size)
  const ready = new KeyedHeap(ranks, size)
  const running = new KeyedHeap(finishes, size)
  const freeLanes = new Int32Array(Math.min(workers, size)).map(
    (_, nth, all) => all.length - 1 - nth,
  )
  let free = freeLanes.length
  let time = 0
  let started = 0
  let ended = 0

  release(-1, ready)
  while (started < size || running.size > 0) {
    if (latestStarts !== undefined && ready.size > 0 && time > latestStarts[ready.first]!) {
      return undefined
    }
    while (ready.size > 0 && free > 0) {
      const task = ready.pop()
      starts[task] = time
      finishes[task] = time + durations[task]!
      lanes[task] = freeLanes[--free]!
      order[started++] = task
      running.push(task)
    }
    time = finishes[running.first]!
    while (running.size > 0 && finishes[running.first] === time) {
      const task = running.pop()
      freeLanes[free++] = lanes[task]!
      finished[ended++] = task
      release(task, ready)
    }
  }
  return { starts, lanes, order, finished, makespan: time }
}

/** A task is ready when everything it waits for is finished. */
export function afterDependencies(index: TaskIndex): Release {
  const { size, dependencyOffsets, dependentOffsets, dependents } = index
  const open = new Int32Array(size)
  return (finished, ready) => {
    if (finished < 0) {
      for (let task = 0; task < size; task++) {
        open[task] = dependencyOffsets[task + 1]! - dependencyOffsets[task]!
        if (open[task] === 0) ready.push(task)
      }
      return
    }
    const end = dependentOffsets[finished + 1]!
    for (let edge = dependentOffsets[finished]!; edge < end; edge++) {
      const dependent = dependents[edge]!
      if (--open[dependent]! === 0) ready.push(dependent)
    }
  }
}

/** A barrier: group `k`, `order[bounds[k] … bounds[k + 1])`, is ready when group `k − 1` is finished. */
export function afterGroup(order: Int32Array, bounds: Int32Array): Release {
  let group = 0
  let settled = -1
  return (_finished, ready) => {
    if (++settled < bounds[group]!) return
    for (let at = bounds[group]!; at < bounds[group + 1]!; at++) ready.push(order[at]!)
    group++
  }
}
