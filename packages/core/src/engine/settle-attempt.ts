import type { Outcome } from '../runner/runner.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import type { BaseWork, Workspace } from '../workspace/workspace.ts'
import type { Claim } from './claim.ts'
import type { EngineContext } from './context.ts'
import { gatesFailure, isUnjudged, judge, passes } from './judge.ts'
import { mergeAttempt } from './merge-attempt.ts'
import type { Slot } from './slots.ts'
import { writeForClaim } from './write-for-claim.ts'

/** Where an attempt that its runner has ended is settled. */
export interface Settling {
  readonly workspace: Workspace | null
  /** Whose work it was built upon before that had landed. */
  readonly upon: readonly BaseWork[]
  readonly signal: AbortSignal
  readonly slot: Slot
}

/**
 * From the runner's word to a settled attempt: gates judge the work, it is merged, gates judge the
 * merged result where that differs, and only then it counts.
 */
export async function settleAttempt(
  context: EngineContext,
  claim: Claim,
  brief: AttemptBrief,
  outcome: Outcome,
  { workspace, upon, signal, slot }: Settling,
): Promise<void> {
  signal.throwIfAborted()
  if (outcome.status === 'yielded') {
    await writeForClaim(context, claim, { type: 'attempt.yield', reason: outcome.reason })
    return
  }
  if (outcome.status === 'failed') {
    const { message, evidence = '', retryAfterMs } = outcome
    await writeForClaim(context, claim, {
      type: 'attempt.fail',
      failure: { class: outcome.class, message, evidence },
      verdicts: [],
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    })
    return
  }
  const verify = { type: 'attempt.verify', summary: outcome.summary } as const
  const provider = context.workspace?.merges === true ? context.workspace : null
  const merges = workspace !== null && provider !== null
  if (!merges && isUnjudged(context, brief)) {
    // Nothing happens between the two, so they need one commit.
    const succeed = { type: 'attempt.succeed', verdicts: [], merged: null } as const
    await writeForClaim(context, claim, verify, succeed)
    return
  }
  await writeForClaim(context, claim, verify)
  const verdicts = await judge(context, brief, workspace?.path, signal)
  signal.throwIfAborted()
  if (!passes(verdicts)) {
    const failure = gatesFailure(verdicts, 'the work')
    await writeForClaim(context, claim, { type: 'attempt.fail', failure, verdicts })
    return
  }
  if (merges) {
    return await mergeAttempt(context, {
      claim,
      provider,
      workspace,
      upon,
      brief,
      verdicts,
      signal,
      slot,
    })
  }
  await writeForClaim(context, claim, { type: 'attempt.succeed', verdicts, merged: null })
}
