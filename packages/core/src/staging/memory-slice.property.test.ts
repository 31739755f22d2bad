import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadSlice } from '../storage/memory-slice.ts'
import { ProjectRows } from '../storage/project-rows.ts'
import type { Command } from './command.ts'
import { decide, type Decision } from './decide.ts'
import { anyMoves, anySetup } from './game-setup.arbitrary.ts'
import { Game } from './game.arbitrary.ts'
import { honestSlice } from './honest-slice.arbitrary.ts'
import { sliceOf } from './slice-of.ts'

describe('slices of the memory storage [X-01]', () => {
  it('lead to the same decisions as slices that are loaded word by word', () => {
    let compared = 0
    fc.assert(
      fc.property(anySetup, anyMoves(150), (setup, moves) => {
        const game = new Game(setup)
        const { world, checks } = game
        const rows = new ProjectRows()
        rows.apply(
          [
            { table: 'project', kind: 'insert', row: world.project },
            ...[...world.state.tasks.values()].map(
              (row) => ({ table: 'task', kind: 'insert', row }) as const,
            ),
            ...[...world.state.dependencies.values()]
              .flat()
              .map((row) => ({ table: 'dependency', kind: 'insert', row }) as const),
            ...[...world.state.batches.values()].map(
              (row) => ({ table: 'batch', kind: 'insert', row }) as const,
            ),
          ],
          world.now,
          [],
        )
        const write = checks.afterWrite.bind(checks)
        checks.afterWrite = (state, decision) => {
          write(state, decision)
          rows.apply(decision.changes, world.now, [])
        }
        const decideInWorld = world.decide.bind(world)
        world.decide = (slice, command) => {
          const fromMemory = decideAt(world.now, loadSlice(rows, sliceOf(command)), command)
          const wordByWord = honestSlice(world.state, sliceOf(command))
          compared += 1
          const expected = decideAt(world.now, wordByWord, command)
          if (JSON.stringify(fromMemory) !== JSON.stringify(expected)) {
            expect([command, fromMemory]).toEqual([command, expected])
          }
          return decideInWorld(slice, command)
        }
        game.play(moves)
        for (const { batch } of world.batches()) {
          const ids = [...rows.tasksOfBatch.of(batch.id)].toSorted()
          expect(ids).toEqual(
            [...world.state.tasks.values()]
              .filter((task) => task.batchId === batch.id)
              .map((task) => task.id)
              .toSorted(),
          )
        }
      }),
      { numRuns: 60 },
    )
    expect(compared).toBeGreaterThan(1_000)
  }, 60_000)
})

function decideAt(now: number, slice: Parameters<typeof decide>[0], command: Command): Decision {
  let id = 0
  return decide(slice, command, { now, ids: () => `id-${++id}` as never, random: () => 0.5 })
}
