import type { TaskIndex } from './index-tasks.ts'

/** Earliest finish of each task when workers are no limit. `order` is a topological order. */
export function earliestFinishes(
  index: TaskIndex,
  order: Int32Array,
  durations: Float64Array,
): Float64Array {
  const { dependencyOffsets, dependencies } = index
  const finishes = new Float64Array(index.size)
  for (let nth = 0; nth < order.length; nth++) {
    const task = order[nth]!
    const end = dependencyOffsets[task + 1]!
    let start = 0
    for (let edge = dependencyOffsets[task]!; edge < end; edge++) {
      const finish = finishes[dependencies[edge]!]!
      if (finish > start) start = finish
    }
    finishes[task] = start + durations[task]!
  }
  return finishes
}

/**
 * The longest way from the start of each task to the end of the plan, the task itself included: what
 * makes it urgent. `order` is a topological order.
 */
export function tails(index: TaskIndex, order: Int32Array, durations: Float64Array): Float64Array {
  const { dependentOffsets, dependents } = index
  const result = new Float64Array(index.size)
  for (let nth = order.length - 1; nth >= 0; nth--) {
    const task = order[nth]!
    const end = dependentOffsets[task + 1]!
    let after = 0
    for (let edge = dependentOffsets[task]!; edge < end; edge++) {
      const tail = result[dependents[edge]!]!
      if (tail > after) after = tail
    }
    result[task] = after + durations[task]!
  }
  return result
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
  return path.reverse()
}
