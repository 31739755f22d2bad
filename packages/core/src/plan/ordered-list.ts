import { withRoom } from './neighbour-lists.ts'

/**
 * Items in an order that can be asked in constant time, `label(one) < label(other)`, and changed
 * anywhere: whoever is put between two others gets a label between theirs, and where there is none left
 * the labels around are spread anew (Dietz and Sleator 1987, "Two algorithms for maintaining order in a
 * list", as simplified by Bender, Cole, Demaine, Farach-Colton and Zito 2002). A change costs logarithmic
 * time on average.
 */
export class OrderedList {
  // Item `i` stands at `i + 1`; 0 is before the first and after the last, with the label 0.
  #labels: Float64Array
  #next: Int32Array
  #previous: Int32Array

  constructor(order: Int32Array) {
    const size = order.length
    this.#labels = new Float64Array(size + 1)
    this.#next = new Int32Array(size + 1)
    this.#previous = new Int32Array(size + 1)
    let last = 0
    for (let nth = 0; nth < size; nth++) {
      const place = order[nth]! + 1
      this.#labels[place] = (nth + 1) * gap
      this.#next[last] = place
      this.#previous[place] = last
      last = place
    }
    this.#next[last] = 0
    this.#previous[0] = last
  }

  label(item: number): number {
    return this.#labels[item + 1]!
  }

  /** Adds an item right behind another, at the beginning behind -1. */
  add(item: number, behind: number): void {
    this.#labels = withRoom(this.#labels, item + 2)
    this.#next = withRoom(this.#next, item + 2)
    this.#previous = withRoom(this.#previous, item + 2)
    this.#insert(item + 1, behind + 1)
  }

  /** Moves items, the first first, right behind another, which is not among them. */
  moveBehind(items: Iterable<number>, behind: number): void {
    let before = behind + 1
    for (const item of items) {
      this.#takeOut(item + 1)
      this.#insert(item + 1, before)
      before = item + 1
    }
  }

  /** Moves items, the first first, right before another, which is not among them. */
  moveBefore(items: Iterable<number>, before: number): void {
    for (const item of items) {
      this.#takeOut(item + 1)
      this.#insert(item + 1, this.#previous[before + 1]!)
    }
  }

  #takeOut(place: number): void {
    this.#next[this.#previous[place]!] = this.#next[place]!
    this.#previous[this.#next[place]!] = this.#previous[place]!
  }

  #insert(place: number, before: number): void {
    if (this.#room(before) < 2) this.#spread(before)
    const labels = this.#labels
    labels[place] = labels[before]! + Math.min(gap, Math.floor(this.#room(before) / 2))
    const after = this.#next[before]!
    this.#next[before] = place
    this.#previous[place] = before
    this.#next[place] = after
    this.#previous[after] = place
  }

  #room(place: number): number {
    const after = this.#next[place]!
    return (after === 0 ? limit : this.#labels[after]!) - this.#labels[place]!
  }

  /** Gives even labels to the items of the smallest range around `place` that is sparse enough. */
  #spread(place: number): void {
    const labels = this.#labels
    const next = this.#next
    const previous = this.#previous
    const label = labels[place]!
    let first = place
    let last = place
    let count = 1
    for (let width = 2, allowed = 2 / density; ; width *= 2, allowed *= 2 / density) {
      const begin = label - (label % width)
      for (; first !== 0 && labels[previous[first]!]! >= begin; count++) first = previous[first]!
      for (; next[last] !== 0 && labels[next[last]!]! < begin + width; count++) last = next[last]!
      if (width < limit && count > allowed) continue
      const step = Math.floor(width / count)
      for (let nth = 0, at = first; nth < count; nth++, at = next[at]!) {
        labels[at] = begin + nth * step
      }
      return
    }
  }
}

/** Between labels at first; every label is a whole number below the limit, so all are exact. */
const gap = 2 ** 20
const limit = 2 ** 52
/** From 1, where labels are spread often and little, to 2, seldom and much; here steps are 2 or more. */
const density = 1.3
