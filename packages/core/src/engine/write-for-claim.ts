import type { Event } from '../event/event.ts'
import type { Command } from '../staging/command.ts'
import { allKeys } from '../staging/all-keys.ts'
import { sliceOf } from '../staging/slice-of.ts'
import type { ClaimIds } from './claim.ts'
import type { EngineContext } from './context.ts'

type AttemptCommand = Extract<Command, { type: `attempt.${string}` }>
type WithoutClaim<C> = C extends unknown
  ? Omit<C, 'projectId' | 'taskId' | 'workOrderId' | 'attemptId' | 'fence' | 'held'>
  : never

/**
 * Writes for the claim, by its fence, in a transaction that checks its lease. Several commands are
 * stored together or not at all.
 */
export function writeForClaim(
  context: EngineContext,
  claim: ClaimIds,
  ...commands: readonly WithoutClaim<AttemptCommand>[]
): Promise<{ readonly events: readonly Event[] }> {
  const { projectId, taskId, workOrderId, attemptId, fence } = claim
  const ids = { projectId, taskId, workOrderId, attemptId, fence }
  const keys = commands.map((command) => sliceOf({ ...ids, held: true, ...command }))
  return context.ledger.run(
    async (transaction) => {
      const held = (await transaction.storage.held([claim])).has(claim.workOrderId)
      const events: Event[] = []
      for (const command of commands) {
        events.push(...(await transaction.execute({ ...ids, held, ...command })).events)
      }
      return { events }
    },
    claim.workerId,
    { keys: { projectId, ...allKeys(keys) }, claims: [claim] },
  )
}
