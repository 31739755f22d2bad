import { CuelineError } from '../error.ts'
import { allPass, runGates } from '../gate/run-gates.ts'
import { classifyError } from '../runner/classify-error.ts'
import type { Outcome, Question } from '../runner/runner.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import type { Command } from '../staging/command.ts'
import type { Failure, Verdict } from '../staging/state.ts'
import type { TrialMerge, Workspace } from '../workspace/workspace.ts'
import { createAttemptReport } from './attempt-report.ts'
import type { Claim } from './claim.ts'
import type { EngineContext } from './context.ts'
import { timeLimit } from './time-limit.ts'

type AttemptCommand = Extract<Command, { type: `attempt.${string}` }>
type WithoutClaim<C> = C extends unknown
  ? Omit<C, 'projectId' | 'taskId' | 'workOrderId' | 'attemptId' | 'fence' | 'held'>
  : never

/** The slot that an attempt works in; it leaves it while it waits for a person. */
export interface Slot {
  leave(): void
  /** Resolves once a slot is free again; at once when `signal` aborts. */
  enter(signal: AbortSignal): Promise<void>
}

/** Why attempts are aborted; `reason` of their signal. */
export class AttemptAborted extends CuelineError {
  readonly kind: 'shutdown' | 'lease-lost' | 'cancelled' | 'timeout'
  constructor(kind: AttemptAborted['kind'], message: string) {
    super(kind === 'shutdown' ? 'cancelled' : kind, message)
    this.kind = kind
  }
}

/**
 * One attempt from claim to its end: workspace, runner, gates, merge, outcome. Always settles, and
 * leaves no workspace behind that holds nothing. What it does after its lease is lost is refused by
 * the storage, so it stops and is forgotten.
 */
export async function runAttempt(context: EngineContext, claim: Claim, slot: Slot): Promise<void> {
  const controller = new AbortController()
  const { signal } = controller
  context.live.set(claim.workOrderId, (reason) => controller.abort(reason))
  let workspace: Workspace | null = null
  try {
    if (context.workspace !== null) {
      const request = { ...claim, code: claim.brief.task.code }
      workspace = await context.workspace.prepare(request, signal)
    }
    const brief = withWorkspace(claim.brief, workspace)
    const outcome = await runRunner(context, claim, brief, controller, slot)
    await settle(context, claim, brief, workspace, outcome, signal)
  } catch (error) {
    await settleError(context, claim, error, signal)
  } finally {
    context.live.delete(claim.workOrderId)
    if (workspace !== null) await removeWorkspace(context, workspace)
  }
}

function withWorkspace(brief: AttemptBrief, workspace: Workspace | null): AttemptBrief {
  if (workspace === null) return brief
  const { path, base } = workspace
  return { ...brief, workspace: { base, ...(path !== undefined && { path }) } }
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
  const ask = async (question: Question) => {
    limit.pause()
    try {
      return await askPerson(context, claim, question, signal, slot)
    } finally {
      limit.resume()
    }
  }
  const report = createAttemptReport(context, claim, ask)
  try {
    signal.throwIfAborted()
    const run = Promise.resolve(runner.run(brief, { signal, report }))
    return await Promise.race([run, givesUp(context, run, signal)])
  } finally {
    limit.stop()
    await report.close()
  }
}

/** Rejects when the runner has not stopped within the grace after the abort. */
function givesUp(
  { clock, times, runner, onError }: EngineContext,
  run: Promise<unknown>,
  signal: AbortSignal,
): Promise<never> {
  return new Promise((_, reject) => {
    let cancel = () => {}
    const onAbort = () => {
      cancel = clock.setTimeout(() => {
        onError(
          new CuelineError(
            'timeout',
            `Runner "${runner.name}" ignored the abort for ${times.stopGraceMs} ms; its slot is freed without it.`,
          ),
          'stopping an attempt',
        )
        reject(signal.reason)
      }, times.stopGraceMs)
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    const settled = () => {
      cancel()
      signal.removeEventListener('abort', onAbort)
    }
    run.then(settled, settled)
  })
}

async function settle(
  context: EngineContext,
  claim: Claim,
  brief: AttemptBrief,
  workspace: Workspace | null,
  outcome: Outcome,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  if (outcome.status === 'yielded') {
    await write(context, claim, { type: 'attempt.yield', reason: outcome.reason })
    return
  }
  if (outcome.status === 'failed') {
    const { message, evidence = '', retryAfterMs } = outcome
    await write(context, claim, {
      type: 'attempt.fail',
      failure: { class: outcome.class, message, evidence },
      verdicts: [],
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    })
    return
  }
  await write(context, claim, { type: 'attempt.verify', summary: outcome.summary })
  const verdicts = await judge(context, brief, workspace?.path, signal)
  signal.throwIfAborted()
  if (!passes(verdicts)) return failGates(context, claim, verdicts, 'the work')
  if (workspace === null || context.workspace === null || !context.workspace.merges) {
    await write(context, claim, { type: 'attempt.succeed', verdicts, merged: null })
    return
  }
  await write(context, claim, { type: 'attempt.merge', verdicts })
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
  const trial = await provider.tryMerge(workspace, signal)
  let landed = false
  try {
    if (!trial.ok) {
      await write(context, claim, { type: 'attempt.fail', failure: conflict(trial), verdicts })
      return
    }
    let judged = verdicts
    if (trial.differs) {
      judged = await judge(context, brief, trial.path ?? workspace.path, signal)
      signal.throwIfAborted()
      if (!passes(judged)) return await failGates(context, claim, judged, 'the merged result')
    }
    const { merged } = await provider.land(trial, () => confirmLease(context, claim))
    landed = true
    await write(context, claim, { type: 'attempt.succeed', verdicts: judged, merged })
  } finally {
    if (!landed) await provider.abandon(trial)
  }
}

function conflict(trial: Extract<TrialMerge, { ok: false }>): Failure {
  return { class: 'merge-conflict', message: trial.message, evidence: trial.conflicts.join('\n') }
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
  return runGates(gates, subject, signal, { now: () => context.clock.now() })
}

function passes(verdicts: readonly Verdict[]): boolean {
  return verdicts.length === 0 || allPass(verdicts)
}

async function failGates(
  context: EngineContext,
  claim: Claim,
  verdicts: readonly Verdict[],
  what: string,
): Promise<void> {
  const failed = verdicts.filter((verdict) => verdict.result !== 'pass')
  const names = failed.map((verdict) => `"${verdict.gate}" (${verdict.result})`).join(', ')
  await write(context, claim, {
    type: 'attempt.fail',
    failure: {
      class: 'gate-failed',
      message: `Gates did not pass on ${what}: ${names}. ${failed[0]?.summary ?? ''}`.trim(),
      evidence: failed.map((verdict) => verdict.evidence).join('\n'),
    },
    verdicts,
  })
}

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

async function settleError(
  context: EngineContext,
  claim: Claim,
  error: unknown,
  signal: AbortSignal,
): Promise<void> {
  const reason: unknown = signal.aborted ? signal.reason : error
  const kind = reason instanceof AttemptAborted ? reason.kind : null
  if (kind === 'lease-lost' || kind === 'cancelled') return
  if (reason instanceof CuelineError && reason.code === 'lease-lost') return
  try {
    if (kind === 'shutdown') {
      await write(context, claim, { type: 'attempt.interrupt', reason: 'the engine was stopped' })
      return
    }
    const failure = classifyError(reason)
    await write(context, claim, {
      type: 'attempt.fail',
      failure: { ...failure, evidence: '' },
      verdicts: [],
    })
  } catch (writeError) {
    if (writeError instanceof CuelineError && writeError.code === 'lease-lost') return
    // The lease lapses and the sweep returns the work: nothing is lost, only time.
    context.onError(writeError, `settling attempt ${claim.attemptId}`)
  }
}

async function removeWorkspace(context: EngineContext, workspace: Workspace): Promise<void> {
  try {
    await context.workspace?.remove(workspace)
  } catch (error) {
    context.onError(error, `removing the workspace of attempt ${workspace.attemptId}`)
  }
}

async function askPerson(
  context: EngineContext,
  claim: Claim,
  question: Question,
  signal: AbortSignal,
  slot: Slot,
): Promise<string> {
  const { projectId, taskId } = claim
  const answered = await context.storage.transaction((storage) =>
    storage.query('requests', { projectId, taskId, status: ['answered'] }),
  )
  const known = answered.findLast((request) => request.text === question.text)
  if (known?.answer != null) return known.answer
  const { events } = await write(context, claim, {
    type: 'attempt.wait',
    request: {
      kind: question.kind ?? (question.options === undefined ? 'question' : 'choice'),
      text: question.text,
      options: question.options ?? [],
    },
  })
  const waiting = events.find((event) => event.type === 'attempt.waiting')
  if (waiting === undefined) throw new CuelineError('internal', 'The question was not stored.')
  slot.leave()
  try {
    return await waitForAnswer(context, waiting.requestId, signal)
  } finally {
    await slot.enter(signal)
    if (!signal.aborted) await write(context, claim, { type: 'attempt.resume' })
  }
}

function waitForAnswer(
  { answers }: EngineContext,
  requestId: Parameters<EngineContext['answers']['set']>[0],
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      answers.delete(requestId)
      reject(signal.reason)
    }
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    answers.set(requestId, (answer) => {
      answers.delete(requestId)
      signal.removeEventListener('abort', onAbort)
      resolve(answer)
    })
  })
}

/** Writes for the claim, by its fence, in a transaction that checks its lease. */
function write(context: EngineContext, claim: Claim, command: WithoutClaim<AttemptCommand>) {
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
    } as Command)
  }, claim.workerId)
}
