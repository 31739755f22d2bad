import type { TaskIndex } from './index-tasks.ts'

export interface Layers {
  readonly count: number
  /** The layer of each task; -1 for a task of a cycle or behind one. */
  readonly layerOf: Int32Array
  /** All tasks that have a layer, layer by layer, in input order inside each: a topological order. */
  readonly order: Int32Array
  /** Layer `k` is `order[offsets[k] … offsets[k + 1])`. */
  readonly offsets: Int32Array
}

/**
 * The generations of the graph: a task's layer is the number of tasks on the longest chain before it.
 * Kahn (1962), generation by generation. `order` is shorter than the index exactly when there is a cycle.
 */
export function layersOf(index: TaskIndex): Layers {
  const { size, dependencyOffsets, dependentOffsets, dependents } = index
  const open = new Int32Array(size)
  const layerOf = new Int32Array(size).fill(-1)
  const queue = new Int32Array(size)
  let placed = 0
  for (let task = 0; task < size; task++) {
    open[task] = dependencyOffsets[task + 1]! - dependencyOffsets[task]!
    if (open[task] === 0) queue[placed++] = task
  }
  let count = 0
  for (let begin = 0; begin < placed; count++) {
    const end = placed
    for (; begin < end; begin++) {
      const task = queue[begin]!
      layerOf[task] = count
      const last = dependentOffsets[task + 1]!
      for (let edge = dependentOffsets[task]!; edge < last; edge++) {
        const dependent = dependents[edge]!
        if (--open[dependent]! === 0) queue[placed++] = dependent
      }
    }
  }
  return { count, layerOf, ...inInputOrder(layerOf, count, placed) }
}

function inInputOrder(layerOf: Int32Array, count: number, placed: number) {
  const offsets = new Int32Array(count + 1)
  for (let task = 0; task < layerOf.length; task++) {
    if (layerOf[task]! >= 0) offsets[layerOf[task]! + 1]!++
  }
  for (let layer = 0; layer < count; layer++) offsets[layer + 1]! += offsets[layer]!
  const next = offsets.slice(0, count)
  const order = new Int32Array(placed)
  for (let task = 0; task < layerOf.length; task++) {
    if (layerOf[task]! >= 0) order[next[layerOf[task]!]!++] = task
  }
  return { order, offsets }
}

/** The ids of each layer, in input order. */
export function idsByLayer({ ids }: TaskIndex, { count, order, offsets }: Layers): string[][] {
  const result: string[][] = []
  for (let layer = 0, at = 0; layer < count; layer++) {
    const names: string[] = []
    for (const end = offsets[layer + 1]!; at < end; at++) names.push(ids[order[at]!]!)
    result.push(names)
  }
  return result
}
