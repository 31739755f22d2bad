import { describe, expect, it } from 'vitest'

import { pairConfidence, pairConfidenceFrom, type PairSide, pairSignals } from './pair-model.ts'

const side = (
  touches: Record<string, number>,
  words: Record<string, number> = {},
  scope?: string,
): PairSide => ({
  touches: new Map(Object.entries(touches)),
  words: new Map(Object.entries(words)),
  scope,
})
const confidence = (one: PairSide, other: PairSide) => pairConfidence(pairSignals(one, other))

describe('confidence that two tasks meet [S4-02]', () => {
  const roof = side({ 'roof.ts': 0.6, 'door.ts': 0.1 }, { vent: 1 }, 'roof')

  it('is greater for the same guesses, the same words and the same scope', () => {
    const apart = confidence(roof, side({ 'pump.ts': 0.6 }, { motor: 1 }, 'pump'))
    const files = confidence(roof, side({ 'roof.ts': 0.6 }, { motor: 1 }, 'pump'))
    const words = confidence(roof, side({ 'roof.ts': 0.6 }, { vent: 1 }, 'pump'))
    const scope = confidence(roof, side({ 'roof.ts': 0.6 }, { vent: 1 }, 'roof'))
    expect([apart, files, words, scope]).toEqual(
      [apart, files, words, scope].toSorted((one, other) => one - other),
    )
    expect(new Set([apart, files, words, scope]).size).toBe(4)
  })

  it('does not take two tasks without a scope for tasks of one scope', () => {
    expect(pairSignals(side({}), side({})).scope).toBe(0)
  })

  it('is symmetric', () => {
    const other = side({ 'door.ts': 0.4 }, { vent: 0.6, ice: 0.8 })
    expect(confidence(roof, other)).toBeCloseTo(confidence(other, roof), 12)
  })

  it('is a probability for tasks nothing is known of and for certain ones', () => {
    for (const one of [side({}), side({ 'a.ts': 1 }, { a: 1 }, 'a')]) {
      expect(confidence(one, one)).toBeGreaterThan(0)
      expect(confidence(one, one)).toBeLessThan(1)
    }
  })

  it('is left out only where it is below the threshold', () => {
    const other = side({ 'roof.ts': 0.3 }, { vent: 0.6, ice: 0.8 })
    const exact = confidence(roof, other)
    expect(pairConfidenceFrom(roof, other, exact)).toBe(exact)
    expect(pairConfidenceFrom(roof, side({ 'pump.ts': 0.1 }), 0.9)).toBe(0)
  })
})
