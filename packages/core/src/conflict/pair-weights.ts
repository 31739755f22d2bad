import type { PairSignal } from './pair-model.ts'

/**
 * Log-odds of a common file = offset + the weighted signals: what
 * `npm run bench -- conflicts --fit` prints for the whole text, from the pairs within 24 tasks of the
 * third quarter of four public histories, every repository counting the same.
 */
export const pairOffset = -2.19
export const pairWeights: Readonly<Record<PairSignal, number>> = {
  chance: 0.33,
  overlap: 2.37,
  words: 1.9,
  scope: 1.4,
}
