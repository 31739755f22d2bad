import type { ProjectId, WorkOrderId } from '../id.ts'
import { touchedOf } from '../staging/touched.ts'
import type { EngineContext } from './context.ts'
import { removeWorkspace } from './remove-workspace.ts'
import { aliveIn } from './report-alive.ts'
import { waitedToMerge } from './waited-to-merge.ts'

/** Expired orders handled in one go. */
const portion = 500

/**
 * Puts right what crashes and lost leases left behind: lapsed claims return to the queue (or count
 * as done when their work turns out to be merged), silent workers are marked offline. Safe to run
 * at any time, by any number of processes.
 */
export async function reclaimLapsed(context: EngineContext, projectId: ProjectId): Promise<number> {
  const expired = await context.storage.transaction((storage) =>
    storage.query('expired', { projectId, limit: portion }),
  )
  if (expired.length > 0) {
    const landed = await findLanded(context, projectId, expired)
    await context.ledger.run(async (transaction) => {
      // Asked again inside the transaction: a renewal or another sweep may have come first.
      const still = await transaction.storage.query('expired', { projectId, limit: portion })
      const lapsed = new Set(still)
      const workOrderIds = expired.filter((id) => lapsed.has(id))
      if (workOrderIds.length === 0) return
      const { storage } = transaction
      await transaction.execute({
        type: 'work.reclaim',
        projectId,
        workOrderIds,
        landed: landed.filter((entry) => lapsed.has(entry.workOrderId)),
        alive: aliveIn(context, projectId),
        waited: await waitedToMerge(storage, projectId, workOrderIds, context.mergeGroup),
      })
    })
  }
  await markSilentWorkers(context, projectId)
  return expired.length
}

async function markSilentWorkers(context: EngineContext, projectId: ProjectId): Promise<void> {
  const silentMs = context.times.leaseMs * 2
  const silent = await context.storage.transaction((storage) =>
    storage.query('silentWorkers', { projectId, silentMs }),
  )
  for (const workerId of silent) {
    await context.ledger.execute({
      type: 'worker.change',
      projectId,
      workerId,
      status: 'offline',
      reason: `nothing was heard of it for ${Math.round(silentMs / 1000)} s`,
    })
  }
}

/** Which of these had merged before their worker was lost: they are done, not to be done again. */
async function findLanded(
  { storage, workspace }: EngineContext,
  projectId: ProjectId,
  workOrderIds: readonly WorkOrderId[],
) {
  if (workspace === null) return []
  const { workOrders, attempts } = await storage.transaction((transaction) =>
    transaction.load({ projectId, workOrders: workOrderIds }),
  )
  const landed = []
  for (const workOrderId of workOrderIds) {
    const order = workOrders.get(workOrderId)
    const attempt = order?.attemptId ? attempts.get(order.attemptId) : undefined
    if (attempt?.status !== 'merging') continue
    const found = await workspace.landed(attempt.id, attempt.fence)
    if (found === null) continue
    const touched = found.changed && touchedOf(found.changed)
    const { merged } = found
    landed.push({ workOrderId, taskId: attempt.taskId, merged, ...(touched && { touched }) })
  }
  return landed
}

/**
 * Removes workspaces whose attempt is over, on start and when claims of lost workers were taken back;
 * those of `ours`, work orders that this process works at, are left alone. `remove` keeps what was not
 * landed, so nothing is lost; one that cannot be removed is reported and left to the next time.
 */
export async function removeOrphanedWorkspaces(
  context: EngineContext,
  projectId: ProjectId,
  ours: ReadonlySet<string> = new Set(),
): Promise<void> {
  const { workspace, storage } = context
  if (workspace === null) return
  for (const found of await workspace.list()) {
    const { attempts } = await storage.transaction((transaction) =>
      transaction.load({ projectId, attempts: [found.attemptId] }),
    )
    const attempt = attempts.get(found.attemptId)
    // Unknown here can mean known to another project that shares the provider: left alone.
    if (attempt === undefined || attempt.endedAt === null) continue
    if (ours.has(attempt.workOrderId)) continue
    const { id: attemptId, taskId } = attempt
    await removeWorkspace(context, { projectId, taskId, attemptId })
  }
}
