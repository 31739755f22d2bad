import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

import { agentSessionIdProblem, errorClassOf, type ErrorClass, type Question } from '@cueline/core'

/** What an agent has written into its result file. */
export type AgentResult =
  | { readonly status: 'completed' | 'yielded'; readonly summary: string }
  | {
      readonly status: 'failed'
      readonly class: ErrorClass
      readonly message: string
      readonly retryAfterMs?: number
    }
  | { readonly status: 'waiting'; readonly ask: Question }

export type ReadResult =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'result'
      readonly result: AgentResult
      /** What the agent itself calls the session that it worked in. */
      readonly session?: string
    }
  /** `problem` says what is wrong, in words for people. */
  | { readonly kind: 'invalid'; readonly problem: string }

const largestResult = 1024 * 1024

/** Reads a result file. What an agent may put there - a pipe, a link, gigabytes - does no harm. */
export async function readResult(path: string): Promise<ReadResult> {
  let text: string
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const { size } = await expectFile(file)
      if (size > largestResult) return invalid(`it is ${size} bytes long, 1 MiB is the limit`)
      text = await file.readFile('utf8')
    } finally {
      await file.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'absent' }
    return invalid(`it cannot be read: ${(error as Error).message}`)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return invalid(`it is no JSON: ${(error as Error).message}`)
  }
  const result = resultOf(value)
  if (typeof result === 'string') return invalid(result)
  const session = isRecord(value) ? value.session : undefined
  if (session === undefined) return { kind: 'result', result }
  const problem = agentSessionIdProblem(session)
  return problem === null
    ? { kind: 'result', result, session: session as string }
    : invalid(`"session" is ${shown(session)}, which is no id of a session: ${problem}`)
}

async function expectFile(file: Awaited<ReturnType<typeof open>>) {
  const stat = await file.stat()
  if (!stat.isFile()) throw new Error('it is no regular file')
  return stat
}

function invalid(problem: string): ReadResult {
  return { kind: 'invalid', problem }
}

/** The result, or what is wrong with it. */
function resultOf(value: unknown): AgentResult | string {
  if (!isRecord(value)) return `it holds ${shown(value)} instead of an object`
  const { status, summary = '', message } = value
  if (typeof summary !== 'string') return `"summary" is ${shown(summary)} instead of a text`
  switch (status) {
    case 'completed':
    case 'yielded':
      return { status, summary }
    case 'failed':
      return failureOf(value, message ?? summary)
    case 'waiting': {
      const ask = questionOf(value.ask)
      return typeof ask === 'string' ? ask : { status, ask }
    }
    default:
      return `"status" is ${shown(status)}; expected completed, failed, waiting or yielded`
  }
}

function failureOf(value: Record<string, unknown>, message: unknown): AgentResult | string {
  if (typeof message !== 'string') return `"message" is ${shown(message)} instead of a text`
  const errorClass = errorClassOf(value.class ?? 'agent-crash')
  if (errorClass === null) return `"class" is ${shown(value.class)}, which is no error class`
  const { retryAfterMs } = value
  const failed = {
    status: 'failed',
    class: errorClass,
    message: message === '' ? 'The agent gave up without saying why.' : message,
  } as const
  if (retryAfterMs === undefined) return failed
  if (typeof retryAfterMs !== 'number' || !Number.isFinite(retryAfterMs) || retryAfterMs < 0) {
    return `"retryAfterMs" is ${shown(retryAfterMs)} instead of milliseconds`
  }
  return { ...failed, retryAfterMs }
}

function questionOf(ask: unknown): Question | string {
  if (!isRecord(ask)) return `"ask" is ${shown(ask)} instead of an object with "text"`
  const { text, kind = 'question', options = [] } = ask
  if (typeof text !== 'string' || text.trim() === '') {
    return `"ask.text" is ${shown(text)} instead of a question`
  }
  if (kind !== 'question' && kind !== 'choice' && kind !== 'approval') {
    return `"ask.kind" is ${shown(kind)}; expected question, choice or approval`
  }
  if (!Array.isArray(options) || !options.every((option) => typeof option === 'string')) {
    return `"ask.options" is ${shown(options)} instead of a list of texts`
  }
  return { text, kind, options }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
