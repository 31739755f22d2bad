import type { TouchCase } from './touch-cases.ts'

/** P@1, F1@3, F1@5, R@10, hit@5: means over the tasks. */
export type RankFigures = readonly number[]

export function rankFigures(
  cases: readonly TouchCase[],
  ranked: (one: TouchCase) => readonly string[],
): RankFigures {
  const sums = [0, 0, 0, 0, 0]
  for (const one of cases) {
    const { truth } = one
    const paths = ranked(one)
    const hits = (count: number) => paths.slice(0, count).filter((path) => truth.has(path)).length
    const f1 = (count: number) => (2 * hits(count)) / (count + truth.size)
    const figures = [hits(1), f1(3), f1(5), hits(10) / truth.size, hits(5) > 0 ? 1 : 0]
    for (const [at, figure] of figures.entries()) sums[at]! += figure / cases.length
  }
  return sums
}
