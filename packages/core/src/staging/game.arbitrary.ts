import { attemptMoves } from './attempt-moves.arbitrary.ts'
import { Board } from './board.arbitrary.ts'
import { compareBoard } from './compare-board.arbitrary.ts'
import { drainBoard } from './drain-board.arbitrary.ts'
import type { Move, Play, Setup } from './game-setup.arbitrary.ts'
import { passingMoves } from './passing-moves.arbitrary.ts'
import { peopleMoves } from './people-moves.arbitrary.ts'

const plays = { ...peopleMoves, ...attemptMoves, ...passingMoves }

/** What may happen, the usual things more often. */
const actions = [
  ...repeat(5, 'stageSome'),
  ...repeat(4, 'promote'),
  ...repeat(8, 'advance'),
  ...repeat(14, 'claim'),
  ...repeat(40, 'writeAttempt'),
  ...repeat(5, 'finishAttempt'),
  ...repeat(4, 'lapse'),
  ...repeat(2, 'survive'),
  ...repeat(4, 'answer'),
  ...repeat(3, 'retry'),
  ...repeat(8, 'tick'),
  ...repeat(2, 'pauseBatch'),
  ...repeat(2, 'pauseProject'),
  ...repeat(2, 'plan'),
  ...repeat(2, 'update'),
  'unstage',
  'deleteBatch',
  'createBatch',
  'cancel',
  'complete',
  'depend',
  'configure',
  'releaseAccount',
  'reorder',
  ...repeat(2, 'addTask'),
] as const satisfies readonly (keyof typeof plays)[]

/** The same moves made in a checked world and in the naive model, compared after each of them. */
export class Game {
  readonly #board: Board

  constructor(setup: Setup) {
    this.#board = new Board(setup)
    compareBoard(this.#board, 'the start')
  }

  get world() {
    return this.#board.world
  }

  get model() {
    return this.#board.model
  }

  get checks() {
    return this.#board.checks
  }

  play(moves: readonly Move[]): void {
    for (const move of moves) this.step(move)
    this.checks.checkReplay(this.world.state)
  }

  step([kind, a, b, c]: Move): void {
    const name = actions[kind % actions.length] ?? 'claim'
    const play: Play = plays[name]
    play(this.#board, a, b, c)
    compareBoard(this.#board, name)
  }

  /** Nobody interferes any more, and every agent succeeds: all that is staged gets done. */
  drain(): void {
    drainBoard(this.#board)
  }
}

function repeat<Item extends string>(times: number, item: Item): Item[] {
  return Array.from({ length: times }, () => item)
}
