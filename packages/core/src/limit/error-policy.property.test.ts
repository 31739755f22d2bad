import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backOffMs } from './error-policy.ts'

describe('the pause before a retry [S3-10]', () => {
  it('never exceeds the longest, never falls below half of the first, and is a whole number', () => {
    fc.assert(
      fc.property(
        fc.nat(10_000),
        fc.integer({ min: 2, max: 100_000 }),
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, retryBaseMs, factor, random) => {
          const retryMaxMs = retryBaseMs * factor
          const pause = backOffMs(failures, { retryBaseMs, retryMaxMs }, () => random)
          expect(pause).toBeLessThanOrEqual(retryMaxMs)
          expect(pause).toBeGreaterThanOrEqual(Math.floor(retryBaseMs / 2))
          expect(Number.isInteger(pause)).toBe(true)
        },
      ),
    )
  })

  it('spreads five hundred tasks that failed in one moment over half of it, without a rush', () => {
    const settings = { retryBaseMs: 8_000, retryMaxMs: 60_000 }
    const random = mulberry(7)
    const perTenth = Array.from({ length: 10 }, () => 0)
    for (let task = 0; task < 500; task += 1) {
      const tenth = Math.min(9, Math.floor((backOffMs(1, settings, random) - 4_000) / 400))
      perTenth[tenth] = (perTenth[tenth] ?? 0) + 1
    }
    expect(Math.max(...perTenth)).toBeLessThan(100)
    expect(Math.min(...perTenth)).toBeGreaterThan(20)
  })
})

/** Random numbers from 0 up to 1 by seed (Tommy Ettinger's mulberry32). */
function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
