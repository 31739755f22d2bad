import { CuelineError } from '../error.ts'
import type { Question } from '../runner/runner.ts'
import type { Claim } from './claim.ts'
import type { EngineContext } from './context.ts'
import type { Slot } from './slots.ts'
import { writeForClaim } from './write-for-claim.ts'

/**
 * Asks a person and resolves with the answer. The question is stored, the slot is left to others
 * until the answer comes; an answer that this task has got before resolves at once.
 */
export async function askPerson(
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
    return await waitForAnswer(context, waiting.requestId, signal)
  } finally {
    await slot.enter(signal)
    if (!signal.aborted) await writeForClaim(context, claim, { type: 'attempt.resume' })
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
