import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { afterClaims, agedTurns, claimsPerTurn, noTurns } from './claim-turns.ts'

const anyClaims = fc.array(
  fc.record({
    free: fc.integer({ min: 1, max: 20 }),
    taken: fc.nat(20),
    waiting: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60, size: 'max' },
)

describe('turns of those who have waited longest [S2-02]', () => {
  it('are one in eight claims and never more, however many workers ask and find work', () => {
    fc.assert(
      fc.property(anyClaims, (claims) => {
        let turns = noTurns
        let byAge = 0
        for (const { free, taken, waiting } of claims) {
          const due = agedTurns(turns, free)
          expect(due).toBeLessThanOrEqual(free)
          const claimed = Math.min(free, taken)
          const aged = waiting ? Math.min(due, claimed) : 0
          turns = afterClaims(turns, claimed, aged)
          byAge += aged
          // One may come early, because the whole of what is asked for counts.
          expect(byAge).toBeLessThanOrEqual(Math.floor((turns.claimed + 20) / claimsPerTurn))
        }
      }),
    )
  })

  it('come every eighth time to one worker, and are not saved up while nobody waits', () => {
    let turns = noTurns
    const due: number[] = []
    for (let nth = 1; nth <= 24; nth += 1) {
      const aged = agedTurns(turns, 1)
      due.push(aged)
      // Nobody has waited until the sixteenth claim.
      turns = afterClaims(turns, 1, nth > 16 ? aged : 0)
    }
    expect(due.flatMap((aged, index) => (aged > 0 ? [index + 1] : []))).toEqual([8, 16, 24])
    expect(agedTurns(noTurns, 16)).toBe(2)
  })
})
