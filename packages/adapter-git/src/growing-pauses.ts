import { CuelineError } from '@cueline/core'

import { asLimit } from './room.ts'

/** Milliseconds until a workspace without room is tried again: longer each time. */
const [shortestPauseMs, longestPauseMs] = [5_000, 60_000]

/** How long work pauses while the machine has no room for a workspace. */
export interface Pauses {
  /** An error of a full machine says when to try again, later each time; any other is given back. */
  of(error: unknown, folder: string): unknown
  /** There was room: the next pause is short again. */
  over(): void
}

export function growingPauses(): Pauses {
  let refusals = 0
  return {
    of(error, folder) {
      const limit = asLimit(error, folder)
      if (!(limit instanceof CuelineError) || limit.code !== 'limit') return limit
      const retryAfterMs = Math.min(longestPauseMs, shortestPauseMs * 2 ** Math.min(refusals, 10))
      refusals += 1
      const { code, message, details, cause } = limit
      return new CuelineError(code, message, {
        retryable: true,
        details: { ...details, retryAfterMs },
        cause,
      })
    },
    over() {
      refusals = 0
    },
  }
}
