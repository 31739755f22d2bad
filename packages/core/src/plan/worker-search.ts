import type { TaskIndex } from './index-tasks.ts'
import { KeyedHeap } from './keyed-heap.ts'
import type { ConflictIndex } from './planned-conflicts.ts'
import type { Random } from './random.ts'
import type { ScheduleSearch } from './schedule-search.ts'

/**
 * Iterated list scheduling with forward-backward improvement, for tasks that need nothing but a worker
 * and may conflict.
 *
 * A round disturbs an order - that of the longest tails, or that of the best schedule so far - and
 * makes a list schedule of it (Graham 1966). Then it lists the tasks from the end, the last to finish
 * first, and from the start again, the first to start first, for as long as that gains time (Li and
 * Willis 1992, "An iterative scheduling technique for resource-constrained project scheduling").
 * A round takes O(edges + tasks · log tasks), so this is the search for large plans.
 */
export function workerSearch(
  index: TaskIndex,
  durations: Float64Array,
  tails: Float64Array,
  workers: number,
  random: Random,
  apart?: ConflictIndex,
): ScheduleSearch {
  const { size, dependencyOffsets, dependencies, dependentOffsets, dependents } = index
  const keys = new Float64Array(size)
  const finishes = new Float64Array(size)
  const ready = new KeyedHeap(keys, size)
  const running = new KeyedHeap(finishes, size)
  const open = new Int32Array(size)
  /** How many running tasks each one conflicts with, and whether it waits for that. */
  const blocked = new Int32Array(size)
  const waits = new Uint8Array(size)
  const times = new Float64Array(size)
  const starts = new Float64Array(size)
  const noise = (4 * durations.reduce((sum, minutes) => sum + minutes, 0)) / size
  let best = Infinity

  function round(): void {
    const fromTails = best === Infinity || random() < 0.5
    const scale = best === Infinity ? 0 : noise * random()
    for (let task = 0; task < size; task++) {
      keys[task] = (fromTails ? -tails[task]! : starts[task]!) + (random() - 0.5) * scale
    }
    let makespan = forwards()
    for (let again = 0; again < 4; again++) {
      lastToFinishFirst()
      list(dependentOffsets, dependencyOffsets, dependencies)
      lastToFinishFirst()
      const improved = forwards()
      if (improved >= makespan) break
      makespan = improved
    }
  }

  function forwards(): number {
    const makespan = list(dependencyOffsets, dependentOffsets, dependents)
    if (makespan <= best) {
      best = makespan
      starts.set(times)
    }
    return makespan
  }

  /** Seen from the other end, the task that finished last starts first. */
  function lastToFinishFirst(): void {
    for (let task = 0; task < size; task++) keys[task] = -finishes[task]!
  }

  function list(before: Int32Array, offsets: Int32Array, after: Int32Array): number {
    let free = workers
    let time = 0
    ready.size = 0
    running.size = 0
    for (let task = 0; task < size; task++) {
      open[task] = before[task + 1]! - before[task]!
      if (open[task] === 0) ready.push(task)
    }
    while (ready.size > 0 || running.size > 0) {
      while (ready.size > 0 && free > 0) {
        const task = ready.pop()
        if (blocked[task]! > 0) {
          waits[task] = 1
          continue
        }
        times[task] = time
        finishes[task] = time + durations[task]!
        free--
        running.push(task)
        if (apart === undefined) continue
        const end = apart.offsets[task + 1]!
        for (let at = apart.offsets[task]!; at < end; at++) blocked[apart.others[at]!]!++
      }
      time = finishes[running.first]!
      while (running.size > 0 && finishes[running.first] === time) {
        const task = running.pop()
        free++
        if (apart !== undefined) unblock(task, apart)
        const end = offsets[task + 1]!
        for (let edge = offsets[task]!; edge < end; edge++) {
          const next = after[edge]!
          if (--open[next]! === 0) ready.push(next)
        }
      }
    }
    return time
  }

  function unblock(task: number, { offsets, others }: ConflictIndex): void {
    for (let at = offsets[task]!; at < offsets[task + 1]!; at++) {
      const other = others[at]!
      if (--blocked[other]! > 0 || waits[other] === 0) continue
      waits[other] = 0
      ready.push(other)
    }
  }

  return {
    get makespan() {
      return best
    },
    starts,
    round,
  }
}
