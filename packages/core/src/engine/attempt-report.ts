import type { Question, Report } from '../runner/runner.ts'
import { CuelineError } from '../error.ts'
import { shown } from '../plan/shown.ts'
import { agentSessionIdProblem } from '../session/agent-session-id.ts'
import type { CommandOf } from '../staging/command.ts'
import type { Claim } from './claim.ts'
import type { EngineContext } from './context.ts'

type Stream = CommandOf<'attempt.output'>['stream']

/** Characters of output that one attempt may put into the log; the rest is counted, not kept. */
const mostOutput = 256 * 1024
/** Output is gathered for so long, or up to so many characters, before it is written. */
const gatherMs = 200
const gatherCharacters = 8 * 1024
/** How often one attempt may begin another session; what comes after that is left out. */
const mostSessions = 20

export interface AttemptReport extends Report {
  /** Writes what is gathered and says what was cut; nothing is taken after it. */
  close(): Promise<void>
}

/** Takes what a runner reports, bounds it, and writes it to the log in portions. */
export function createAttemptReport(
  context: EngineContext,
  claim: Claim,
  ask: (question: Question) => Promise<string>,
): AttemptReport {
  let gathered: { stream: Stream; text: string }[] = []
  let characters = 0
  let kept = 0
  let cut = 0
  let closed = false
  let session: string | null = null
  let sessions = 0
  let cancelTimer: (() => void) | null = null
  let writing = Promise.resolve()

  const flush = () => {
    cancelTimer?.()
    cancelTimer = null
    const portions = gathered
    gathered = []
    characters = 0
    for (const portion of portions) {
      writing = writing.then(() =>
        write(context, claim, { ...portion, type: 'attempt.output' }, 'output'),
      )
    }
  }
  const take = (stream: Stream, text: string) => {
    requireText('what is reported', text)
    if (closed || text === '') return
    const room = mostOutput - kept
    const fitting = text.length <= room ? text : text.slice(0, room)
    cut += text.length - fitting.length
    if (fitting === '') return
    kept += fitting.length
    characters += fitting.length
    const last = gathered.at(-1)
    if (last?.stream === stream) last.text += stream === 'progress' ? `\n${fitting}` : fitting
    else gathered.push({ stream, text: fitting })
    if (characters >= gatherCharacters) flush()
    else cancelTimer ??= context.clock.setTimeout(flush, gatherMs)
  }
  return {
    progress(text) {
      if (!closed && typeof text === 'string') {
        context.emitter.emit('progress', {
          attemptId: claim.attemptId,
          taskId: claim.taskId,
          text,
        })
      }
      take('progress', text)
    },
    output(text, stream) {
      take(stream, text)
    },
    session(agentSessionId) {
      if (closed || agentSessionId === session) return
      let problem = agentSessionIdProblem(agentSessionId)
      if (problem === null && sessions === mostSessions) {
        problem = `an attempt begins at most ${mostSessions} sessions`
      }
      if (problem !== null) {
        take('progress', `The session id of the agent was left out: ${problem}.`)
        return
      }
      session = agentSessionId
      sessions += 1
      writing = writing.then(() =>
        write(context, claim, { type: 'session.use', agentSessionId }, 'session'),
      )
    },
    async ask(question) {
      // A runner without types may hand over the text alone: a question that nobody can read waits for ever.
      requireText('the text of a question', (question as Question | undefined)?.text)
      return ask(question)
    },
    async close() {
      if (closed) return
      closed = true
      if (cut > 0) {
        gathered.push({
          stream: 'progress',
          text: `${cut} more characters of output were cut: an attempt keeps ${mostOutput}.`,
        })
      }
      flush()
      await writing
    },
  }
}

function requireText(what: string, text: unknown): void {
  if (typeof text === 'string') return
  throw new CuelineError(
    'invalid-input',
    `The runner gave ${shown(text)} as ${what}; give a text: report.progress('…'), report.ask({ text: '…' }).`,
  )
}

async function write(
  { ledger, onError }: EngineContext,
  claim: Claim,
  said:
    | { readonly type: 'attempt.output'; readonly stream: Stream; readonly text: string }
    | { readonly type: 'session.use'; readonly agentSessionId: string },
  what: string,
): Promise<void> {
  try {
    await ledger.run(async (transaction) => {
      const held = (await transaction.storage.held([claim])).has(claim.workOrderId)
      // What an attempt says that lost its lease is no fact any more: a refusal is not an error.
      await transaction.decide({ ...claim, ...said, held })
    })
  } catch (error) {
    onError(error, `writing the ${what} of attempt ${claim.attemptId}`)
  }
}
