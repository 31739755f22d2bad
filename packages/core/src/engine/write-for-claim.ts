import type { Command } from '../staging/command.ts'
import { sliceOf } from '../staging/slice-of.ts'
import type { ClaimIds } from './claim.ts'
import type { EngineContext } from './context.ts'

type AttemptCommand = Extract<Command, { type: `attempt.${string}` }>
type WithoutClaim<C> = C extends unknown
  ? Omit<C, 'projectId' | 'taskId' | 'workOrderId' | 'attemptId' | 'fence' | 'held'>
  : never

/** Writes for the claim, by its fence, in a transaction that checks its lease. */
export function writeForClaim(
  context: EngineContext,
  claim: ClaimIds,
  command: WithoutClaim<AttemptCommand>,
) {
  const { projectId, taskId, workOrderId, attemptId, fence } = claim
  const write = { projectId, taskId, workOrderId, attemptId, fence, ...command }
  const keys = sliceOf({ ...write, held: true })
  return context.ledger.run(
    async (transaction) => {
      const held = (await transaction.storage.held([claim])).has(claim.workOrderId)
      return transaction.execute({ ...write, held })
    },
    claim.workerId,
    { keys, claims: [claim] },
  )
}
