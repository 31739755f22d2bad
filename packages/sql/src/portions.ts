/**
 * How much is bound to one statement, in units of UTF-16. No text of a program is longer than 2^29 units
 * and no message to Postgres than 2^30 bytes; a unit may take six of those in JSON within a list.
 */
export const mostUnits = 2 ** 25

/** About how long a value is as JSON or as the element of a list. */
export function weigh(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 8
  let weight = 0
  const open: unknown[] = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next === 'string') weight += next.length
    else if (next instanceof Uint8Array) weight += 2 * next.byteLength
    else {
      weight += 8
      if (Array.isArray(next)) for (const each of next) open.push(each)
      else if (typeof next === 'object' && next !== null) {
        for (const [name, each] of Object.entries(next)) {
          weight += name.length
          open.push(each)
        }
      }
    }
  }
  return weight
}

/** How long these are together. */
export function weighAll(values: readonly unknown[]): number {
  let weight = 0
  for (const value of values) weight += typeof value === 'string' ? value.length : weigh(value)
  return weight
}

/**
 * Rows that are given as lists, one per column, in portions of so many units at most; a row that is
 * heavier makes one of its own.
 */
export function portionsOfLists(
  lists: readonly (readonly unknown[])[],
  most: number,
): readonly (readonly (readonly unknown[])[])[] {
  const ends = endsOf(lists[0]?.length ?? 0, most, (at) => {
    let weight = 0
    for (const list of lists) weight += weigh(list[at])
    return weight
  })
  if (ends.length === 0) return [lists]
  const columns = lists.map((list) => cut(list, ends))
  return [...ends, 0].map((_, portion) => columns.map((column) => column[portion] ?? []))
}

/** Where portions end, the last one left out: mostly nowhere. */
function endsOf(rows: number, most: number, weightOf: (at: number) => number): number[] {
  const ends: number[] = []
  let weight = 0
  let start = 0
  for (let at = 0; at < rows; at += 1) {
    const own = weightOf(at)
    if (at > start && weight + own > most) {
      ends.push(at)
      start = at
      weight = 0
    }
    weight += own
  }
  return ends
}

function cut<Item>(items: readonly Item[], ends: readonly number[]): (readonly Item[])[] {
  return [...ends, items.length].map((end, at) => items.slice(ends[at - 1] ?? 0, end))
}
