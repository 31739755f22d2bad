import type { TaskIndex } from './index-tasks.ts'

/** Earliest finish of each task when workers are no limit. `order` is a topological order. */
export function earliestFinishes(
  index: TaskIndex,
  order: Int32Array,
  durations: Float64Array,
): Float64Array {
  return longestChains(order, index.dependencyOffsets, index.dependencies, durations)
}

/**
 * The longest way from the start of each task to the end of the plan, the task itself included: what
 * makes it urgent. `order` is a topological order.
 */
export function tails(index: TaskIndex, order: Int32Array, durations: Float64Array): Float64Array {
  return longestChains(order.toReversed(), index.dependentOffsets, index.dependents, durations)
}

/** The duration of each task and of the longest chain among its neighbours, which come before it. */
function longestChains(
  order: Int32Array,
  offsets: Int32Array,
  neighbours: Int32Array,
  durations: Float64Array,
): Float64Array {
  const lengths = new Float64Array(durations.length)
  for (let nth = 0; nth < order.length; nth++) {
    const task = order[nth]!
    const end = offsets[task + 1]!
    let longest = 0
    for (let edge = offsets[task]!; edge < end; edge++) {
      const length = lengths[neighbours[edge]!]!
      if (length > longest) longest = length
    }
    lengths[task] = longest + durations[task]!
  }
  return lengths
}

/** A chain of tasks as long as the plan must take; of equal ones the chain of earlier tasks, seen from its end. */
export function criticalTasks(index: TaskIndex, finishes: Float64Array): number[] {
  const { size, dependencyOffsets, dependencies } = index
  if (size === 0) return []
  let task = 0
  for (let other = 1; other < size; other++) {
    if (finishes[other]! > finishes[task]!) task = other
  }
  const path = [task]
  while (dependencyOffsets[task + 1]! > dependencyOffsets[task]!) {
    let latest = dependencies[dependencyOffsets[task]!]!
    const end = dependencyOffsets[task + 1]!
    for (let edge = dependencyOffsets[task]! + 1; edge < end; edge++) {
      const other = dependencies[edge]!
      const later = finishes[other]! - finishes[latest]!
      if (later > 0 || (later === 0 && other < latest)) latest = other
    }
    task = latest
    path.push(task)
  }
  return path.toReversed()
}
