import type { TaskIndex } from './index-tasks.ts'
import { KeyedHeap } from './keyed-heap.ts'
import type { ConflictIndex } from './planned-conflicts.ts'

/** What tasks need of renewable resources while they run. A worker is a unit of one of them. */
export interface Demands {
  /** How many resources there are; task `t` needs `units[t * kinds + k]` of resource `k`. */
  readonly kinds: number
  readonly units: Float64Array
  readonly capacities: Float64Array
}

/** Places every task, the least key first among those whose dependencies are placed. */
export interface SerialSchedule {
  /** Decides who comes next; the caller writes it before each `build`. */
  readonly keys: Float64Array
  /** When each task starts and ends, counted from the side the last `build` began at. */
  readonly starts: Float64Array
  readonly finishes: Float64Array
  /** Returns the makespan. With `backwards` time runs from the end: dependents come first. */
  build(backwards: boolean): number
}

/**
 * The serial schedule generation scheme (Kelley 1963; Kolisch 1996): tasks are taken one by one, and
 * each starts at the earliest time at which its dependencies are finished and its demands are free for
 * its whole duration. Its schedules are active, so one of them is optimal.
 *
 * What is free is kept as a linked list of times, each with the units that are free from there to the
 * next. A task can only start where another ends, so only ends are added. Where it would overlap one that
 * it conflicts with, it is looked for again from the end of that one. Allocates nothing in `build`.
 */
export function serialSchedule(
  index: TaskIndex,
  durations: Float64Array,
  { kinds, units, capacities }: Demands,
  apart?: ConflictIndex,
): SerialSchedule {
  const { size, dependencyOffsets, dependencies, dependentOffsets, dependents } = index
  const keys = new Float64Array(size)
  const starts = new Float64Array(size)
  const finishes = new Float64Array(size)
  const eligible = new KeyedHeap(keys, size)
  /** Dependencies that are not placed yet; -1 for what is placed itself. */
  const open = new Int32Array(size)
  const times = new Float64Array(size + 1)
  const nexts = new Int32Array(size + 1)
  const free = new Float64Array((size + 1) * kinds)
  /** Where in the list each task ends. */
  const ends = new Int32Array(size)
  let used = 0

  function place(task: number, from: number): number {
    const duration = durations[task]!
    const demand = task * kinds
    let start = from
    let at = from
    let last = from
    let finish = times[start]! + duration
    for (;;) {
      search: while (at >= 0 && times[at]! < finish) {
        const here = at * kinds
        for (let kind = 0; kind < kinds; kind++) {
          if (free[here + kind]! < units[demand + kind]!) {
            at = nexts[at]!
            start = at
            finish = times[at]! + duration
            continue search
          }
        }
        last = at
        at = nexts[at]!
      }
      const after = apart === undefined ? -1 : endInTheWay(task, apart, times[start]!, finish)
      if (after < 0) break
      at = after
      start = after
      finish = times[after]! + duration
    }
    if (duration === 0) {
      starts[task] = times[start]!
      return start
    }
    starts[task] = times[start]!
    let end = at
    if (at < 0 || times[at]! > finish) {
      end = used++
      times[end] = finish
      nexts[end] = at
      nexts[last] = end
      for (let kind = 0; kind < kinds; kind++) {
        free[end * kinds + kind] = free[last * kinds + kind]!
      }
    }
    for (let node = start; node !== end; node = nexts[node]!) {
      for (let kind = 0; kind < kinds; kind++) free[node * kinds + kind]! -= units[demand + kind]!
    }
    return end
  }

  /** Where the last of the placed tasks ends that overlap and conflict, or -1. */
  function endInTheWay(
    task: number,
    { offsets, others }: ConflictIndex,
    start: number,
    finish: number,
  ): number {
    let last = -1
    for (let nth = offsets[task]!; nth < offsets[task + 1]!; nth++) {
      const other = others[nth]!
      if (open[other]! >= 0 || starts[other]! >= finish || finishes[other]! <= start) continue
      if (last < 0 || finishes[other]! > times[last]!) last = ends[other]!
    }
    return last
  }

  function build(backwards: boolean): number {
    const beforeOffsets = backwards ? dependentOffsets : dependencyOffsets
    const before = backwards ? dependents : dependencies
    const afterOffsets = backwards ? dependencyOffsets : dependentOffsets
    const after = backwards ? dependencies : dependents
    used = 1
    times[0] = 0
    nexts[0] = -1
    free.set(capacities)
    eligible.size = 0
    for (let task = 0; task < size; task++) {
      open[task] = beforeOffsets[task + 1]! - beforeOffsets[task]!
      if (open[task] === 0) eligible.push(task)
    }
    let makespan = 0
    while (eligible.size > 0) {
      const task = eligible.pop()
      let from = 0
      const lastBefore = beforeOffsets[task + 1]!
      for (let edge = beforeOffsets[task]!; edge < lastBefore; edge++) {
        const end = ends[before[edge]!]!
        if (times[end]! > times[from]!) from = end
      }
      const end = place(task, from)
      open[task] = -1
      ends[task] = end
      finishes[task] = times[end]!
      if (times[end]! > makespan) makespan = times[end]!
      const lastAfter = afterOffsets[task + 1]!
      for (let edge = afterOffsets[task]!; edge < lastAfter; edge++) {
        const next = after[edge]!
        if (--open[next]! === 0) eligible.push(next)
      }
    }
    return makespan
  }

  return { keys, starts, finishes, build }
}
