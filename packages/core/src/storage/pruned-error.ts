import { CuelineError } from '../error.ts'

/** What a storage answers to a reader whose next event, the one after `cursor`, was pruned. */
export function prunedError(
  projectId: string,
  cursor: number,
  prunedThrough: number,
): CuelineError {
  const firstSequence = prunedThrough + 1
  return new CuelineError(
    'pruned',
    `The events after ${cursor} of project "${projectId}" were pruned; its log starts with event ${firstSequence} now. Read a snapshot (projects.snapshot) and follow from its cursor, or read on from cursor ${prunedThrough}.`,
    { details: { projectId, cursor, firstSequence } },
  )
}

/** Refuses to prune what is no event of the log, or is none any more. */
export function checkPrune(
  projectId: string,
  sequence: number,
  log: { readonly prunedThrough: number; readonly lastSequence: number },
): void {
  const { prunedThrough, lastSequence } = log
  if (Number.isInteger(sequence) && sequence > prunedThrough && sequence <= lastSequence) return
  const there =
    lastSequence === prunedThrough
      ? 'there are no events'
      : `there are the events ${prunedThrough + 1} to ${lastSequence}`
  throw new CuelineError(
    'refused',
    `The log of project "${projectId}" cannot be pruned up to event ${sequence}: ${there}. Name one of them, and prune again.`,
    { details: { projectId, sequence, prunedThrough, lastSequence } },
  )
}
