import type { ProjectId, WorkerId, WorkOrderId } from '../id.ts'
import { type Claim, claimIn, type ClaimResult, claimWork } from './claim.ts'
import type { EngineContext } from './context.ts'
import type { AtEnd } from './ledger.ts'

export interface ClaimAnswer extends Omit<ClaimResult, 'claims'> {
  readonly claim: Claim | undefined
}

/** A worker that is about to be free, and who is told what was claimed for it, or that nothing was. */
export interface GoOn {
  readonly workerId: WorkerId
  readonly take: (answer: ClaimAnswer) => void
}

/** Slots that ask in the same moment share one claim transaction. */
export function coalescedClaims(
  context: EngineContext,
  projectId: ProjectId,
  isIdle: () => boolean,
  capabilities?: readonly string[],
) {
  const { leaseMs } = context.times
  let asking: {
    readonly workerId: WorkerId
    readonly resolve: (answer: ClaimAnswer) => void
    readonly reject: (error: unknown) => void
  }[] = []
  const claimAll = async () => {
    await Promise.resolve()
    const all = asking
    asking = []
    try {
      const workers = all.map(({ workerId }) => workerId)
      const result = await claimWork(context, {
        projectId,
        workers,
        leaseMs,
        capabilities,
        idle: isIdle(),
      })
      const { claims, ...answer } = result
      const byWorker = new Map(claims.map((claim) => [claim.workerId, claim]))
      for (const { workerId, resolve } of all) {
        resolve({ ...answer, claim: byWorker.get(workerId) })
      }
    } catch (error) {
      for (const { reject } of all) reject(error)
    }
  }
  /** Claims for the workers of attempts that settle, in the transaction that settles them. */
  const goOn: AtEnd<GoOn> = async (transaction, items) => {
    const workers = items.map(({ workerId }) => workerId)
    const request = { projectId, workers, leaseMs, capabilities, idle: false }
    const { claims, turns, ...result } = await claimIn(transaction, context, request)
    return () => {
      context.turns.set(projectId, turns)
      const byWorker = new Map(claims.map((claim) => [claim.workerId, claim]))
      for (const { workerId, take } of items) {
        take({ ...result, claim: byWorker.get(workerId) })
      }
    }
  }
  return {
    goOn,
    async claim(
      workerId: WorkerId,
      workOrderIds: readonly WorkOrderId[] | undefined,
    ): Promise<ClaimAnswer> {
      if (workOrderIds !== undefined) {
        const { claims, ...answer } = await claimWork(context, {
          projectId,
          workers: [workerId],
          leaseMs,
          workOrderIds,
          capabilities,
          idle: isIdle(),
        })
        return { ...answer, claim: claims[0] }
      }
      return new Promise((resolve, reject) => {
        asking.push({ workerId, resolve, reject })
        if (asking.length === 1) void claimAll()
      })
    },
  }
}
