import { tails as tailsFrom } from './critical-path.ts'
import type { TaskIndex } from './index-tasks.ts'
import { idsByLayer as idsFrom, layersOf as layersFrom, type Layers } from './layers.ts'
import { refusedInput, requireCount, requireList, requireObject } from './require-input.ts'

// What the planner asks of its own index, for programs that hand one over. Only the shape is looked at, no
// entry of the arrays, so that it costs nothing: only `indexTasks` makes a true index.

/**
 * The generations of the graph: a task's layer is the number of tasks on the longest chain before it.
 * `order` is shorter than the index exactly when there is a cycle. Throws `invalid-input` for what is no
 * index.
 */
export function layersOf(index: TaskIndex): Layers {
  requireIndex(index)
  return layersFrom(index)
}

/** The ids of each layer, in input order. Throws `invalid-input` for what is no index or no layers of it. */
export function idsByLayer(index: TaskIndex, layers: Layers): string[][] {
  requireIndex(index)
  requireObject('layers', layers, 'what layersOf made')
  const { count, order, offsets } = layers
  requireCount('layers.count', count, 0)
  requireArray('layers.order', order, Int32Array)
  requireArray('layers.offsets', offsets, Int32Array, count + 1)
  return idsFrom(index, layers)
}

/**
 * The longest way from the start of each task to the end of the plan, the task itself included: what
 * makes it urgent. `order` is a topological order. Throws `invalid-input` for what is no index, no order,
 * or not one duration for each task.
 */
export function tails(index: TaskIndex, order: Int32Array, durations: Float64Array): Float64Array {
  requireIndex(index)
  requireArray('order', order, Int32Array)
  requireArray('durations', durations, Float64Array, index.size)
  return tailsFrom(index, order, durations)
}

function requireIndex(index: TaskIndex): void {
  requireObject('index', index, 'one that indexTasks made')
  const { size, ids } = index
  requireCount('index.size', size, 0)
  requireList('index.ids', ids)
  requireArray('index.dependencyOffsets', index.dependencyOffsets, Int32Array, size + 1)
  requireArray('index.dependencies', index.dependencies, Int32Array)
  requireArray('index.dependentOffsets', index.dependentOffsets, Int32Array, size + 1)
  requireArray('index.dependents', index.dependents, Int32Array)
}

/** A typed array, of this length where one is given. */
function requireArray(
  place: string,
  array: unknown,
  kind: Int32ArrayConstructor | Float64ArrayConstructor,
  length?: number,
): void {
  if (!(array instanceof kind)) throw refusedInput(place, array, `one of type ${kind.name}`)
  if (length === undefined || array.length === length) return
  throw refusedInput(`${place}.length`, array.length, `${length} entries`)
}
