// The limit: the least that a program can do to find layers and the length of the critical path. No
// checks, no order inside a layer, one Map for the ids and one typed array for everything else.
import type { PlanTask } from '@cueline/core/planner'

export interface Csr {
  readonly size: number
  readonly incoming: Int32Array
  readonly offsets: Int32Array
  readonly targets: Int32Array
}

export function typedArrayPass(tasks: readonly PlanTask[]): { layers: string[][]; length: number } {
  const graph = csrOf(tasks)
  const { size, offsets, targets } = graph
  const open = graph.incoming.slice()
  const durations = new Float64Array(size)
  const starts = new Float64Array(size)
  const queue = new Int32Array(size)
  let placed = 0
  for (let task = 0; task < size; task++) {
    durations[task] = tasks[task]!.estimate as number
    if (open[task] === 0) queue[placed++] = task
  }
  const layers: string[][] = []
  let length = 0
  for (let begin = 0; begin < placed;) {
    const end = placed
    const layer: string[] = []
    for (; begin < end; begin++) {
      const task = queue[begin]!
      layer.push(tasks[task]!.id)
      const finish = starts[task]! + durations[task]!
      if (finish > length) length = finish
      const last = offsets[task + 1]!
      for (let edge = offsets[task]!; edge < last; edge++) {
        const target = targets[edge]!
        if (starts[target]! < finish) starts[target] = finish
        if (--open[target]! === 0) queue[placed++] = target
      }
    }
    layers.push(layer)
  }
  return { layers, length }
}

export function csrOf(tasks: readonly PlanTask[]): Csr {
  const size = tasks.length
  const positions = new Map<string, number>()
  let edges = 0
  for (let task = 0; task < size; task++) {
    positions.set(tasks[task]!.id, task)
    edges += tasks[task]!.dependsOn!.length
  }
  const sources = new Int32Array(edges)
  const incoming = new Int32Array(size)
  const offsets = new Int32Array(size + 1)
  let edge = 0
  for (let task = 0; task < size; task++) {
    const dependencies = tasks[task]!.dependsOn!
    incoming[task] = dependencies.length
    for (let nth = 0; nth < dependencies.length; nth++) {
      const source = positions.get(dependencies[nth] as string)!
      sources[edge++] = source
      offsets[source + 1]!++
    }
  }
  for (let task = 0; task < size; task++) offsets[task + 1]! += offsets[task]!
  const next = offsets.slice()
  const targets = new Int32Array(edges)
  edge = 0
  for (let task = 0; task < size; task++) {
    for (let nth = incoming[task]!; nth > 0; nth--) targets[next[sources[edge++]!]!++] = task
  }
  return { size, incoming, offsets, targets }
}

/** Layers by number alone, on a graph that is already there: the limit of layering again. */
export function layersOfCsr({ size, incoming, offsets, targets }: Csr): Int32Array {
  const open = incoming.slice()
  const layerOf = new Int32Array(size)
  const queue = new Int32Array(size)
  let placed = 0
  for (let task = 0; task < size; task++) if (open[task] === 0) queue[placed++] = task
  let layer = 0
  for (let begin = 0; begin < placed; layer++) {
    const end = placed
    for (; begin < end; begin++) {
      const task = queue[begin]!
      layerOf[task] = layer
      const last = offsets[task + 1]!
      for (let edge = offsets[task]!; edge < last; edge++) {
        const target = targets[edge]!
        if (--open[target]! === 0) queue[placed++] = target
      }
    }
  }
  return layerOf
}
