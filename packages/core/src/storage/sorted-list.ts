/** More new entries than this are sorted in at once, fewer one by one. */
const fewNew = 32

/**
 * A list kept in order. The first entry stands last in the array, because that end is cheap to
 * shorten, and new entries are sorted in when somebody looks.
 */
export class SortedList<Entry> {
  readonly #compare: (left: Entry, right: Entry) => number
  readonly #added = new Set<Entry>()
  /** Last entry first. */
  readonly #entries: Entry[] = []

  /** `compare` must tell any two different entries apart. */
  constructor(compare: (left: Entry, right: Entry) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#entries.length + this.#added.size
  }

  add(entry: Entry): void {
    this.#added.add(entry)
  }

  /** True when the list held this very entry. */
  remove(entry: Entry): boolean {
    if (this.#added.delete(entry)) return true
    const at = this.#find(entry)
    if (this.#entries[at] !== entry) return false
    if (at === this.#entries.length - 1) this.#entries.pop()
    else this.#entries.splice(at, 1)
    return true
  }

  /** The entry with this rank, 0 the first. */
  at(rank: number): Entry | undefined {
    if (this.#added.size > 0) this.#sortIn()
    return this.#entries[this.#entries.length - 1 - rank]
  }

  /** The first entry for which this holds, given that it then holds for all that follow. */
  firstWhere(holds: (entry: Entry) => boolean): Entry | undefined {
    let low = 0
    let high = this.size
    while (low < high) {
      const middle = (low + high) >>> 1
      const entry = this.at(middle)
      if (entry !== undefined && holds(entry)) high = middle
      else low = middle + 1
    }
    return this.at(low)
  }

  #sortIn(): void {
    if (this.#added.size > fewNew) {
      for (const entry of this.#added) this.#entries.push(entry)
      this.#entries.sort((left, right) => this.#compare(right, left))
    } else {
      for (const entry of this.#added) this.#entries.splice(this.#find(entry), 0, entry)
    }
    this.#added.clear()
  }

  /** Where the entry stands or belongs. */
  #find(entry: Entry): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      // The bounds keep `middle` inside the array.
      if (this.#compare(this.#entries[middle] as Entry, entry) > 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
