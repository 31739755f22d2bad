import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyMoves, anySetup } from './game-setup.arbitrary.ts'
import { Game } from './game.arbitrary.ts'

describe('any sequence of commands [S0-02, S0-04, S0-06, S2-02, S3-10, S4-02, X-01, X-02, X-03, X-08]', () => {
  it('agrees with the naive model, loses no task and replays to the same state', () => {
    let decisions = 0
    fc.assert(
      fc.property(anySetup, anyMoves(400), (setup, moves) => {
        const game = new Game(setup)
        game.play(moves)
        decisions += game.checks.decisions
      }),
      { numRuns: 1_200 },
    )
    expect(decisions).toBeGreaterThan(100_000)
  }, 120_000)

  it('leaves nothing that waits for ever once agents succeed and nobody interferes', () => {
    let decisions = 0
    fc.assert(
      fc.property(anySetup, anyMoves(80), (setup, moves) => {
        const game = new Game(setup)
        game.play(moves)
        game.drain()
        decisions += game.checks.decisions
      }),
      { numRuns: 250 },
    )
    expect(decisions).toBeGreaterThan(10_000)
  }, 120_000)
})
