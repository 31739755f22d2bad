import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createCueline } from '../create-cueline.ts'
import { CuelineError } from '../error.ts'
import type { Storage } from '../storage/storage.ts'
import { foldReport } from '../report/fold-report.ts'
import { anyLog } from '../report/random-log.arbitrary.ts'
import { copySlice } from '../staging/apply-changes.ts'
import { applyEvent } from '../staging/evolve.ts'
import { emptySlice } from '../staging/slice.ts'
import { memoryStorage } from '../storage/memory-storage.ts'
import { storable } from '../storage/storable.ts'

/** A reader that remembers where it is: what it reads goes on from there, or it is told. */
function follower(storage: Storage, projectId: Parameters<Storage['eventsAfter']>[0]) {
  let cursor = 0
  return async (limit: number, pruned: number) => {
    try {
      for (const event of await storage.eventsAfter(projectId, cursor, limit)) {
        expect(event.sequence).toBe(cursor + 1)
        cursor = event.sequence
      }
      expect(cursor).toBeGreaterThanOrEqual(pruned)
    } catch (error) {
      if (!(error instanceof CuelineError) || error.code !== 'pruned') throw error
      expect(error.details).toMatchObject({ cursor, firstSequence: pruned + 1 })
      expect(cursor).toBeLessThan(pruned)
      cursor = pruned
    }
  }
}

describe('prunes at random points [X-11]', () => {
  it('leave replay and report as they were, and followers either complete or told', async () => {
    const step = fc.record({
      after: fc.nat(60),
      keep: fc.nat(20),
      read: fc.integer({ min: 1, max: 30 }),
    })
    await fc.assert(
      fc.asyncProperty(anyLog, fc.array(step, { maxLength: 6 }), async (log, steps) => {
        const events = log.events.map(storable)
        const storage = memoryStorage({ clock: () => 1 })
        const cueline = await createCueline({ storage })
        const { projectId } = events[0]!
        const read = follower(storage, projectId)
        const world = copySlice(emptySlice)
        let next = 0
        let pruned = 0
        const play = async (count: number) => {
          for (const event of events.slice(next, next + count)) {
            const { sequence: _, projectId: __, actor, ...plain } = event
            const changes = applyEvent(world, event)
            await storage.transaction((transaction) =>
              transaction.write(projectId, changes, [plain as never], actor),
            )
          }
          next = Math.min(events.length, next + count)
        }
        for (const { after, keep, read: limit } of steps) {
          await play(after + 1)
          await read(limit, pruned)
          const { firstSequence } = await cueline.events.prune({ projectId, keepEvents: keep })
          pruned = Math.max(pruned, firstSequence - 1)
          await read(limit, pruned)
          expect(
            (await cueline.doctor.check({ projectId, repair: false })).findings,
          ).not.toContainEqual(expect.objectContaining({ kind: 'replay' }))
          expect(await cueline.reports.build({ projectId })).toEqual(
            foldReport(events.slice(0, next)),
          )
        }
      }),
      { numRuns: 60 },
    )
  })
})
