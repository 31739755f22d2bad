import type { TaskIndex } from './index-tasks.ts'
import type { Layers } from './layers.ts'
import type { PlanBatch } from './plan.ts'

/** Layers cut, in their order, into groups of at most `capacity` tasks; group `k` is `layers.order[bounds[k] … bounds[k + 1])`. */
export function batchBounds(layers: Layers, capacity: number): Int32Array {
  let count = 0
  for (let layer = 0; layer < layers.count; layer++) {
    count += Math.ceil((layers.offsets[layer + 1]! - layers.offsets[layer]!) / capacity)
  }
  const bounds = new Int32Array(count + 1)
  let batch = 0
  for (let layer = 0; layer < layers.count; layer++) {
    const end = layers.offsets[layer + 1]!
    for (let begin = layers.offsets[layer]!; begin < end; begin += capacity) {
      bounds[++batch] = Math.min(begin + capacity, end)
    }
  }
  return bounds
}

/** The batches of a plan, each with the batches its tasks wait for, read off the tasks' own dependencies. */
export function batches(index: TaskIndex, layers: Layers, bounds: Int32Array): PlanBatch[] {
  const { ids, dependencyOffsets, dependencies } = index
  const count = bounds.length - 1
  const batchOf = new Int32Array(index.size)
  for (let batch = 0; batch < count; batch++) {
    for (let at = bounds[batch]!; at < bounds[batch + 1]!; at++) batchOf[layers.order[at]!] = batch
  }
  const lastDependent = new Int32Array(count).fill(-1)
  const result: PlanBatch[] = []
  for (let batch = 0; batch < count; batch++) {
    const tasks: string[] = []
    const dependsOn: number[] = []
    for (let at = bounds[batch]!; at < bounds[batch + 1]!; at++) {
      const task = layers.order[at]!
      tasks.push(ids[task]!)
      for (let edge = dependencyOffsets[task]!; edge < dependencyOffsets[task + 1]!; edge++) {
        const other = batchOf[dependencies[edge]!]!
        if (lastDependent[other] === batch) continue
        lastDependent[other] = batch
        dependsOn.push(other)
      }
    }
    dependsOn.sort((left, right) => left - right)
    result.push({ tasks, canParallel: tasks.length > 1, dependsOn })
  }
  return result
}
