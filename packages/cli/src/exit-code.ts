import type { CuelineErrorCode } from '@cueline/core'

/** What the program ends with; documented in docs/cli.md. */
export const exitCodes = {
  ok: 0,
  /** The command worked, the work did not: tasks failed or could not go on. */
  failed: 1,
  /** Wrong usage, unreadable input, a plan with problems, something that does not exist. */
  input: 2,
  /** Understood and refused: what was asked for is not allowed now. */
  refused: 3,
  /** The database cannot be used, or is not there. */
  storage: 4,
  /** A fault of Cueline itself. */
  internal: 70,
  /** Ctrl-C. */
  interrupted: 130,
} as const

const byError: Readonly<Record<CuelineErrorCode, number>> = {
  'invalid-input': exitCodes.input,
  'not-found': exitCodes.input,
  unsupported: exitCodes.input,
  conflict: exitCodes.refused,
  refused: exitCodes.refused,
  'lease-lost': exitCodes.refused,
  limit: exitCodes.refused,
  'storage-busy': exitCodes.storage,
  'storage-newer': exitCodes.storage,
  'storage-readonly': exitCodes.storage,
  'storage-full': exitCodes.storage,
  'storage-unreachable': exitCodes.storage,
  'storage-unusable': exitCodes.storage,
  pruned: exitCodes.refused,
  'runner-failed': exitCodes.failed,
  timeout: exitCodes.failed,
  cancelled: exitCodes.interrupted,
  internal: exitCodes.internal,
}

export function exitCodeOf(code: CuelineErrorCode): number {
  return byError[code]
}
