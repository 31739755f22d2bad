/**
 * The neighbours of each task, in one typed array: those of task `t` are
 * `pool[begins[t] … ends[t])`, in the order they came. Lists grow by moving to the end of the pool with
 * twice the room, so that all growing together costs no more than its result.
 */
export class NeighbourLists {
  begins: Int32Array
  ends: Int32Array
  pool: Int32Array
  #limits: Int32Array
  #used: number

  /** Copies the lists of a `TaskIndex`. */
  constructor(offsets: Int32Array, neighbours: Int32Array) {
    this.begins = offsets.slice(0, -1)
    this.ends = offsets.slice(1)
    this.pool = neighbours.slice()
    this.#limits = this.ends.slice()
    this.#used = neighbours.length
  }

  /** Makes room for tasks of numbers below `size`; new ones have no neighbours. */
  reserve(size: number): void {
    this.begins = withRoom(this.begins, size)
    this.ends = withRoom(this.ends, size)
    this.#limits = withRoom(this.#limits, size)
  }

  count(task: number): number {
    return this.ends[task]! - this.begins[task]!
  }

  has(task: number, neighbour: number): boolean {
    return this.#find(task, neighbour) >= 0
  }

  append(task: number, neighbour: number): void {
    if (this.ends[task] === this.#limits[task]) this.#move(task)
    this.pool[this.ends[task]!++] = neighbour
  }

  /** Keeps the order of the others; the neighbour must be there. */
  remove(task: number, neighbour: number): void {
    const at = this.#find(task, neighbour)
    this.pool.copyWithin(at, at + 1, this.ends[task]!--)
  }

  #find(task: number, neighbour: number): number {
    const { pool } = this
    const end = this.ends[task]!
    for (let at = this.begins[task]!; at < end; at++) {
      if (pool[at] === neighbour) return at
    }
    return -1
  }

  #move(task: number): void {
    const count = this.count(task)
    const room = Math.max(4, 2 * count)
    this.pool = withRoom(this.pool, this.#used + room)
    this.pool.copyWithin(this.#used, this.begins[task]!, this.ends[task])
    this.begins[task] = this.#used
    this.ends[task] = this.#used + count
    this.#used += room
    this.#limits[task] = this.#used
  }
}

/** The array itself if it is long enough, else a copy at least half as long again, filled up with 0. */
export function withRoom<Values extends Int32Array | Uint8Array | Float64Array>(
  values: Values,
  size: number,
): Values {
  if (values.length >= size) return values
  const make = values.constructor as new (length: number) => Values
  const longer = new make(Math.max(size, values.length + (values.length >> 1) + 16))
  longer.set(values)
  return longer
}
