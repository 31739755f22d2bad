import type { Clock } from '../clock.ts'
import { CuelineError } from '../error.ts'
import type { Question } from '../runner/runner.ts'
import type { Claim } from './claim.ts'
import type { EngineContext } from './context.ts'
import { refusalError } from './ledger.ts'
import type { Slot } from './slots.ts'
import { writeForClaim } from './write-for-claim.ts'

export interface Asker {
  /** Aborts with the attempt. */
  readonly signal: AbortSignal
  /** Aborts when the runner has ended: its attempt stays `waiting`, and so does the question. */
  readonly over: AbortSignal
  readonly slot: Slot
}

/**
 * Asks a person and resolves with the answer. The question is stored, the slot is left to others
 * until the answer comes; an answer that this task has got before resolves at once.
 */
export async function askPerson(
  context: EngineContext,
  claim: Claim,
  question: Question,
  { signal, over, slot }: Asker,
): Promise<string> {
  const { projectId, taskId } = claim
  const answered = await context.storage.transaction((storage) =>
    storage.query('requests', { projectId, taskId, status: ['answered'] }),
  )
  const known = answered.findLast((request) => request.text === question.text)
  if (known?.answer != null) return known.answer
  const { events } = await writeForClaim(context, claim, {
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
    return await waitForAnswer(context, waiting.requestId, AbortSignal.any([signal, over]))
  } finally {
    if (!over.aborted) await backToWork(context, claim, signal, slot)
  }
}

/** After a question: into a slot again, and on once the caps leave room. */
export async function backToWork(
  context: EngineContext,
  claim: Claim,
  signal: AbortSignal,
  slot: Slot,
): Promise<void> {
  await slot.enter(signal)
  if (!signal.aborted) await resume(context, claim, signal)
}

/** Goes on once caps leave room; others may have filled them while the attempt waited. */
async function resume(context: EngineContext, claim: Claim, signal: AbortSignal): Promise<void> {
  const { ledger, clock, times } = context
  const { projectId, taskId, workOrderId, attemptId, fence } = claim
  for (;;) {
    const decision = await ledger.run(async (transaction) => {
      const { storage } = transaction
      const held = (await storage.held([claim])).has(workOrderId)
      const load = await storage.query('load', { projectId })
      return transaction.decide({
        type: 'attempt.resume',
        projectId,
        taskId,
        workOrderId,
        attemptId,
        fence,
        held,
        load,
      })
    }, claim.workerId)
    if (decision.ok) return
    if (decision.refusal.code !== 'not-allowed') throw refusalError(decision.refusal)
    await pause(clock, Math.min(times.sweepMs, 250), signal)
    if (signal.aborted) return
  }
}

/** Resolves after a while, at once when the signal aborts. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      cancel()
      signal.removeEventListener('abort', go)
      resolve()
    }
    const cancel = clock.setTimeout(go, ms)
    signal.addEventListener('abort', go, { once: true })
    if (signal.aborted) go()
  })
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
