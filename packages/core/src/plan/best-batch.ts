import type { TaskIndex } from './index-tasks.ts'

interface BestBatch {
  readonly batch: readonly number[]
  readonly finish: number
  readonly exhaustive: boolean
}

/**
 * Of the ready tasks - sorted, the most urgent first - those that let everything finish soonest when
 * they go first, at most `size` of them and none in conflict with another.
 */
export function bestBatch(
  ready: readonly number[],
  size: number,
  tries: number,
  apart: Apart,
  finishWith: (batch: readonly number[]) => number,
): BestBatch {
  let batch: readonly number[] = fittingFirst(ready, size, apart)
  let finish = finishWith(batch)
  if (batch.length === ready.length) return { batch, finish, exhaustive: true }
  const full = batch.length === size
  if (full && combinations(ready.length, size, tries) <= tries) {
    for (const places of placesOf(ready.length, size)) {
      const other = places.map((place) => ready[place]!)
      if (!other.every((task) => isApart(apart, task, other))) continue
      const otherFinish = finishWith(other)
      if (otherFinish < finish) [batch, finish] = [other, otherFinish]
    }
    return { batch, finish, exhaustive: true }
  }
  let left = tries
  for (let improved = true; improved && left > 0;) {
    improved = false
    const inside = new Set(batch)
    const outside = ready.filter((task) => !inside.has(task))
    search: for (let nth = batch.length - 1; nth >= 0; nth--) {
      for (const task of outside) {
        const other = batch.with(nth, task)
        if (!isApart(apart, task, other)) continue
        if (left-- <= 0) break search
        const otherFinish = finishWith(other)
        if (otherFinish >= finish) continue
        ;[batch, finish] = [other, otherFinish]
        improved = true
        break search
      }
    }
  }
  return { batch, finish, exhaustive: false }
}

/** Which tasks shall not run beside which, by position. */
export type Apart = ReadonlyMap<number, ReadonlySet<number>>

/** Pairs by position; those that name a task which is not among them are left out. */
export function conflictsOf(
  { positions }: TaskIndex,
  conflicts: readonly { readonly tasks: readonly [string, string] }[],
): Apart {
  const apart = new Map<number, Set<number>>()
  const add = (one: number, other: number) => {
    const others = apart.get(one)
    if (others === undefined) apart.set(one, new Set([other]))
    else others.add(other)
  }
  for (const { tasks } of conflicts) {
    const [one, other] = tasks.map((id) => positions.get(id))
    // One that is done is in nobody's way.
    if (one === undefined || other === undefined || one === other) continue
    add(one, other)
    add(other, one)
  }
  return apart
}

export function isApart(apart: Apart, task: number, others: readonly number[]): boolean {
  const own = apart.get(task)
  return own === undefined || !others.some((other) => own.has(other))
}

/** One after the other, each that conflicts with none taken before. */
export function fittingFirst(ready: readonly number[], size: number, apart: Apart): number[] {
  const batch: number[] = []
  for (const task of ready) {
    if (batch.length === size) break
    if (isApart(apart, task, batch)) batch.push(task)
  }
  return batch
}

/** Batches to compare: fewer of larger plans, so that the time stays bounded. */
export function triesFor(size: number): number {
  return Math.min(5000, Math.max(50, Math.floor(200_000 / Math.max(1, size))))
}

/** n over k, or more than `most` when it is. */
function combinations(n: number, k: number, most: number): number {
  let count = 1
  for (let nth = 1; nth <= Math.min(k, n - k); nth++) {
    count = (count * (n - nth + 1)) / nth
    if (count > most) return count
  }
  return count
}

/** All ways to choose k of n places, each ascending, in lexical order. */
function* placesOf(n: number, k: number): Generator<readonly number[]> {
  const places = Array.from({ length: k }, (_, nth) => nth)
  for (;;) {
    yield places
    let nth = k - 1
    while (nth >= 0 && places[nth] === n - k + nth) nth--
    if (nth < 0) return
    places[nth]!++
    for (let after = nth + 1; after < k; after++) places[after] = places[after - 1]! + 1
  }
}
