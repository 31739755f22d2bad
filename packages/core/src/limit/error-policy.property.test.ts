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
})
