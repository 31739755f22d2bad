import { type ConflictKind, pairConfidence, pairSignals } from '@cueline/core'
import type { TouchCase } from './touch-cases.ts'

export interface Pair {
  readonly one: TouchCase
  readonly other: TouchCase
  readonly shared: boolean
  /** From predictions made when the turn of each task came. */
  readonly chance: number
  /** From conflicts analysed before the window of 24 began; 0 across two windows. */
  readonly ahead: number
  readonly kind: ConflictKind | undefined
}

/** All pairs within windows of so many tasks. */
export function pairsOf(cases: readonly TouchCase[], window: number): Pair[] {
  const pairs: Pair[] = []
  for (let from = 0; from < cases.length; from += window) {
    const tasks = cases.slice(from, from + window)
    for (const [at, one] of tasks.entries()) {
      for (const other of tasks.slice(at + 1)) {
        pairs.push({ one, other, ...judged(one, other) })
      }
    }
  }
  return pairs
}

function judged(one: TouchCase, other: TouchCase) {
  const conflict = one.ahead.get(`${one.task.id},${other.task.id}`)
  return {
    shared: shareFile(one, other),
    chance: pairConfidence(pairSignals(one.side, other.side)),
    ahead: conflict?.confidence ?? 0,
    kind: conflict?.kind,
  }
}

/** Whether both really touched a common file. */
export function shareFile(one: TouchCase, other: TouchCase): boolean {
  return [...one.truth].some((path) => other.truth.has(path))
}

/** Area under the ROC curve (ties count half) and average precision. */
export function pairFigures(pairs: readonly { shared: boolean; chance: number }[]) {
  const sorted = pairs.toSorted((x, y) => y.chance - x.chance)
  const positive = pairs.filter(({ shared }) => shared).length
  const negative = pairs.length - positive
  let above = 0
  let area = 0
  let precision = 0
  for (let from = 0; from < sorted.length;) {
    let to = from
    while (to < sorted.length && sorted[to]!.chance === sorted[from]!.chance) to += 1
    const hits = sorted.slice(from, to).filter(({ shared }) => shared).length
    area += (to - from - hits) * (above + hits / 2)
    above += hits
    precision += hits * (above / to)
    from = to
  }
  return {
    rate: positive / pairs.length,
    auc: area / (positive * negative),
    precision: precision / positive,
  }
}
