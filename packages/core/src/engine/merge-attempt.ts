import { CuelineError } from '../error.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import type { CommandOf } from '../staging/command.ts'
import type { Failure, Verdict } from '../staging/state.ts'
import { touchedOf } from '../staging/touched.ts'
import type { Landed, TrialMerge, Workspace, WorkspaceProvider } from '../workspace/workspace.ts'
import { AttemptAborted } from './attempt-aborted.ts'
import type { Claim } from './claim.ts'
import type { EngineContext } from './context.ts'
import { gatesFailure, judge, passes } from './judge.ts'
import { orGiveUp } from './or-give-up.ts'
import { unapproved } from './protect.ts'
import type { Slot } from './slots.ts'
import { writeForClaim } from './write-for-claim.ts'

/** Trials of one attempt whose target somebody moved before they landed. */
const mostTrials = 10

export interface MergeRequest {
  readonly provider: WorkspaceProvider
  readonly workspace: Workspace
  readonly brief: AttemptBrief
  /** Of the work alone. */
  readonly verdicts: readonly Verdict[]
  readonly signal: AbortSignal
  readonly slot: Slot
}

/**
 * From verified work to work that has landed: into the merge queue of its target, and when it is the
 * first there, a trial merge, gates on the merged result where that differs, and the landing. Its slot
 * is free for other work from the moment it is queued. Whatever moved the target between trial and
 * landing - a process that was taken for dead, a person - costs another trial and charges nobody.
 */
export async function mergeAttempt(
  context: EngineContext,
  claim: Claim,
  request: MergeRequest,
): Promise<void> {
  const { provider, verdicts, signal, slot } = request
  const target = await provider.mergeTarget()
  signal.throwIfAborted()
  await writeForClaim(context, claim, { type: 'attempt.merge', verdicts, target })
  slot.leave()
  for (let trials = 1; ;) {
    await context.mergeTurns.turn(target, claim.attemptId, signal)
    try {
      return await mergeInTurn(context, claim, request, target)
    } catch (error) {
      if (error instanceof TurnLost) continue
      if (!isMoved(error)) throw error
      if (trials === mostTrials) return await fail(context, claim, moved(target, error), verdicts)
      trials += 1
    }
  }
}

async function mergeInTurn(
  context: EngineContext,
  claim: Claim,
  { provider, workspace, brief, verdicts, signal }: MergeRequest,
  target: string,
): Promise<void> {
  const trial = await tryMerge(context, provider, workspace, signal)
  let landed = false
  try {
    if (!trial.ok) return await fail(context, claim, conflict(trial), verdicts, trial.changed)
    const forbidden = await unapproved(context, claim, brief, trial)
    if (forbidden !== null) return await fail(context, claim, forbidden, verdicts, trial.changed)
    let judged = verdicts
    if (trial.differs) {
      judged = await judge(context, brief, trial.path ?? workspace.path, signal)
      signal.throwIfAborted()
      if (!passes(judged)) {
        const failure = gatesFailure(judged, 'the merged result')
        return await fail(context, claim, failure, judged, trial.changed)
      }
    }
    const { merged } = await land(context, claim, provider, trial, target)
    landed = true
    await succeed(context, claim, { verdicts: judged, merged, touched: touchedOf(trial.changed) })
  } finally {
    if (!landed) await provider.abandon(trial)
  }
}

async function fail(
  context: EngineContext,
  claim: Claim,
  failure: Failure,
  verdicts: readonly Verdict[],
  changed?: readonly string[],
): Promise<void> {
  await writeForClaim(context, claim, {
    type: 'attempt.fail',
    failure,
    verdicts,
    ...(changed && { touched: touchedOf(changed) }),
  })
}

/** A trial that comes only after it was given up is nobody's. */
async function tryMerge(
  context: EngineContext,
  provider: WorkspaceProvider,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<TrialMerge> {
  const trying = provider.tryMerge(workspace, signal)
  try {
    return await orGiveUp(context, 'A trial merge', trying, signal)
  } catch (error) {
    trying
      .then((late) => provider.abandon(late))
      .catch((lateError: unknown) => {
        if (lateError !== error) context.onError(lateError, 'giving up a trial merge')
      })
    throw error
  }
}

/**
 * What has landed is never settled as failed. When the storage cannot take the success, the lease
 * lapses, and whoever sweeps then finds the landing.
 */
async function succeed(
  context: EngineContext,
  claim: Claim,
  success: Pick<CommandOf<'attempt.succeed'>, 'verdicts' | 'merged' | 'touched'>,
): Promise<void> {
  try {
    await writeForClaim(context, claim, { type: 'attempt.succeed', ...success })
  } catch (error) {
    if (error instanceof CuelineError && error.code === 'lease-lost') throw error
    context.onError(error, `recording the landing of attempt ${claim.attemptId}`)
  }
}

/** A landing that failed half way may have been finished all the same: then it counts. */
async function land(
  context: EngineContext,
  claim: Claim,
  provider: WorkspaceProvider,
  trial: TrialMerge,
  target: string,
): Promise<Landed> {
  try {
    return await provider.land(trial, () => confirm(context, claim, target))
  } catch (error) {
    const found = await provider.landed(claim.attemptId, claim.fence)
    if (found === null) throw error
    return found
  }
}

/** The last moment: the claim still stands, and nobody came before it in the queue. */
async function confirm({ ledger }: EngineContext, claim: Claim, target: string): Promise<void> {
  await ledger.run(async ({ storage }) => {
    const held = await storage.held([claim])
    if (!held.has(claim.workOrderId)) throw leaseLost(claim)
    const [head] = await storage.query('mergeQueue', { target, limit: 1 })
    if (head?.attemptId !== claim.attemptId) throw new TurnLost(claim, head?.code)
  })
}

/** Only where clocks of two hosts differ may somebody come in before the first. */
class TurnLost extends CuelineError {
  constructor({ attemptId }: Claim, first = 'another attempt') {
    super('conflict', `Attempt ${attemptId} is not the first to merge any more; ${first} is.`, {
      retryable: true,
    })
  }
}

/** What `land` says when the target is not what the trial was made with. */
function isMoved(error: unknown): error is CuelineError {
  return error instanceof CuelineError && error.code === 'conflict' && error.retryable
}

function moved(target: string, { message }: CuelineError): Failure {
  return {
    class: 'transient',
    message: `${target} was moved ${mostTrials} times while this attempt was tried and judged. Look who else writes to it.`,
    evidence: message,
  }
}

function conflict(trial: Extract<TrialMerge, { ok: false }>): Failure {
  const { message, conflicts, evidence = conflicts.join('\n') } = trial
  return { class: 'merge-conflict', message, evidence }
}

function leaseLost(claim: Claim): AttemptAborted {
  return new AttemptAborted(
    'lease-lost',
    `Attempt ${claim.number} lost its lease (fence ${claim.fence}); its work is not stored.`,
  )
}
