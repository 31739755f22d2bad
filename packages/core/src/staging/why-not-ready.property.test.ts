import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WorkerId } from '../id.ts'
import { anyMoves, anySetup } from './game-setup.arbitrary.ts'
import { Game } from './game.arbitrary.ts'
import { honestSlice } from './honest-slice.arbitrary.ts'
import { sliceOf } from './slice-of.ts'
import { projectId } from './garden.arbitrary.ts'
import { type World } from './world.arbitrary.ts'

describe('whyNotReady [S0-04, X-01]', () => {
  it('is empty exactly when a claim for the task would succeed', () => {
    const seen = new Set<boolean>()
    fc.assert(
      fc.property(anySetup, anyMoves(150), (setup, moves) => {
        const game = new Game(setup)
        for (const move of moves) {
          game.step(move)
          for (const code of game.model.tasks.keys()) {
            const obstacles = game.world.obstacles(code)
            const claimable = wouldStart(game.world, code)
            seen.add(claimable)
            if (claimable !== (obstacles.length === 0)) {
              expect([code, obstacles]).toEqual([code, claimable ? [] : 'a reason'])
            }
          }
        }
      }),
      { numRuns: 60 },
    )
    expect(seen).toEqual(new Set([true, false]))
  }, 60_000)
})

function wouldStart(world: World, code: string): boolean {
  const order = world.task(code).workOrderId
  if (order === null) return false
  const command = {
    type: 'work.claim',
    projectId,
    workers: ['worker-1' as WorkerId],
    candidates: [order],
    load: world.load(),
  } as const
  const decision = world.decide(honestSlice(world.state, sliceOf(command)), command)
  return decision.ok && decision.events.length > 0
}
