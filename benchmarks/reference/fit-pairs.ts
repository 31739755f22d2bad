// The weights of the pair model, fitted again: logistic regression on the pairs within windows of 24
// tasks of the third quarter, judged before the window began, every repository counting the same.
import { type PairSignal, pairSignals } from '@cueline/core'
import { pairFigures, shareFile } from './pair-figures.ts'
import { type TouchCase, window } from './touch-cases.ts'

const names = ['chance', 'overlap', 'words', 'scope'] as const satisfies readonly PairSignal[]

interface Example {
  readonly shared: boolean
  /** 1 for the offset, then the signals. */
  readonly signals: readonly number[]
}

export interface PairFit {
  readonly offset: number
  readonly weights: readonly { readonly signal: PairSignal; readonly weight: number }[]
  /** For each repository: area under the curve on its last quarter, fitted on the others only. */
  readonly apart: readonly number[]
}

export function fitPairs(histories: readonly (readonly TouchCase[])[]): PairFit {
  const fitted = histories.map((cases) => examplesOf(cases, 3))
  const [offset = 0, ...weights] = regression(fitted)
  const apart = histories.map((cases, at) => {
    const others = regression(fitted.filter((_, other) => other !== at))
    return pairFigures(
      examplesOf(cases, 4).map(({ shared, signals }) => ({
        shared,
        chance: oddsOf(signals, others),
      })),
    ).auc
  })
  return {
    offset,
    weights: names.map((signal, at) => ({ signal, weight: weights[at]! })),
    apart,
  }
}

function examplesOf(cases: readonly TouchCase[], quarter: number): Example[] {
  const own = cases.filter((one) => one.quarter === quarter)
  const examples: Example[] = []
  for (let from = 0; from < own.length; from += window) {
    const tasks = own.slice(from, from + window)
    for (const [at, one] of tasks.entries()) {
      for (const other of tasks.slice(at + 1)) {
        const signals = pairSignals(one.sideAhead, other.sideAhead)
        examples.push({
          shared: shareFile(one, other),
          signals: [1, ...names.map((name) => signals[name])],
        })
      }
    }
  }
  return examples
}

function oddsOf(signals: readonly number[], weights: readonly number[]): number {
  return signals.reduce((sum, signal, at) => sum + signal * weights[at]!, 0)
}

/** Newton's method, with a little pull towards 0. */
function regression(groups: readonly (readonly Example[])[]): number[] {
  const size = names.length + 1
  const weights = Array.from({ length: size }, () => 0)
  for (let round = 0; round < 25; round += 1) {
    const rows = weights.map((weight, at) => [
      ...weights.map((_, to) => (to === at ? 1e-4 : 0)),
      1e-4 * weight,
    ])
    for (const group of groups) {
      const share = 1 / group.length / groups.length
      for (const { shared, signals } of group) {
        const chance = 1 / (1 + Math.exp(-oddsOf(signals, weights)))
        for (const [at, row] of rows.entries()) {
          for (let to = 0; to < size; to += 1)
            row[to]! += share * chance * (1 - chance) * signals[at]! * signals[to]!
          row[size]! += share * (chance - (shared ? 1 : 0)) * signals[at]!
        }
      }
    }
    for (const [at, step] of solved(rows).entries()) weights[at]! -= step
  }
  return weights
}

/** Gauss and Jordan, without exchanging rows: the matrix is symmetric and positive. */
function solved(rows: number[][]): number[] {
  for (const [at, pivot] of rows.entries()) {
    for (const [other, row] of rows.entries()) {
      if (other === at) continue
      const times = row[at]! / pivot[at]!
      for (let to = at; to <= rows.length; to += 1) row[to]! -= times * pivot[to]!
    }
  }
  return rows.map((row, at) => row[rows.length]! / row[at]!)
}
