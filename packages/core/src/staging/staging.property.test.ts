import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyMoves, anySetup, Game } from './game.arbitrary.ts'

describe('any sequence of commands [S0-02, S0-04, S0-06, S2-02, S3-10, X-01, X-02, X-03, X-08]', () => {
  it('agrees with the naive model, loses no task and replays to the same state', () => {
    let transitions = 0
    fc.assert(
      fc.property(anySetup, anyMoves(300), (setup, moves) => {
        const game = new Game(setup)
        game.play(moves)
        transitions += game.checks.transitions
      }),
      { numRuns: Number(process.env.RUNS ?? 100), interruptAfterTimeLimit: 30_000 },
    )
    expect(transitions).toBeGreaterThan(100)
  }, 60_000)
  it('drains', () => {
    fc.assert(
      fc.property(anySetup, anyMoves(100), (setup, moves) => {
        const game = new Game(setup)
        game.play(moves)
        game.drain()
      }),
      { numRuns: Number(process.env.RUNS ?? 100), interruptAfterTimeLimit: 30_000 },
    )
  }, 60_000)
})
