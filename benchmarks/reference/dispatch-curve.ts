import { pairsOf } from './pair-figures.ts'
import { firstUnlocked, logNormal, seeded, softLocks, weighedStart } from './soft-locks.ts'
import type { TouchCase } from './touch-cases.ts'

interface Rule {
  readonly rule: string
  readonly locked: (one: number, other: number) => boolean
  /** Where there are probabilities: they, and the one from which a pair is locked. */
  readonly weighed?: { chance: (one: number, other: number) => number; least: number }
}

const size = 24
const workers = 4

/**
 * Every rule for locks over windows of 24 tasks: time over bound and share that collided, offered in
 * the given order, then the tasks with the most expected conflicts first, then every start weighed;
 * precision and recall of the locks over all pairs. Sums over all windows of all repositories.
 */
export function dispatchCurve(histories: readonly (readonly TouchCase[])[], seeds: number) {
  const sums = new Map<string, number[]>()
  for (const cases of histories) {
    for (let from = 0; from + size <= cases.length; from += size) {
      for (const { rule, figures } of windowFigures(cases.slice(from, from + size), seeds, from)) {
        const before = sums.get(rule)
        sums.set(rule, before === undefined ? figures : before.map((sum, at) => sum + figures[at]!))
      }
    }
  }
  return [...sums].map(([rule, sum]) => {
    const [both = 0, locks = 0, real = 0, bound = 0, windows = 0, ...ways] = sum
    return {
      rule,
      figures: [
        ...ways.map((value, at) => value / (at % 2 === 0 ? bound : windows)),
        locks > 0 ? both / locks : 1,
        both / real,
      ],
    }
  })
}

function windowFigures(tasks: readonly TouchCase[], seeds: number, from: number) {
  const chance = tasks.map(() => new Float64Array(size))
  const ahead = tasks.map(() => new Float64Array(size))
  const collides = tasks.map(() => new Uint8Array(size))
  const numbers = new Map(tasks.map((one, at) => [one, at]))
  for (const pair of pairsOf(tasks, size)) {
    const one = numbers.get(pair.one)!
    const other = numbers.get(pair.other)!
    chance[one]![other] = chance[other]![one] = pair.chance
    ahead[one]![other] = ahead[other]![one] = pair.ahead
    collides[one]![other] = collides[other]![one] = pair.shared ? 1 : 0
  }
  const collide = (one: number, other: number) => collides[one]![other] === 1
  const top = (count: number): Rule => {
    const sets = tasks.map((one) => new Set(one.predicted.slice(0, count).map(({ path }) => path)))
    return {
      rule: `top ${count} meet`,
      locked: (one, other) => [...sets[one]!].some((path) => sets[other]!.has(path)),
    }
  }
  const rules: Rule[] = [
    { rule: 'no locks', locked: () => false },
    { rule: 'oracle', locked: collide },
    top(1),
    top(3),
    top(5),
    ...thresholds.map((least) => ({
      rule: `chance >= ${least}`,
      locked: (one: number, other: number) => chance[one]![other]! >= least,
      weighed: { chance: (one: number, other: number) => chance[one]![other]!, least },
    })),
    ...thresholds.map((least) => ({
      rule: `ahead >= ${least}`,
      locked: (one: number, other: number) => ahead[one]![other]! >= least,
      weighed: { chance: (one: number, other: number) => ahead[one]![other]!, least },
    })),
  ]
  const given = tasks.map((_, at) => at)
  return rules.map(({ rule, locked, weighed }) => {
    const degree = given.map(
      (one) => given.filter((other) => other !== one && locked(one, other)).length,
    )
    const tight = given.toSorted((x, y) => degree[y]! - degree[x]! || x - y)
    const inOrder = firstUnlocked(locked)
    const ways = [
      { order: given, next: inOrder },
      { order: tight, next: inOrder },
      {
        order: tight,
        next: weighed ? weighedStart(weighed.chance, weighed.least, workers) : inOrder,
      },
    ]
    const figures = [0, 0, 0, 0, 1, ...ways.flatMap(() => [0, 0])]
    for (let seed = 0; seed < seeds; seed += 1) {
      const random = seeded(seed * 1_000 + from)
      const durations = given.map(() => logNormal(random, 1))
      for (const [nth, { order, next }] of ways.entries()) {
        const result = softLocks({ durations, workers, order, next, collide })
        if (nth === 0) figures[3]! += result.bound / seeds
        figures[5 + 2 * nth]! += result.time / seeds
        figures[6 + 2 * nth]! += result.collided / seeds
      }
    }
    for (const one of given) {
      for (const other of given.slice(one + 1)) {
        if (locked(one, other) && collide(one, other)) figures[0]! += 1
        if (locked(one, other)) figures[1]! += 1
        if (collide(one, other)) figures[2]! += 1
      }
    }
    return { rule, figures }
  })
}

const thresholds = [0.05, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7]
