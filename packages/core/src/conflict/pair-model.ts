import { pairOffset, pairWeights } from './pair-weights.ts'

/** What speaks for two tasks changing a common file; `pairSignals` says how. */
export type PairSignal = 'chance' | 'overlap' | 'words' | 'scope'

export type PairSignals = Readonly<Record<PairSignal, number>>

/** A task as far as its likeness to others is concerned. */
export interface PairSide {
  /** Files it is predicted to touch, each with the probability. */
  readonly touches: ReadonlyMap<string, number>
  /** Its words by weight; the squares add up to 1. */
  readonly words: ReadonlyMap<string, number>
  /** The scope of a conventional-commit title. */
  readonly scope: string | undefined
}

/** Chances nearer to 0 or 1 than this are all the same to the model. */
const leastChance = 1e-4

/**
 * - `chance`: log-odds that both touch one of the files, if each touched its files independently;
 * - `overlap`: the cosine of the probabilities of their files: tasks with the same guesses meet, even
 *   where no guess is sure;
 * - `words`: the square root of the cosine of their words: tasks that resemble each other meet in files
 *   that neither would be expected to touch by itself;
 * - `scope`: 1 when both titles bear the same scope.
 */
export function pairSignals(one: PairSide, other: PairSide): PairSignals {
  return { ...fileSignals(one, other), words: wordSignal(one, other) }
}

/** The probability, from 0 to 1, that the signals stand for a common file. */
export function pairConfidence(signals: PairSignals): number {
  return 1 / (1 + Math.exp(-oddsOf(signals)))
}

/** `pairConfidence` of the pair, or 0 as soon as it is clear that it is below `threshold`. */
export function pairConfidenceFrom(one: PairSide, other: PairSide, threshold: number): number {
  const files = fileSignals(one, other)
  // Words are the dearest signal, and most pairs would be too improbable with the same words.
  if (pairConfidence({ ...files, words: 1 }) < threshold) return 0
  return pairConfidence({ ...files, words: wordSignal(one, other) })
}

function oddsOf(signals: PairSignals): number {
  return (
    pairOffset +
    pairWeights.chance * signals.chance +
    pairWeights.overlap * signals.overlap +
    pairWeights.words * signals.words +
    pairWeights.scope * signals.scope
  )
}

function fileSignals(one: PairSide, other: PairSide): Omit<PairSignals, 'words'> {
  let none = 1
  let product = 0
  for (const [path, score] of one.touches) {
    const both = score * (other.touches.get(path) ?? 0)
    none *= 1 - both
    product += both
  }
  const chance = Math.min(1 - leastChance, Math.max(leastChance, 1 - none))
  const length = Math.sqrt(squaresOf(one.touches) * squaresOf(other.touches))
  return {
    chance: Math.log(chance / (1 - chance)),
    overlap: length > 0 ? product / length : 0,
    scope: one.scope !== undefined && one.scope === other.scope ? 1 : 0,
  }
}

function wordSignal(one: PairSide, other: PairSide): number {
  let cosine = 0
  for (const [word, weight] of one.words) cosine += weight * (other.words.get(word) ?? 0)
  return Math.sqrt(Math.min(1, cosine))
}

function squaresOf(touches: ReadonlyMap<string, number>): number {
  let sum = 0
  for (const score of touches.values()) sum += score * score
  return sum
}
