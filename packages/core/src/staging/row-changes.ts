import type { Released } from '../event/event.ts'
import type { AttemptId, SessionId, TaskId, WorkerId, WorkOrderId } from '../id.ts'
import { isReleased } from './readiness.ts'
import type { Change, Slice } from './slice.ts'
import type { Attempt, Batch, Reached, Session, Task, Worker, WorkOrder } from './state.ts'

/** What a task loses that is not staged any more. */
export const notStaged = { batchId: null, stagedAt: null, stagePriority: 0, forced: false } as const

export function task(slice: Slice, key: TaskId, set: Partial<Task>): Change {
  const revision = (slice.tasks.get(key)?.revision ?? 0) + 1
  return { table: 'task', kind: 'update', key, set: { ...set, revision } }
}

export function batch(key: string, set: Partial<Batch>): Change {
  return { table: 'batch', kind: 'update', key, set }
}

export function workOrder(key: WorkOrderId, set: Partial<WorkOrder>): Change {
  return { table: 'workOrder', kind: 'update', key, set }
}

export function attempt(key: AttemptId, set: Partial<Attempt>): Change {
  return { table: 'attempt', kind: 'update', key, set }
}

export function worker(key: WorkerId, status: Worker['status']): Change {
  return { table: 'worker', kind: 'update', key, set: { status } }
}

export function workerOf(slice: Slice, attemptId: AttemptId, status: Worker['status']): Change[] {
  const row = slice.attempts.get(attemptId)
  return row === undefined ? [] : [worker(row.workerId, status)]
}

export function session(key: SessionId, set: Partial<Session>): Change {
  return { table: 'session', kind: 'update', key, set }
}

/** The session of an attempt that has ended; it is named by the attempt, so it need not be loaded. */
export function restingSession(slice: Slice, attemptId: AttemptId, at: number): Change[] {
  const sessionId = slice.attempts.get(attemptId)?.sessionId ?? null
  return sessionId === null ? [] : [session(sessionId, { status: 'idle', lastUsedAt: at })]
}

export function releases(slice: Slice, released: readonly Released[]): Change[] {
  return released.map(({ id, openDependencies }) => task(slice, id, { openDependencies }))
}

export function furthest(slice: Slice, taskId: TaskId, reached: Reached): Reached {
  const before = slice.tasks.get(taskId)
  if (before === undefined || reached === 'nothing') return before?.reached ?? reached
  return isReleased(before, reached) ? before.reached : reached
}

export function currentOrder(slice: Slice, taskId: TaskId): WorkOrder | undefined {
  const id = slice.tasks.get(taskId)?.workOrderId
  return id ? slice.workOrders.get(id) : undefined
}

export function waitedUntil(slice: Slice, attemptId: AttemptId, at: number): number {
  const row = slice.attempts.get(attemptId)
  if (row === undefined) return 0
  return row.waitedMs + (row.waitingSince === null ? 0 : Math.max(0, at - row.waitingSince))
}

/** An attempt that ends without success; its worker is free again, and its session rests. */
export function ended(
  slice: Slice,
  attemptId: AttemptId,
  at: number,
  set: Partial<Attempt>,
): Change[] {
  const waitedMs = waitedUntil(slice, attemptId, at)
  return [
    attempt(attemptId, { ...set, endedAt: at, waitedMs, waitingSince: null }),
    ...workerOf(slice, attemptId, 'idle'),
    ...restingSession(slice, attemptId, at),
  ]
}

/** An attempt that is ended by others. */
export function interrupted(
  slice: Slice,
  attemptId: AttemptId,
  at: number,
  reason: string,
): Change[] {
  const failure = { class: 'cancelled', message: reason, evidence: '' } as const
  return ended(slice, attemptId, at, { status: 'interrupted', failure })
}

/** The order goes back to the queue, or, without a time for the retry, stays for `task.failed`. */
export function requeue(
  slice: Slice,
  taskId: TaskId,
  workOrderId: WorkOrderId,
  retryAt: number | null,
  counts: Partial<WorkOrder>,
): Change[] {
  if (retryAt === null) return [workOrder(workOrderId, counts)]
  return [
    workOrder(workOrderId, {
      ...counts,
      status: 'queued',
      attemptId: null,
      workerId: null,
      notBefore: retryAt,
    }),
    task(slice, taskId, { status: 'staged' }),
  ]
}

/** Ends the current work order of a task, and the attempt that still runs for it. */
export function endWork(
  slice: Slice,
  taskId: TaskId,
  at: number,
  status: 'completed' | 'failed' | 'cancelled',
  reason: string,
): Change[] {
  const order = currentOrder(slice, taskId)
  if (order === undefined || order.settledAt !== null) return []
  const running = order.attemptId === null ? undefined : slice.attempts.get(order.attemptId)
  return [
    workOrder(order.id, { status, settledAt: at }),
    ...(running !== undefined && running.endedAt === null
      ? interrupted(slice, running.id, at, reason)
      : []),
  ]
}
