import { CuelineError, type CuelineErrorCode } from '../error.ts'
import { errorField, errorMessage } from '../error-message.ts'
import type { ErrorClass } from '../staging/state.ts'

const deepestCause = 8

const classOfCode: Readonly<Record<CuelineErrorCode, ErrorClass>> = {
  'invalid-input': 'permanent',
  'not-found': 'permanent',
  conflict: 'merge-conflict',
  'lease-lost': 'cancelled',
  refused: 'permanent',
  unsupported: 'permanent',
  'storage-busy': 'transient',
  'storage-newer': 'permanent',
  'storage-readonly': 'permanent',
  'storage-full': 'transient',
  'storage-unreachable': 'transient',
  'storage-unusable': 'permanent',
  pruned: 'permanent',
  'runner-failed': 'agent-crash',
  timeout: 'timeout',
  cancelled: 'cancelled',
  limit: 'rate-limit',
  internal: 'agent-crash',
}

/** Codes that operating systems and network clients give to trouble that passes. */
const transientCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENETDOWN',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAGAIN',
  'EBUSY',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOSPC',
  'UND_ERR_SOCKET',
])
const timeoutCodes = new Set([
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])

export interface ClassifiedError {
  readonly class: ErrorClass
  readonly message: string
}

/** What a person has to mend: the same call fails again. */
const permanentCodes = new Set(['EACCES', 'EPERM', 'EROFS'])

/**
 * Sorts whatever was thrown into an error class, once, at the edge: by Cueline's own codes, abort
 * and timeout errors, codes of the operating system and HTTP statuses, of the error or the nearest
 * of its causes that tells. What nobody knows is an `agent-crash`. Never throws, and the message is
 * never empty.
 */
export function classifyError(error: unknown): ClassifiedError {
  let found: ErrorClass | null = null
  let cause: unknown = error
  for (let depth = 0; depth < deepestCause && cause != null && found === null; depth += 1) {
    found = classOf(cause)
    cause = errorField(cause, 'cause')
  }
  return { class: found ?? 'agent-crash', message: errorMessage(error) }
}

function classOf(error: unknown): ErrorClass | null {
  if (error instanceof CuelineError) {
    return error.retryable && classOfCode[error.code] === 'permanent'
      ? 'transient'
      : classOfCode[error.code]
  }
  const name = errorField(error, 'name')
  if (name === 'AbortError') return 'cancelled'
  if (name === 'TimeoutError') return 'timeout'
  const code = errorField(error, 'code')
  if (typeof code === 'string') {
    if (transientCodes.has(code)) return 'transient'
    if (timeoutCodes.has(code)) return 'timeout'
    if (permanentCodes.has(code)) return 'permanent'
    if (code === 'ABORT_ERR') return 'cancelled'
  }
  return classOfStatus(errorField(error, 'status') ?? errorField(error, 'statusCode'))
}

function classOfStatus(status: unknown): ErrorClass | null {
  if (typeof status !== 'number') return null
  if (status === 429) return 'rate-limit'
  if (status === 402) return 'quota'
  if (status === 408 || status === 504) return 'timeout'
  if (status >= 500 && status <= 599) return 'transient'
  if (status === 401 || status === 403) return 'permanent'
  return null
}
