import type { Attempt } from '../staging/state.ts'
import { touchedOf } from '../staging/touched.ts'
import type { Landed, WorkspaceProvider } from '../workspace/workspace.ts'
import type { Claim } from './claim.ts'
import type { EngineContext } from './context.ts'
import { writeForClaim } from './write-for-claim.ts'

/**
 * Whether an earlier attempt of the work order has landed without getting to say so: its lease lapsed
 * in the middle of the landing, after the fence was checked, and others took it for lost. Then the task
 * is done by that, and settled so; doing it again would land it twice. To be asked when the workspace is
 * prepared: from then on nothing of an earlier attempt can land.
 */
export async function settleLandedBefore(
  context: EngineContext,
  provider: WorkspaceProvider,
  claim: Claim,
): Promise<boolean> {
  if (claim.brief.number === 1 || !provider.merges) return false
  const { projectId, taskId } = claim
  const attempts = await context.storage.transaction(
    (storage) => storage.query('attempts', { projectId, taskId, status: ['interrupted'] }),
    projectId,
  )
  for (const attempt of attempts) {
    if (attempt.workOrderId !== claim.workOrderId || attempt.mergeQueuedAt === null) continue
    const landed = await provider.landed(attempt.id, attempt.fence)
    if (landed === null) continue
    await settle(context, provider, claim, attempt, landed)
    return true
  }
  return false
}

async function settle(
  context: EngineContext,
  provider: WorkspaceProvider,
  claim: Claim,
  { number, verdicts }: Attempt,
  { merged, changed }: Landed,
): Promise<void> {
  const touched = changed && touchedOf(changed)
  const summary = `Attempt ${number} had landed when its lease lapsed.`
  const target = await provider.mergeTarget()
  await writeForClaim(
    context,
    claim,
    { type: 'attempt.verify', summary },
    { type: 'attempt.merge', verdicts, target },
    { type: 'attempt.succeed', verdicts, merged, ...(touched && { touched }) },
  )
}
