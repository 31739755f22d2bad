import { withRoom } from './neighbour-lists.ts'

/** A set of small whole numbers on two typed arrays: adding, removing and asking take constant time. */
export class NumberSet {
  size = 0
  #members: Int32Array
  #places: Int32Array

  /** For numbers below `capacity`, until more is reserved. */
  constructor(capacity: number) {
    this.#members = new Int32Array(capacity)
    this.#places = new Int32Array(capacity)
  }

  reserve(capacity: number): void {
    this.#members = withRoom(this.#members, capacity)
    this.#places = withRoom(this.#places, capacity)
  }

  has(member: number): boolean {
    const place = this.#places[member]!
    return place < this.size && this.#members[place] === member
  }

  add(member: number): void {
    if (this.has(member)) return
    this.#places[member] = this.size
    this.#members[this.size++] = member
  }

  delete(member: number): void {
    if (!this.has(member)) return
    const place = this.#places[member]!
    const last = this.#members[--this.size]!
    this.#members[place] = last
    this.#places[last] = place
  }

  /** The members, ascending. */
  sorted(): Int32Array {
    return this.#members.slice(0, this.size).sort()
  }
}
