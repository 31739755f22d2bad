import type { AttemptId, ProjectId, TaskId, WorkerId, WorkOrderId } from '../id.ts'
import type { Load } from '../limit/admission.ts'
import { advance } from '../staging/advance.ts'
import type { BatchSummary } from '../storage/storage.ts'
import type { Ledger, LedgerTransaction } from './ledger.ts'

/** A work order that this process holds, by lease and fence. */
export interface Claim {
  readonly projectId: ProjectId
  readonly taskId: TaskId
  readonly workOrderId: WorkOrderId
  readonly attemptId: AttemptId
  readonly workerId: WorkerId
  readonly number: number
  readonly fence: number
}

export interface ClaimResult {
  readonly claims: readonly Claim[]
  /** True when nothing is queued, running or about to be promoted: the project rests. */
  readonly resting: boolean
  /** When the next queued work order may be claimed, if it waits for a time. */
  readonly nextTime: number | null
}

/** Looked at first; more are read only when limits stand in the way of all of these. */
const fewCandidates = 16

/**
 * Claims work for free workers, best first, and lets the project advance (layers, promotions, stuck
 * batches) as long as workers stay free - all in one transaction.
 */
export function claimWork(
  ledger: Ledger,
  projectId: ProjectId,
  workers: readonly WorkerId[],
  leaseMs: number,
  workOrderIds?: readonly WorkOrderId[],
): Promise<ClaimResult> {
  return ledger.run(async (transaction) => {
    const claims: Claim[] = []
    for (;;) {
      const free = workers.slice(claims.length)
      const found = await claimOnce(transaction, projectId, free, leaseMs, workOrderIds)
      claims.push(...found)
      if (claims.length === workers.length) return { claims, resting: false, nextTime: null }
      const progressed = await advanceOnce(transaction, projectId, workers.length - claims.length)
      if (progressed) continue
      const batches = await transaction.storage.query('batches', { projectId })
      return {
        claims,
        resting: claims.length === 0 && batches.every(isResting),
        nextTime: await transaction.storage.query('nextTime', { projectId }),
      }
    }
  })
}

function isResting({ queued, doing, review }: BatchSummary): boolean {
  return queued + doing + review === 0
}

async function claimOnce(
  transaction: LedgerTransaction,
  projectId: ProjectId,
  workers: readonly WorkerId[],
  leaseMs: number,
  workOrderIds: readonly WorkOrderId[] | undefined,
): Promise<readonly Claim[]> {
  const { storage } = transaction
  const load: Load = await storage.query('load', { projectId })
  for (let limit = workers.length + fewCandidates; ; limit *= 8) {
    const candidates = await storage.query('claimable', {
      projectId,
      limit,
      ...(workOrderIds !== undefined && { workOrderIds }),
    })
    if (candidates.length === 0) return []
    const { events } = await transaction.execute({
      type: 'work.claim',
      projectId,
      workers,
      candidates,
      load,
    })
    const claims = events.flatMap((event): Claim[] =>
      event.type === 'attempt.started' ? [{ ...event, projectId }] : [],
    )
    for (const claim of claims) await storage.lease([claim], claim.workerId, leaseMs)
    if (claims.length > 0 || candidates.length < limit) return claims
  }
}

/** One look at what should happen by itself; true when something did. */
export async function advanceOnce(
  transaction: LedgerTransaction,
  projectId: ProjectId,
  freeSlots: number,
): Promise<boolean> {
  const { storage } = transaction
  const { project } = await storage.load({ projectId })
  if (project === null) return false
  const batches = await storage.query('batches', { projectId })
  const commands = advance({
    project,
    batches,
    running: batches.reduce((sum, { doing, review }) => sum + doing + review, 0),
    claimable: 0,
    freeSlots,
    now: storage.now,
  })
  let progressed = false
  for (const command of commands) {
    const { events } = await transaction.execute(command)
    progressed ||= events.some((event) => event.type !== 'batch.stuck')
  }
  return progressed
}
