import { type NeighbourLists, withRoom } from './neighbour-lists.ts'

/**
 * Looks from a task forwards along dependents and from another backwards along dependencies, an edge
 * on each side by turns, until one side has seen everything it can reach or the two meet. So it costs
 * no more than twice the smaller side.
 */
export class TwoWaySearch {
  readonly forward: Side
  readonly backward: Side
  #seen: Int32Array
  #cameFrom: Int32Array
  #searches = 0

  constructor(dependents: NeighbourLists, dependencies: NeighbourLists, size: number) {
    this.forward = new Side(dependents, size)
    this.backward = new Side(dependencies, size)
    this.#seen = new Int32Array(size)
    this.#cameFrom = new Int32Array(size)
  }

  reserve(size: number): void {
    this.forward.reserve(size)
    this.backward.reserve(size)
    this.#seen = withRoom(this.#seen, size)
    this.#cameFrom = withRoom(this.#cameFrom, size)
  }

  /**
   * A chain of dependents from `from` to `to`, if there is one; else the side that has seen all. Only
   * tasks for which `isBetween` holds are looked at.
   */
  run(from: number, to: number, isBetween: (task: number) => boolean): number[] | Side {
    // Numbers of one search mark its forward side, their negatives the other.
    if (++this.#searches === 2 ** 31 - 1) {
      this.#seen.fill(0)
      this.#searches = 1
    }
    const { forward, backward } = this
    this.#seen[from] = this.#searches
    this.#seen[to] = -this.#searches
    forward.begin(from)
    backward.begin(to)
    for (let side = forward, own = this.#searches; ; own = -own) {
      const neighbour = side.step()
      if (neighbour === over) return side
      if (neighbour >= 0 && this.#seen[neighbour] === -own) {
        return own > 0 ? this.#chain(side.task, neighbour) : this.#chain(neighbour, side.task)
      }
      if (neighbour >= 0 && this.#seen[neighbour] !== own && isBetween(neighbour)) {
        this.#seen[neighbour] = own
        this.#cameFrom[neighbour] = side.task
        side.push(neighbour)
      }
      side = side === forward ? backward : forward
    }
  }

  /** The way to the last task of the forward side, and on from the first of the backward side. */
  #chain(last: number, first: number): number[] {
    const back = [last]
    for (let task = last; task !== this.forward.start;) back.push((task = this.#cameFrom[task]!))
    const chain = [...back.toReversed(), first]
    for (let task = first; task !== this.backward.start;) chain.push((task = this.#cameFrom[task]!))
    return chain
  }
}

const over = -2
const nothing = -1

/** One side of a search: what it has reached, in the order it did. */
export class Side {
  task = 0
  #lists: NeighbourLists
  #reached: Int32Array
  #count = 0
  #looked = 0
  #edge = 0
  #end = 0

  constructor(lists: NeighbourLists, size: number) {
    this.#lists = lists
    this.#reached = new Int32Array(size)
  }

  reserve(size: number): void {
    this.#reached = withRoom(this.#reached, size)
  }

  get start(): number {
    return this.#reached[0]!
  }

  /** All tasks it has reached; nobody may keep or change it. */
  get reached(): Int32Array {
    return this.#reached.subarray(0, this.#count)
  }

  begin(task: number): void {
    this.#reached[0] = task
    this.#count = 1
    this.#looked = 0
    this.#edge = this.#end = 0
  }

  push(task: number): void {
    this.#reached[this.#count++] = task
  }

  /** The next neighbour; `nothing` when it came to another task, `over` when there is none left. */
  step(): number {
    if (this.#edge < this.#end) return this.#lists.pool[this.#edge++]!
    if (this.#looked === this.#count) return over
    this.task = this.#reached[this.#looked++]!
    this.#edge = this.#lists.begins[this.task]!
    this.#end = this.#lists.ends[this.task]!
    return nothing
  }
}
