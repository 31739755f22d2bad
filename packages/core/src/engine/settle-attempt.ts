import { CuelineError } from '../error.ts'
import { allPass, runGates } from '../gate/run-gates.ts'
import type { Outcome } from '../runner/runner.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import type { CommandOf } from '../staging/command.ts'
import type { Failure, Touched, Verdict } from '../staging/state.ts'
import { touchedOf } from '../staging/touched.ts'
import type { Landed, TrialMerge, Workspace, WorkspaceProvider } from '../workspace/workspace.ts'
import { AttemptAborted } from './attempt-aborted.ts'
import type { Claim } from './claim.ts'
import type { EngineContext } from './context.ts'
import { orGiveUp } from './or-give-up.ts'
import { writeForClaim } from './write-for-claim.ts'

/**
 * From the runner's word to a settled attempt: gates judge the work, it is merged, gates judge the
 * merged result where that differs, and only then it counts.
 */
export async function settleAttempt(
  context: EngineContext,
  claim: Claim,
  brief: AttemptBrief,
  workspace: Workspace | null,
  outcome: Outcome,
  signal: AbortSignal,
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
  const merges = workspace !== null && context.workspace?.merges === true
  if (!merges && isUnjudged(context, brief)) {
    // Nothing happens between the two, so they need one commit.
    const succeed = { type: 'attempt.succeed', verdicts: [], merged: null } as const
    await writeForClaim(context, claim, verify, succeed)
    return
  }
  await writeForClaim(context, claim, verify)
  const verdicts = await judge(context, brief, workspace?.path, signal)
  signal.throwIfAborted()
  if (!passes(verdicts)) return failGates(context, claim, verdicts, 'the work')
  if (!merges) {
    await writeForClaim(context, claim, { type: 'attempt.succeed', verdicts, merged: null })
    return
  }
  await writeForClaim(context, claim, { type: 'attempt.merge', verdicts })
  await merge(context, claim, brief, workspace, verdicts, signal)
}

async function merge(
  context: EngineContext,
  claim: Claim,
  brief: AttemptBrief,
  workspace: Workspace,
  verdicts: readonly Verdict[],
  signal: AbortSignal,
): Promise<void> {
  const provider = context.workspace
  if (provider === null) return
  const trial = await tryMerge(context, provider, workspace, signal)
  let landed = false
  try {
    if (!trial.ok) {
      await writeForClaim(context, claim, {
        type: 'attempt.fail',
        failure: conflict(trial),
        verdicts,
        ...(trial.changed && { touched: touchedOf(trial.changed) }),
      })
      return
    }
    let judged = verdicts
    if (trial.differs) {
      judged = await judge(context, brief, trial.path ?? workspace.path, signal)
      signal.throwIfAborted()
      if (!passes(judged)) {
        const touched = touchedOf(trial.changed)
        return await failGates(context, claim, judged, 'the merged result', touched)
      }
    }
    const { merged } = await land(context, claim, provider, trial)
    landed = true
    await succeed(context, claim, { verdicts: judged, merged, touched: touchedOf(trial.changed) })
  } finally {
    if (!landed) await provider.abandon(trial)
  }
}

/** A trial that comes only after it was given up must not keep the merge lease. */
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
): Promise<Landed> {
  try {
    return await provider.land(trial, () => confirmLease(context, claim))
  } catch (error) {
    const found = await provider.landed(claim.attemptId, claim.fence)
    if (found === null) throw error
    return found
  }
}

function conflict(trial: Extract<TrialMerge, { ok: false }>): Failure {
  const { message, conflicts, evidence = conflicts.join('\n') } = trial
  return { class: 'merge-conflict', message, evidence }
}

function isUnjudged(context: EngineContext, brief: AttemptBrief): boolean {
  return context.gates === null && (brief.task.context?.gates.length ?? 0) === 0
}

/** A task without any gate is not judged: it only runs when a person forced it. */
function judge(
  context: EngineContext,
  brief: AttemptBrief,
  path: string | undefined,
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  const gates = context.gates?.(brief) ?? []
  const asked = brief.task.context?.gates.length ?? 0
  if (gates.length === 0 && asked === 0) return Promise.resolve([])
  const subject = { attempt: brief, ...(path !== undefined && { path }) }
  const judging = runGates(gates, subject, signal, { now: () => context.clock.now() })
  return orGiveUp(context, 'A gate', judging, signal)
}

function passes(verdicts: readonly Verdict[]): boolean {
  return verdicts.length === 0 || allPass(verdicts)
}

async function failGates(
  context: EngineContext,
  claim: Claim,
  verdicts: readonly Verdict[],
  what: string,
  touched?: Touched,
): Promise<void> {
  const failed = verdicts.filter((verdict) => verdict.result !== 'pass')
  const names = failed.map((verdict) => `"${verdict.gate}" (${verdict.result})`).join(', ')
  await writeForClaim(context, claim, {
    type: 'attempt.fail',
    failure: {
      class: 'gate-failed',
      message: `Gates did not pass on ${what}: ${names}. ${reason(failed[0])}`,
      evidence: failed.map((verdict) => verdict.evidence).join('\n'),
    },
    verdicts,
    ...(touched && { touched }),
  })
}

/** What the gate says, and the last line of what it printed: usually why. */
function reason(verdict: Verdict | undefined): string {
  const summary = verdict?.summary ?? ''
  const last = verdict?.evidence.trimEnd().split('\n').at(-1)?.trim() ?? ''
  if (last === '' || summary.includes(last)) return summary
  return `${summary}: ${last.slice(0, mostOfLine)}`
}

/** Characters of a printed line that still help a reader. */
const mostOfLine = 300

async function confirmLease({ ledger }: EngineContext, claim: Claim): Promise<void> {
  await ledger.run(async ({ storage }) => {
    const held = await storage.held([claim])
    if (!held.has(claim.workOrderId)) throw leaseLost(claim)
  })
}

function leaseLost(claim: Claim): AttemptAborted {
  return new AttemptAborted(
    'lease-lost',
    `Attempt ${claim.number} lost its lease (fence ${claim.fence}); its work is not stored.`,
  )
}
