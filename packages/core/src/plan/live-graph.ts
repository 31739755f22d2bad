import { ascend } from './ascend.ts'
import type { TaskIndex } from './index-tasks.ts'
import { NeighbourLists } from './neighbour-lists.ts'
import { OrderedList } from './ordered-list.ts'
import { TwoWaySearch } from './two-way-search.ts'

/**
 * A graph of tasks, by number, that changes and never has a cycle. It keeps an order in which each
 * task stands behind all it waits for, so a dependency that agrees with the order closes no cycle, and
 * for one against it only what stands between its two tasks is searched (Pearce and Kelly 2006, "A
 * dynamic topological sort algorithm for directed acyclic graphs") - from both ends at once, until one
 * of them has seen all (Haeupler, Kavitha, Mathew, Sen and Tarjan 2012, "Incremental cycle detection,
 * topological ordering, and strong component maintenance"). What that end has seen then moves past the
 * other end, in a list that keeps order.
 */
export class LiveGraph {
  size: number
  readonly dependencies: NeighbourLists
  readonly dependents: NeighbourLists
  readonly #order: OrderedList
  readonly #search: TwoWaySearch

  /** `order` are all tasks of the index, each behind all it waits for. */
  constructor(index: TaskIndex, order: Int32Array) {
    this.size = index.size
    this.dependencies = new NeighbourLists(index.dependencyOffsets, index.dependencies)
    this.dependents = new NeighbourLists(index.dependentOffsets, index.dependents)
    this.#order = new OrderedList(order)
    this.#search = new TwoWaySearch(this.dependents, this.dependencies, index.size)
  }

  /** The number of a new task that waits for these, each named once. */
  add(dependencies: readonly number[]): number {
    const task = this.size++
    this.dependencies.reserve(this.size)
    this.dependents.reserve(this.size)
    this.#search.reserve(this.size)
    let last = -1
    for (const dependency of dependencies) {
      this.#append(task, dependency)
      if (last < 0 || this.#order.label(dependency) > this.#order.label(last)) last = dependency
    }
    // Not at the end: whatever is to wait for it later stands behind what it waits for, mostly.
    this.#order.add(task, last)
    return task
  }

  /** Looks through the shorter of the two lists. */
  has(task: number, dependency: number): boolean {
    return this.dependencies.count(task) <= this.dependents.count(dependency)
      ? this.dependencies.has(task, dependency)
      : this.dependents.has(dependency, task)
  }

  /**
   * Makes a task wait for another, for which it does not wait yet. If that would close a cycle, nothing
   * is changed and the cycle is returned: each task waits for the next, the last is the first again.
   */
  connect(task: number, dependency: number): number[] | undefined {
    if (task === dependency) return [task, task]
    const low = this.#order.label(task)
    const high = this.#order.label(dependency)
    if (low < high) {
      const found = this.#search.run(task, dependency, (other) => {
        const label = this.#order.label(other)
        return low < label && label < high
      })
      if (Array.isArray(found)) return [task, ...found.toReversed()]
      const byOrder = found.reached.sort(
        (one, other) => this.#order.label(one) - this.#order.label(other),
      )
      if (found === this.#search.forward) this.#order.moveBehind(byOrder, dependency)
      else this.#order.moveBefore(byOrder, task)
    }
    this.#append(task, dependency)
    return undefined
  }

  /** Lets a task no longer wait for another. */
  disconnect(task: number, dependency: number): void {
    this.dependencies.remove(task, dependency)
    this.dependents.remove(dependency, task)
  }

  /** The graph as it is now, as `indexTasks` would give it; `ids` and `positions` are taken over. */
  index(ids: readonly string[], positions: ReadonlyMap<string, number>): TaskIndex {
    const { size } = this
    const { begins, ends, pool } = this.dependencies
    const dependencyOffsets = new Int32Array(size + 1)
    const dependentOffsets = new Int32Array(size + 1)
    for (let task = 0; task < size; task++) {
      dependencyOffsets[task + 1] = dependencyOffsets[task]! + this.dependencies.count(task)
      dependentOffsets[task + 1] = dependentOffsets[task]! + this.dependents.count(task)
    }
    const dependencies = new Int32Array(dependencyOffsets[size]!)
    const dependents = new Int32Array(dependencies.length)
    const next = dependentOffsets.slice(0, size)
    for (let task = 0, edge = 0; task < size; task++) {
      for (let at = begins[task]!; at < ends[task]!; at++) {
        dependents[next[pool[at]!]!++] = task
        dependencies[edge++] = pool[at]!
      }
      ascend(dependencies, dependencyOffsets[task]!, edge)
    }
    return {
      size,
      ids,
      positions,
      dependencyOffsets,
      dependencies,
      dependentOffsets,
      dependents,
    }
  }

  #append(task: number, dependency: number): void {
    this.dependencies.append(task, dependency)
    this.dependents.append(dependency, task)
  }
}
