import { type Pair, pairsOf } from './pair-figures.ts'
import type { TouchCase } from './touch-cases.ts'

/** At most so many files are taken from a method, fewer where it names fewer. */
const most = 3

/**
 * Files: share of the tasks for which the method names any; precision of those it names, of its tasks;
 * recall and F1, of all tasks. Pairs within 12 tasks: precision, recall and F1 of saying that two tasks meet
 * where a file is named for both; over all pairs.
 */
export function methodFigures(
  cases: readonly TouchCase[],
  ranked: (one: TouchCase) => readonly string[],
): number[] {
  const named = new Map(cases.map((one) => [one, new Set(ranked(one).slice(0, most))]))
  const sums = [0, 0, 0, 0]
  for (const [{ truth }, paths] of named) {
    const hits = [...paths].filter((path) => truth.has(path)).length
    sums[0]! += paths.size > 0 ? 1 : 0
    sums[1]! += paths.size > 0 ? hits / paths.size : 0
    sums[2]! += hits / truth.size
    sums[3]! += (2 * hits) / (paths.size + truth.size)
  }
  const [speaking = 0, precise = 0, recalled = 0, f1 = 0] = sums
  const meet = ({ one, other }: Pair) =>
    [...named.get(one)!].some((path) => named.get(other)!.has(path))
  return [
    speaking / cases.length,
    precise / speaking,
    recalled / cases.length,
    f1 / cases.length,
    ...meetingFigures(pairsOf(cases, 12), meet),
  ]
}

/** Precision, recall and F1 of a rule that says which pairs meet; no precision where it says that of none. */
export function meetingFigures(
  pairs: readonly Pair[],
  meet: (pair: Pair) => boolean,
): [number, number, number] {
  const said = pairs.filter(meet)
  const right = said.filter(({ shared }) => shared).length
  const real = pairs.filter(({ shared }) => shared).length
  return [right / said.length, right / real, (2 * right) / (said.length + real)]
}
