import type { BatchId, WorkOrderId } from '../id.ts'
import { addInterruptions, addKeys, addResources, type Load } from '../limit/admission.ts'
import { compareClaims } from '../storage/claim-order.ts'
import type { BatchSummary } from './batch-summary.ts'
import { isSettled, readiness } from './readiness.ts'
import type { Slice } from './slice.ts'
import { type Batch, defaultAccount, type Task } from './state.ts'

/** Whether a task may start, by the rule itself. */
export function isReadyIn(state: Slice, task: Task): boolean {
  const batch = task.batchId === null ? undefined : state.batches.get(task.batchId)
  return state.project !== null && readiness(task, batch, state.project)
}

/** What a storage would offer to be claimed, best first: found by looking at every task. */
export function claimableIn(state: Slice, now: number): readonly WorkOrderId[] {
  const found: { readonly id: WorkOrderId; readonly task: Task }[] = []
  for (const task of state.tasks.values()) {
    const order = task.workOrderId && state.workOrders.get(task.workOrderId)
    if (!order || order.status !== 'queued' || order.notBefore > now) continue
    const hold = state.holds.get(task.account ?? defaultAccount)
    if (hold !== undefined && hold.until > now) continue
    if (isReadyIn(state, task)) found.push({ id: order.id, task })
  }
  return found.toSorted((a, b) => compareClaims(a.task, b.task)).map(({ id }) => id)
}

/** What runs, counted anew. */
export function loadOf(state: Slice): Load {
  const byBatch = new Map<BatchId, number>()
  const byAccount = new Map<string, number>()
  const byResource = new Map<string, number>()
  const byKey = new Map<string, string>()
  const interruptions = new Map<string, number>()
  let total = 0
  for (const task of state.tasks.values()) {
    const order = task.workOrderId && state.workOrders.get(task.workOrderId)
    const attempt = order && order.attemptId && state.attempts.get(order.attemptId)
    if (!attempt || attempt.endedAt !== null || attempt.status === 'waiting') continue
    total += 1
    if (task.batchId !== null) byBatch.set(task.batchId, (byBatch.get(task.batchId) ?? 0) + 1)
    const account = task.account ?? defaultAccount
    byAccount.set(account, (byAccount.get(account) ?? 0) + 1)
    addResources(byResource, task.resources)
    addKeys(byKey, task)
    addInterruptions(interruptions, task, order || undefined)
  }
  return { total, byBatch, byAccount, byResource, byKey, interruptions }
}

/** Each batch by order, its tasks counted anew; `changedAt` says when each task last changed. */
export function summariesOf(
  state: Slice,
  changedAt: ReadonlyMap<string, number>,
): readonly BatchSummary[] {
  return [...state.batches.values()]
    .toSorted((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1))
    .map((batch) => summaryOf(state, changedAt, batch))
}

export function summaryOf(
  state: Slice,
  changedAt: ReadonlyMap<string, number>,
  batch: Batch,
): BatchSummary {
  const tasks = [...state.tasks.values()].filter((task) => task.batchId === batch.id)
  const count = (status: Task['status']) => tasks.filter((t) => t.status === status).length
  const open = tasks.filter((task) => !isSettled(task)).map((task) => task.layer)
  return {
    batch,
    total: tasks.length,
    todo: count('todo'),
    staged: count('staged'),
    queued: tasks.filter((t) => isReadyIn(state, t) && t.workOrderId !== null).length,
    doing: count('doing'),
    review: count('review'),
    done: count('done'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    lowestOpenLayer: open.length === 0 ? null : Math.min(...open),
    lastProgressAt: Math.max(batch.createdAt, ...tasks.map((task) => changedAt.get(task.id) ?? 0)),
  }
}
