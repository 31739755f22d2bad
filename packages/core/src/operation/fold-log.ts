import { CuelineError } from '../error.ts'
import type { StoredEvent } from '../event/event.ts'
import type { ProjectId } from '../id.ts'
import { baseOfParts, createLogFold, type LogFold } from '../report/log-fold.ts'
import type { Storage } from '../storage/storage.ts'

/** Events that are read at once; what is folded of them is all that stays in memory. */
const portion = 5_000
/** How often a fold starts again because the log was pruned under it. */
const mostStarts = 5

/**
 * Folds the log of a project page by page, from what stands for its pruned events on. Throws as
 * `foldOn`.
 */
export async function foldLog(
  storage: Storage,
  projectId: ProjectId,
  through = Number.POSITIVE_INFINITY,
): Promise<LogFold> {
  for (let start = 1; ; start += 1) {
    try {
      const fold = await startFold(storage, projectId)
      await foldOn(storage, projectId, fold, through)
      return fold
    } catch (error) {
      const pruned = error instanceof CuelineError && error.code === 'pruned'
      if (!pruned || start === mostStarts) throw error
    }
  }
}

/** A fold of the pruned events alone: empty when the log is whole. */
export async function startFold(storage: Storage, projectId: ProjectId): Promise<LogFold> {
  const parts = await storage.transaction((transaction) =>
    transaction.query('logBase', { projectId }),
  )
  return createLogFold(baseOfParts(projectId, parts))
}

/**
 * Folds on to the end of the log, or through a sequence. `before` is called before each event.
 * Throws `pruned` when the log is pruned meanwhile, and `internal` when events are missing.
 */
export async function foldOn(
  storage: Storage,
  projectId: ProjectId,
  fold: LogFold,
  through = Number.POSITIVE_INFINITY,
  before: (event: StoredEvent) => void = () => {},
): Promise<void> {
  for (;;) {
    const events = await storage.eventsAfter(projectId, fold.sequence, portion)
    for (const event of events) {
      if (event.sequence > through) return
      if (event.sequence !== fold.sequence + 1) throw gap(projectId, fold.sequence, event.sequence)
      before(event)
      fold.add(event)
    }
    if (events.length < portion) return
  }
}

function gap(projectId: ProjectId, last: number, next: number): CuelineError {
  return new CuelineError(
    'internal',
    `The log of project "${projectId}" lacks the events ${last + 1} to ${next - 1}: somebody deleted them by hand, or the database is damaged. Restore a backup; \`cueline prune\` is the way to take old events out.`,
    { details: { projectId, from: last + 1, to: next - 1 } },
  )
}
