export interface LaneWish {
  readonly start: number
  readonly finish: number
  /** Where it should stand when that is free. */
  readonly lane?: number | null | undefined
}

/**
 * A lane for each, in the order given: the one it wishes when it is free by then, else the lowest
 * that is. Two of one lane never overlap.
 */
export function chooseLanes(wishes: readonly LaneWish[]): number[] {
  const freeFrom: number[] = []
  const lanes = wishes.map(() => 0)
  const order = [...wishes.entries()].toSorted(([, a], [, b]) => a.start - b.start)
  for (const [at, { start, finish, lane }] of order) {
    const isFree = (candidate: number) => (freeFrom[candidate] ?? 0) <= start
    let chosen = lane ?? 0
    if (lane == null || !isFree(lane)) {
      for (chosen = 0; !isFree(chosen);) chosen++
    }
    freeFrom[chosen] = finish
    lanes[at] = chosen
  }
  return lanes
}
