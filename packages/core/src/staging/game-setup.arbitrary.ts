import fc from 'fast-check'
import type { Board } from './board.arbitrary.ts'
import type { Barrier, StuckPolicy } from './state.ts'

/** One step of a game: what to do, and three numbers that choose on what. */
export type Move = readonly [kind: number, a: number, b: number, c: number]

/** Makes a move in the world and in the model; the numbers choose on what. */
export type Play = (board: Board, a: number, b: number, c: number) => void

export interface Setup {
  readonly barrier: Barrier
  readonly stuckPolicy: StuckPolicy
  /** Whether the workspace merges: only then are there dependencies on merged work. */
  readonly merges: boolean
  readonly cap: number
  readonly maxInterruptions: number
  readonly tasks: number
  readonly batches: number
  /** Bits: which of the tasks before it each task waits for. */
  readonly edges: readonly number[]
}

export const anySetup: fc.Arbitrary<Setup> = fc.record({
  barrier: fc.constantFrom('none', 'stage', 'layer'),
  stuckPolicy: fc.constantFrom('retry', 'skip', 'hold'),
  merges: fc.boolean(),
  cap: fc.integer({ min: 1, max: 6 }),
  maxInterruptions: fc.constantFrom(2, 3),
  tasks: fc.integer({ min: 1, max: 12 }),
  batches: fc.integer({ min: 1, max: 4 }),
  edges: fc.array(fc.noBias(fc.nat(4095)), { minLength: 12, maxLength: 12 }),
})

export function anyMoves(maxLength: number): fc.Arbitrary<Move[]> {
  const number = fc.noBias(fc.nat(0xffff))
  return fc.array(fc.tuple(number, number, number, number), {
    minLength: 1,
    maxLength,
    size: 'max',
  })
}
