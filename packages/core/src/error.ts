/** What went wrong, in one word that programs can switch on. */
export type CuelineErrorCode =
  | 'invalid-input'
  | 'not-found'
  | 'conflict'
  | 'lease-lost'
  | 'refused'
  | 'unsupported'
  | 'storage-busy'
  | 'storage-newer'
  | 'storage-readonly'
  | 'storage-full'
  | 'storage-unreachable'
  | 'storage-unusable'
  | 'pruned'
  | 'runner-failed'
  | 'timeout'
  | 'cancelled'
  | 'limit'
  | 'internal'

export interface CuelineErrorOptions {
  /** Whether the same call can succeed later without anybody changing anything; false if absent. */
  readonly retryable?: boolean | undefined
  /** Plain data for programs: the ids and values that the message names. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
  readonly cause?: unknown
}

/**
 * The one error class of Cueline. `message` names the thing, shows the value received and ends with
 * the next step; `code` is what programs decide by. Adapters sort foreign errors into these codes
 * once, at their edge, and keep the original as `cause`.
 */
export class CuelineError extends Error {
  override readonly name = 'CuelineError'
  readonly code: CuelineErrorCode
  readonly retryable: boolean
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: CuelineErrorCode, message: string, options: CuelineErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.retryable = options.retryable ?? false
    this.details = options.details ?? {}
  }
}
