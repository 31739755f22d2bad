import type { TaskIndex } from './index-tasks.ts'
import type { Layers } from './layers.ts'
import type { PlanBatch } from './plan.ts'
import type { ConflictIndex } from './planned-conflicts.ts'

/** Tasks in groups: group `k` is `order[bounds[k] … bounds[k + 1])`. */
export interface Groups {
  readonly order: Int32Array
  readonly bounds: Int32Array
}

/**
 * Layers cut, in their order, into groups of at most `capacity` tasks. Where tasks conflict those with
 * the most conflicts choose first (Welsh and Powell 1967), each the first group of its layer that has
 * room and nobody it conflicts with; inside a group the order is that of the layer.
 */
export function batchGroups(layers: Layers, capacity: number, apart?: ConflictIndex): Groups {
  const size = layers.order.length
  const batchOf = new Int32Array(size).fill(-1)
  const bounds: number[] = [0]
  /** How many tasks each batch holds, the first from it on that has room, and who must not enter it. */
  const counts: number[] = []
  const withRoom: number[] = []
  const refuses: number[] = []
  for (let layer = 0; layer < layers.count; layer++) {
    const first = counts.length
    for (const task of choosers(layers, layer, apart)) {
      const end = apart?.offsets[task + 1] ?? 0
      for (let at = apart?.offsets[task] ?? 0; at < end; at++) {
        const batch = batchOf[apart!.others[at]!]!
        if (batch >= first) refuses[batch] = task
      }
      let batch = roomFrom(first)
      while (refuses[batch] === task) batch = roomFrom(batch + 1)
      if (batch === counts.length) {
        counts.push(0)
        withRoom.push(batch)
        refuses.push(-1)
      }
      batchOf[task] = batch
      if (++counts[batch]! === capacity) withRoom[batch] = batch + 1
    }
  }
  for (const [batch, count] of counts.entries()) bounds.push(bounds[batch]! + count)
  const next = bounds.slice()
  const order = new Int32Array(size)
  for (const task of layers.order) order[next[batchOf[task]!]!++] = task
  return { order, bounds: Int32Array.from(bounds) }

  function roomFrom(batch: number): number {
    let found = batch
    while (found < counts.length && withRoom[found] !== found) found = withRoom[found]!
    for (let at = batch; at < found;) {
      const next = withRoom[at]!
      withRoom[at] = found
      at = next
    }
    return found
  }
}

function choosers({ order, offsets }: Layers, layer: number, apart?: ConflictIndex): Int32Array {
  const tasks = order.subarray(offsets[layer], offsets[layer + 1])
  if (apart === undefined) return tasks
  const conflicts = (task: number) => apart.offsets[task + 1]! - apart.offsets[task]!
  return tasks.slice().sort((one, other) => conflicts(other) - conflicts(one))
}

/** The batches of a plan, each with the batches its tasks wait for, read off the tasks' own dependencies. */
export function batches(
  index: TaskIndex,
  { order, bounds }: Groups,
  durationOf: (group: Int32Array) => number,
): PlanBatch[] {
  const { ids, dependencyOffsets, dependencies } = index
  const count = bounds.length - 1
  const batchOf = new Int32Array(index.size)
  for (let batch = 0; batch < count; batch++) {
    for (let at = bounds[batch]!; at < bounds[batch + 1]!; at++) batchOf[order[at]!] = batch
  }
  const lastDependent = new Int32Array(count).fill(-1)
  const result: PlanBatch[] = []
  for (let batch = 0; batch < count; batch++) {
    const tasks: string[] = []
    const dependsOn: number[] = []
    for (let at = bounds[batch]!; at < bounds[batch + 1]!; at++) {
      const task = order[at]!
      tasks.push(ids[task]!)
      for (let edge = dependencyOffsets[task]!; edge < dependencyOffsets[task + 1]!; edge++) {
        const other = batchOf[dependencies[edge]!]!
        if (lastDependent[other] === batch) continue
        lastDependent[other] = batch
        dependsOn.push(other)
      }
    }
    dependsOn.sort((left, right) => left - right)
    const duration = durationOf(order.subarray(bounds[batch], bounds[batch + 1]))
    result.push({ tasks, canParallel: tasks.length > 1, dependsOn, duration })
  }
  return result
}
