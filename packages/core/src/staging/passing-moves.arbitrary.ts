import { type Board, stuckAfterMs } from './board.arbitrary.ts'
import type { Command } from './command.ts'
import { compareBoard } from './compare-board.arbitrary.ts'
import type { Play } from './game-setup.arbitrary.ts'

/** What happens by itself as time passes. */
export const passingMoves = {
  tick(board, a, _b, c) {
    board.world.now += c % 4 === 0 ? stuckAfterMs : a % 70_000
  },

  advance(board, a) {
    for (let round = 0; round < 60; round += 1) {
      const commands = board.world.advanceCommands(a % 5)
      let moved = false
      for (const command of commands) {
        const { projectId: _, ...order } = command
        const { events } = board.world.do(order)
        advanceModel(board, command)
        compareBoard(board, command.type)
        moved ||= events.some((event) => event.type !== 'batch.stuck')
      }
      if (!moved) return
    }
    throw new Error('Advancing does not come to rest.')
  },
} satisfies Readonly<Record<string, Play>>

function advanceModel(board: Board, command: Command): void {
  if (command.type === 'batch.open-layer') board.model.openLayer(command.batchId, command.layer)
  else if (command.type === 'batch.promote') {
    const { batchId: name, awaitedBy } = command
    if (board.model.batchOf(name).promoted) return
    if (awaitedBy === undefined || board.model.isAwaited(name, awaitedBy)) board.model.promote(name)
  } else if (command.type === 'batch.unstick') {
    const patience = command.silentMs >= stuckAfterMs
    board.model.unstick(command.batchId, board.policy, patience, command.idle)
  } else throw new Error(`Advancing asked for ${command.type}.`)
}
