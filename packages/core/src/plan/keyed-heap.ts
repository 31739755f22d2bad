/**
 * A binary heap of small integers, the one with the least key first. Keys are read when an item is
 * pushed or moved and must not change while it is inside.
 */
export class KeyedHeap {
  size = 0
  readonly #items: Int32Array
  readonly #keys: Float64Array

  constructor(keys: Float64Array, capacity: number) {
    this.#items = new Int32Array(capacity)
    this.#keys = keys
  }

  /** The item with the least key; only while `size` is not 0. */
  get first(): number {
    return this.#items[0]!
  }

  push(item: number): void {
    this.#rise(this.size++, item)
  }

  /** Takes out the item with the least key; only while `size` is not 0. */
  pop(): number {
    const items = this.#items
    const keys = this.#keys
    const first = items[0]!
    const last = --this.size
    let at = 0
    // The item from the end belongs near the end again: go down without looking at it, then up.
    for (let below = 1; below < last; below = 2 * at + 1) {
      if (below + 1 < last && keys[items[below + 1]!]! < keys[items[below]!]!) below++
      items[at] = items[below]!
      at = below
    }
    this.#rise(at, items[last]!)
    return first
  }

  #rise(from: number, item: number): void {
    const items = this.#items
    const keys = this.#keys
    const key = keys[item]!
    let at = from
    while (at > 0) {
      const above = (at - 1) >> 1
      if (keys[items[above]!]! <= key) break
      items[at] = items[above]!
      at = above
    }
    items[at] = item
  }
}
