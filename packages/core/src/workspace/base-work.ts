import { CuelineError } from '../error.ts'
import type { BaseWork } from './workspace.ts'

/** Milliseconds after which it may be there. */
const retryAfterMs = 5_000

/** Work that another task was to start from was given up in this moment: it will come again. */
export function givenUpBase(code: string): CuelineError {
  const message = `The work of "${code}", from which this task was to start, was given up; it starts from the next one.`
  return new CuelineError('refused', message, { retryable: true, details: { retryAfterMs } })
}

/** Work of several that have not landed does not come together: one of them has to land first. */
export function contradictingBases(paths: readonly string[], notes = ''): CuelineError {
  const message = `What this task has waited for contradicts each other in ${paths.join(', ')} as long as it has not landed; it starts when that is resolved.${notes === '' ? '' : `\n${notes}`}`
  return new CuelineError('refused', message, { retryable: true, details: { retryAfterMs, paths } })
}

/** Why work that was built upon other work cannot land. */
export function builtUponLost(lost: readonly BaseWork[]): string {
  const shown = lost.map(({ code, attemptId }) => `"${code}" (attempt ${attemptId})`).join(', ')
  return `It was built upon work that has not landed and was given up: ${shown}. The next attempt starts from what comes in its place.`
}
