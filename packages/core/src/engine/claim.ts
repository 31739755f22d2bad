import type { AttemptId, ProjectId, TaskId, WorkerId, WorkOrderId } from '../id.ts'
import { type Load, suspectFrom, suspectIn } from '../limit/admission.ts'
import { advance } from '../staging/advance.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import type { BatchSummary } from '../staging/batch-summary.ts'
import type { Project } from '../staging/state.ts'
import type { Queries } from '../storage/storage.ts'
import { attemptBriefOf } from './attempt-brief-of.ts'
import type { EngineContext } from './context.ts'
import type { LedgerTransaction } from './ledger.ts'

/** A work order that this process holds, by lease and fence. */
export interface ClaimIds {
  readonly projectId: ProjectId
  readonly taskId: TaskId
  readonly workOrderId: WorkOrderId
  readonly attemptId: AttemptId
  readonly workerId: WorkerId
  readonly number: number
  readonly fence: number
}

export interface Claim extends ClaimIds {
  /** What its agent is told, as it was at the moment of the claim. */
  readonly brief: AttemptBrief
}

export interface ClaimResult {
  readonly claims: readonly Claim[]
  /** True when nothing is queued, running or about to be promoted: the project rests. */
  readonly resting: boolean
  /** When the next queued work order may be claimed, if it waits for a time. */
  readonly nextTime: number | null
}

/** Looked at beyond the free workers; many more only when limits stand in the way of all. */
const spareCandidates = 2

export interface ClaimRequest {
  readonly projectId: ProjectId
  /** Free workers, each for one claim. */
  readonly workers: readonly WorkerId[]
  readonly leaseMs: number
  /** Only these, when a dispatcher named them. */
  readonly workOrderIds?: readonly WorkOrderId[] | undefined
  /** What the workers can do; left out, they can do everything. */
  readonly capabilities?: readonly string[] | undefined
  /** Nothing runs in this process: also find out whether the project rests. */
  readonly idle: boolean
}

/**
 * Claims work for free workers, best first, and lets the project advance (layers, promotions, stuck
 * batches) as long as workers stay free - all in one transaction.
 */
export function claimWork(
  { ledger, quiet }: Pick<EngineContext, 'ledger' | 'quiet'>,
  request: ClaimRequest,
): Promise<ClaimResult> {
  const { projectId, workers, idle } = request
  return ledger.run(async (transaction) => {
    const claims: Claim[] = []
    for (;;) {
      const found = await claimOnce(transaction, request, workers.slice(claims.length))
      claims.push(...found.claims)
      if (claims.length === workers.length) return { claims, resting: false, nextTime: null }
      const nextTime = await transaction.storage.query('nextTime', { projectId })
      // Whoever has found work does not rest, and a quiet project does not advance by itself.
      if (quiet.has(projectId) && (!idle || claims.length > 0)) {
        return { claims, resting: false, nextTime }
      }
      const freeSlots = workers.length - claims.length
      const look = await advanceOnce(transaction, projectId, found.running, freeSlots)
      if (look.progressed) continue
      if (!look.due) quiet.add(projectId)
      return { claims, resting: claims.length === 0 && look.resting, nextTime }
    }
  })
}

interface Found {
  readonly claims: readonly Claim[]
  /** Attempts that run now, these claims included. */
  readonly running: number
}

async function claimOnce(
  transaction: LedgerTransaction,
  { projectId, leaseMs, workOrderIds, capabilities }: ClaimRequest,
  free: readonly WorkerId[],
): Promise<Found> {
  const { storage } = transaction
  let load: Load = await storage.query('load', { projectId })
  const { project } = await storage.load({ projectId })
  const room = (project?.settings.maxParallelTasks ?? 0) - load.total
  const running = load.total
  let taken = takenBy(load, project)
  let workers = free.slice(0, Math.max(0, room))
  const claims: Claim[] = []
  for (let limit = workers.length + spareCandidates; workers.length > 0;) {
    const candidates = await storage.query('claimable', {
      projectId,
      limit,
      ...(workOrderIds !== undefined && { workOrderIds }),
      ...taken,
    })
    if (candidates.length === 0) break
    const { events } = await transaction.execute({
      type: 'work.claim',
      projectId,
      workers,
      candidates,
      load,
      ...(capabilities !== undefined && { capabilities }),
    })
    const before = claims.length
    for (const event of events) {
      if (event.type !== 'attempt.started') continue
      const ids: ClaimIds = { ...event, projectId }
      await storage.lease([ids], ids.workerId, leaseMs)
      claims.push({ ...ids, brief: await attemptBriefOf(storage, ids) })
    }
    if (candidates.length < limit) break
    if (claims.length === before) {
      limit *= 8
      continue
    }
    workers = workers.slice(claims.length - before)
    if (workers.length === 0) break
    // What was just claimed may stand in the way of these candidates, though not of those behind them.
    const known = taken
    load = await storage.query('load', { projectId })
    taken = takenBy(load, project)
    if (
      taken.keysInUse?.length === known.keysInUse?.length &&
      taken.interruptionsBelow === known.interruptionsBelow
    ) {
      break
    }
  }
  return { claims, running: running + claims.length }
}

/** What those who run leave to nobody else. */
function takenBy(
  load: Load,
  project: Project | null,
): Pick<Queries['claimable']['input'], 'keysInUse' | 'interruptionsBelow'> {
  return {
    ...(load.byKey.size > 0 && { keysInUse: [...load.byKey.keys()] }),
    ...(project !== null &&
      suspectIn(load, project.settings) !== undefined && {
        interruptionsBelow: suspectFrom(project.settings),
      }),
  }
}

interface Look {
  readonly progressed: boolean
  /** Nothing is queued or running. */
  readonly resting: boolean
  /** Something may happen by itself later: another settled task is reason enough to look again. */
  readonly due: boolean
}

/** One look at what should happen by itself. */
async function advanceOnce(
  transaction: LedgerTransaction,
  projectId: ProjectId,
  running: number,
  freeSlots: number,
): Promise<Look> {
  const { storage } = transaction
  const { project } = await storage.load({ projectId })
  if (project === null) return { progressed: false, resting: true, due: false }
  const batches = await storage.query('batches', { projectId })
  const commands = advance({
    project,
    batches,
    running,
    claimable: 0,
    freeSlots,
    now: storage.now,
  })
  let progressed = false
  for (const command of commands) {
    const { events } = await transaction.execute(command)
    progressed ||= events.some((event) => event.type !== 'batch.stuck')
  }
  return { progressed, resting: batches.every(isResting), due: batches.some(mayAdvance) }
}

function isResting({ queued, doing, review }: BatchSummary): boolean {
  return queued + doing + review === 0
}

function mayAdvance({ batch, staged }: BatchSummary): boolean {
  if (staged === 0 || batch.pausedAt !== null) return false
  return batch.promotedAt === null ? batch.autoPromote : batch.openLayer !== null
}
