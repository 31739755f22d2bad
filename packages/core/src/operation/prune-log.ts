import { CuelineError } from '../error.ts'
import type { StoredEvent } from '../event/event.ts'
import type { ProjectId } from '../id.ts'
import type { Storage } from '../storage/storage.ts'
import { baseOf, type LogBase, partsOfBase } from '../report/log-fold.ts'
import { foldOn, startFold } from './fold-log.ts'
import type { OperationContext } from './operation.ts'
import { replayDifferences } from './replay-differences.ts'
import { requireProject } from './resolve.ts'

/**
 * Which events stay: exactly one of these. What prunes themselves have written is no reason to prune
 * again, unless `before` asks for it: a project at rest is not kept busy by whoever prunes it regularly.
 */
export interface PruneOptions {
  readonly projectId: ProjectId
  /** The first event that stays. */
  readonly before?: number | undefined
  /** So many of the newest stay. */
  readonly keepEvents?: number | undefined
  /** Those of so many days stay, and all that came after the first of them. */
  readonly keepDays?: number | undefined
  readonly dryRun: boolean
  readonly actor: string
}

export interface PrunedLog {
  /** How many events were taken out, or would be. */
  readonly events: number
  /** The first and the last of them; null when there were none. */
  readonly from: number | null
  readonly to: number | null
  /** Their size as JSON text; a database needs more. */
  readonly bytes: number
  /** The first event that is left, or comes next. */
  readonly firstSequence: number
  readonly dryRun: boolean
}

const dayMs = 24 * 60 * 60_000

/**
 * Takes old events out of the log. What they come to, for state and reports, is folded first and
 * compared with the stored state; then one transaction keeps it in their place and deletes them.
 * Nothing of it is a reason to wait: the fold needs no lock. Throws `refused` when the log and the
 * state differ, or `before` lies beyond the log; `conflict` when somebody else prunes meanwhile.
 */
export async function pruneLog(
  { storage, ledger }: OperationContext,
  options: PruneOptions,
): Promise<PrunedLog> {
  const { projectId, before, dryRun } = options
  const { state, last, now } = await storage.transaction(async (transaction) => ({
    project: await requireProject(transaction, projectId),
    state: await transaction.load({ projectId, everything: true }),
    last: await transaction.query('lastSequence', { projectId }),
    now: transaction.now,
  }))
  if (before !== undefined && before > last + 1) throw beyond(projectId, before, last)
  const stays = stayingEvents(options, last, now)
  const isNews = before === undefined ? await newsFor(storage, options, last) : () => true
  const fold = await startFold(storage, projectId)
  const start = fold.sequence
  let base: LogBase | null = null
  let open = true
  let worthIt = false
  let bytes = 0
  const encoder = new TextEncoder()
  await foldOn(storage, projectId, fold, last, (event) => {
    if (open && stays(event)) {
      open = false
      base = baseOf(fold)
    }
    if (!open) return
    worthIt ||= isNews(event)
    bytes += encoder.encode(JSON.stringify(event)).length
  })
  if (open) base = baseOf(fold)
  const through = worthIt ? (base?.cursor ?? start) : start
  const events = through - start
  const pruned: PrunedLog = {
    events,
    from: events === 0 ? null : start + 1,
    to: events === 0 ? null : through,
    bytes,
    firstSequence: through + 1,
    dryRun,
  }
  if (base === null || events === 0) return pruned
  const [difference] = fold.sequence === last ? replayDifferences(state, fold.world) : [gone(last)]
  if (difference !== undefined) throw unsound(projectId, difference)
  if (dryRun) return pruned
  const parts = partsOfBase(base)
  await ledger.run(async (transaction) => {
    const there = await transaction.storage.query('prunedThrough', { projectId })
    if (there !== start) throw meanwhile(projectId)
    await transaction.execute({ type: 'log.prune', projectId, through, events })
    await transaction.storage.prune(projectId, through, parts)
  }, options.actor)
  return pruned
}

function stayingEvents(
  { before, keepEvents, keepDays }: PruneOptions,
  last: number,
  now: number,
): (event: StoredEvent) => boolean {
  if (keepDays !== undefined) return (event) => event.at >= now - keepDays * dayMs
  const first = before ?? last - (keepEvents ?? last) + 1
  return (event) => event.sequence >= first
}

/**
 * Whether an event that need not stay is reason enough to prune: it tells of something else than a
 * prune, and not only the prunes at the end of the log have made it too old.
 */
async function newsFor(
  storage: Storage,
  { projectId, keepEvents = 0 }: PruneOptions,
  last: number,
): Promise<(event: StoredEvent) => boolean> {
  let newest = last
  while (keepEvents > 0 && (await isPrune(storage, projectId, newest))) newest -= 1
  return ({ type, sequence }) => type !== 'log.pruned' && sequence <= newest - keepEvents
}

async function isPrune(storage: Storage, projectId: ProjectId, sequence: number): Promise<boolean> {
  if (sequence < 1) return false
  const gone = await storage.transaction((transaction) =>
    transaction.query('prunedThrough', { projectId }),
  )
  if (sequence <= gone) return false
  const [event] = await storage.eventsAfter(projectId, sequence - 1, 1)
  return event?.type === 'log.pruned'
}

function gone(last: number): string {
  return `The log does not reach event ${last}.`
}

function beyond(projectId: ProjectId, before: number, last: number): CuelineError {
  return new CuelineError(
    'refused',
    `The log of project "${projectId}" ends with event ${last}; the events before ${before} cannot be pruned. Name ${last + 1} or less.`,
    { details: { projectId, before, lastSequence: last } },
  )
}

function unsound(projectId: ProjectId, difference: string): CuelineError {
  return new CuelineError(
    'refused',
    `The log of project "${projectId}" does not fold to its stored state, so nothing was pruned. ${difference} See all that differs: cueline doctor --replay.`,
    { details: { projectId } },
  )
}

function meanwhile(projectId: ProjectId): CuelineError {
  return new CuelineError(
    'conflict',
    `Somebody else has pruned the log of project "${projectId}" meanwhile. Look at what is left and prune again.`,
    { retryable: true, details: { projectId } },
  )
}
