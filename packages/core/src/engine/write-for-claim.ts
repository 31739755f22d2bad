import type { Command } from '../staging/command.ts'
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
  return context.ledger.run(async (transaction) => {
    const held = (await transaction.storage.held([claim])).has(claim.workOrderId)
    const { projectId, taskId, workOrderId, attemptId, fence } = claim
    return transaction.execute({
      projectId,
      taskId,
      workOrderId,
      attemptId,
      fence,
      held,
      ...command,
    })
  }, claim.workerId)
}
