import type { ConflictIndex } from './planned-conflicts.ts'

/**
 * Places 0 … n − 1 by descending value; ties by ascending `second` where given, then by input position.
 * Sorts the values alone, which is several times faster than sorting positions with a comparison.
 */
export function ranks(values: Float64Array, second?: Uint8Array): Float64Array {
  const size = values.length
  const sorted = values.slice().sort()
  const next = new Int32Array(size)
  const result = new Float64Array(size)
  const passes = second === undefined ? 1 : 3
  for (let pass = 0; pass < passes; pass++) {
    for (let task = 0; task < size; task++) {
      if (second !== undefined && second[task] !== pass) continue
      const group = firstAbove(sorted, values[task]!)
      result[task] = size - group + next[group - 1]!++
    }
  }
  return result
}

/**
 * As `ranks`, but of equal values those that conflict with the most others come first: put off, they
 * would keep each other waiting at the end.
 */
export function ranksApart(
  values: Float64Array,
  { offsets }: ConflictIndex,
  second?: Uint8Array,
): Float64Array {
  const conflicts = (task: number) => offsets[task + 1]! - offsets[task]!
  const order = Uint32Array.from(values.keys()).sort(
    (one, other) =>
      values[other]! - values[one]! ||
      (second === undefined ? 0 : second[one]! - second[other]!) ||
      conflicts(other) - conflicts(one),
  )
  const result = new Float64Array(values.length)
  for (let rank = 0; rank < order.length; rank++) result[order[rank]!] = rank
  return result
}

/** How many of the ascending values are not above `value`. */
function firstAbove(sorted: Float64Array, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! <= value) low = middle + 1
    else high = middle
  }
  return low
}
