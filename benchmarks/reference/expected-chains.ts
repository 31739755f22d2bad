import { seeded } from './soft-locks.ts'
import type { Case } from './published-graphs.ts'

/**
 * Ids by the mean length of the longest chain to the end when nobody knows how long tasks take: their
 * durations drawn `draws` times from an exponential distribution. Ties in the order given.
 */
export function byExpectedChain({ tasks }: Case, draws: number): string[] {
  const ids = tasks.map(({ id }) => id)
  const places = new Map(ids.map((id, at) => [id, at]))
  const before = tasks.map(({ dependsOn = [] }) => dependsOn.map((id) => places.get(id as string)!))
  const after = tasks.map((): number[] => [])
  for (const [at, all] of before.entries()) for (const other of all) after[other]!.push(at)
  const left = before.map((all) => all.length)
  const order = [...left.keys()].filter((at) => left[at] === 0)
  for (const at of order) {
    for (const other of after[at]!) {
      left[other]! -= 1
      if (left[other] === 0) order.push(other)
    }
  }
  const random = seeded(7)
  const sums = new Float64Array(ids.length)
  const chains = new Float64Array(ids.length)
  for (let draw = 0; draw < draws; draw += 1) {
    for (const at of order.toReversed()) {
      const longest = after[at]!.reduce((most, other) => Math.max(most, chains[other]!), 0)
      chains[at] = longest - Math.log(1 - random())
      sums[at]! += chains[at]
    }
  }
  return [...ids.keys()].sort((x, y) => sums[y]! - sums[x]! || x - y).map((at) => ids[at]!)
}
