import { CuelineError } from '../error.ts'
import { classifyError } from '../runner/classify-error.ts'
import type { Outcome, Question } from '../runner/runner.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import type { BaseWork, Workspace, WorkspaceProvider } from '../workspace/workspace.ts'
import { askPerson, backToWork } from './ask-person.ts'
import { AttemptAborted } from './attempt-aborted.ts'
import { createAttemptReport } from './attempt-report.ts'
import type { Claim } from './claim.ts'
import type { EngineContext } from './context.ts'
import { settleLandedBefore } from './landed-before.ts'
import { startsFrom } from './starts-from.ts'
import { orGiveUp } from './or-give-up.ts'
import { protect } from './protect.ts'
import { noteLost, reportAlive } from './report-alive.ts'
import { removeWorkspace } from './remove-workspace.ts'
import { settleAttempt } from './settle-attempt.ts'
import type { Slot } from './slots.ts'
import { timeLimit } from './time-limit.ts'
import { writeForClaim } from './write-for-claim.ts'

/**
 * One attempt from claim to its end: workspace, runner, gates, merge, outcome. Always settles, and
 * leaves no workspace behind that holds nothing. What it does after its lease is lost is refused by
 * the storage, so it stops and is forgotten.
 */
export async function runAttempt(
  context: EngineContext,
  claim: Claim,
  slot: Slot,
  controller: AbortController,
): Promise<void> {
  const { signal } = controller
  // Claimed again before this process has noticed that it had lost the work: others took it meanwhile.
  context.live
    .get(claim.workOrderId)
    ?.abort(
      new AttemptAborted(
        'lease-lost',
        `Attempt ${claim.number} has taken over (fence ${claim.fence}).`,
      ),
    )
  context.live.set(claim.workOrderId, controller)
  context.alive.set(claim.attemptId, { claim, lost: false })
  let workspace: Workspace | null = null
  let upon: readonly BaseWork[] = []
  try {
    signal.throwIfAborted()
    if (context.workspace !== null) {
      const prepared = await prepareWorkspace(context, context.workspace, claim, signal)
      workspace = prepared.workspace
      upon = prepared.upon
      noteWorkspace(context, claim, workspace)
      if (await settleLandedBefore(context, context.workspace, claim)) return
      context.open.set(claim.attemptId, claim)
    }
    const brief = withOverlaps(context, withWorkspace(claim.brief, workspace))
    const ended = await runRunner(context, claim, brief, controller, slot)
    const at = { workspace, upon, signal, slot }
    const outcome = await protect(context, claim, brief, ended, at)
    await settleAttempt(context, claim, brief, outcome, at)
  } catch (error) {
    await settleError(context, claim, error, signal)
  } finally {
    context.open.delete(claim.attemptId)
    // The next attempt of the work order may be live by now.
    if (context.live.get(claim.workOrderId) === controller) context.live.delete(claim.workOrderId)
    if (workspace !== null) await removeWorkspace(context, claim)
    if (context.alive.get(claim.attemptId)?.lost === false) context.alive.delete(claim.attemptId)
    else await reportAlive(context, claim)
  }
}

/** A workspace that comes only after it was given up is nobody's, so it is removed. */
async function prepareWorkspace(
  context: EngineContext,
  provider: WorkspaceProvider,
  claim: Claim,
  signal: AbortSignal,
): Promise<{ readonly workspace: Workspace; readonly upon: readonly BaseWork[] }> {
  const { code, title } = claim.brief.task
  const from = await startsFrom(context, claim, provider)
  signal.throwIfAborted()
  const report = createAttemptReport(context, claim, neverAsked)
  const preparing = provider.prepare({ ...claim, code, title, ...from }, signal, report)
  try {
    const workspace = await orGiveUp(context, 'Preparing a workspace', preparing, signal)
    return { workspace, upon: from.upon ?? [] }
  } catch (error) {
    preparing.then(
      (late) => {
        noteWorkspace(context, claim, late)
        return removeWorkspace(context, claim)
      },
      (lateError: unknown) => {
        if (lateError !== error) context.onError(lateError, 'giving up a workspace')
      },
    )
    throw error
  } finally {
    await report.close()
  }
}

/** Says in the log that there is a workspace; nobody waits for that. */
function noteWorkspace(
  { ledger, onError }: EngineContext,
  { projectId, attemptId, taskId }: Claim,
  { base, path }: Workspace,
): void {
  const happened = { what: 'created', base, path: path ?? null } as const
  ledger
    .execute({ type: 'workspace.record', projectId, attemptId, taskId, happened })
    .catch((error: unknown) => onError(error, `noting the workspace of attempt ${attemptId}`))
}

function neverAsked(): Promise<never> {
  return Promise.reject(new CuelineError('unsupported', 'A workspace asks nobody anything.'))
}

function withWorkspace(brief: AttemptBrief, workspace: Workspace | null): AttemptBrief {
  if (workspace === null) return brief
  const { path, base, env } = workspace
  return {
    ...brief,
    workspace: { base, ...(path !== undefined && { path }), ...(env !== undefined && { env }) },
  }
}

function withOverlaps({ overlaps }: EngineContext, brief: AttemptBrief): AttemptBrief {
  const seen = brief.number > 1 ? overlaps.get(brief.taskId) : undefined
  return seen === undefined ? brief : { ...brief, overlaps: seen }
}

async function runRunner(
  context: EngineContext,
  claim: Claim,
  brief: AttemptBrief,
  controller: AbortController,
  slot: Slot,
): Promise<Outcome> {
  const { clock, runner, times } = context
  const { signal } = controller
  const limit = timeLimit(clock, times.attemptTimeoutMs, () =>
    controller.abort(
      new AttemptAborted(
        'timeout',
        `The attempt took longer than ${Math.round(times.attemptTimeoutMs / 1000)} s and was stopped. Raise attemptTimeoutMs, or split the task.`,
      ),
    ),
  )
  /** Made for the first question; most attempts ask none. */
  const asking: { over: AbortController | null } = { over: null }
  let ended = false
  let forgotten = false
  let asked: Promise<unknown> = Promise.resolve()
  const ask = (question: Question) => {
    // One after the other: an attempt waits for one answer at a time.
    asking.over ??= new AbortController()
    if (ended) asking.over.abort(overError())
    const { signal: over } = asking.over
    const answer = asked.then(async () => {
      over.throwIfAborted()
      limit.pause()
      try {
        return await askPerson(context, claim, question, { signal, over, slot })
      } catch (error) {
        forgotten = error === over.reason
        throw error
      } finally {
        limit.resume()
      }
    })
    // A runner that forgets its question does not bring the host down when the question ends.
    asked = answer.catch(() => {})
    return answer
  }
  const report = createAttemptReport(context, claim, ask)
  let outcome: Outcome
  try {
    signal.throwIfAborted()
    const run = Promise.resolve(runner.run(brief, { signal, report }))
    outcome = await orGiveUp(context, `Runner "${runner.name}"`, run, signal)
  } finally {
    ended = true
    if (asking.over !== null) {
      asking.over.abort(overError())
      await asked
    }
    limit.stop()
    await report.close()
  }
  // Whoever yields or fails may still want the answer, the next time; who is done goes on without.
  if (forgotten && outcome.status === 'completed') await backToWork(context, claim, signal, slot)
  return outcome
}

function overError(): CuelineError {
  return new CuelineError(
    'cancelled',
    'The attempt is over; nobody waits for this answer any more.',
  )
}

async function settleError(
  context: EngineContext,
  claim: Claim,
  error: unknown,
  signal: AbortSignal,
): Promise<void> {
  const reason: unknown = signal.aborted ? signal.reason : error
  const kind = reason instanceof AttemptAborted ? reason.kind : null
  if (kind === 'lease-lost' || kind === 'cancelled') return noteLost(context, claim)
  if (isLeaseLost(reason)) return noteLost(context, claim)
  try {
    if (kind === 'shutdown') {
      await writeForClaim(context, claim, {
        type: 'attempt.interrupt',
        reason: 'the engine was stopped',
      })
      return
    }
    const { evidence, retryAfterMs } = reason instanceof CuelineError ? reason.details : {}
    if (isNotYet(reason) && isDuration(retryAfterMs)) {
      const yielding = { type: 'attempt.yield', reason: reason.message, retryAfterMs } as const
      await writeForClaim(context, claim, yielding)
      return
    }
    await writeForClaim(context, claim, {
      type: 'attempt.fail',
      failure: { ...classifyError(reason), evidence: typeof evidence === 'string' ? evidence : '' },
      verdicts: [],
      ...(isDuration(retryAfterMs) && { retryAfterMs }),
    })
  } catch (writeError) {
    noteLost(context, claim)
    if (isLeaseLost(writeError)) return
    // The lease lapses and the sweep returns the work: nothing is lost, only time.
    context.onError(writeError, `settling attempt ${claim.attemptId}`)
  }
}

function isLeaseLost(error: unknown): boolean {
  return error instanceof CuelineError && error.code === 'lease-lost'
}

/** What it would start from, or the room for it, is not there. */
function isNotYet(error: unknown): error is CuelineError {
  return error instanceof CuelineError && error.code === 'refused' && error.retryable
}

/** Details may hold anything. */
function isDuration(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
