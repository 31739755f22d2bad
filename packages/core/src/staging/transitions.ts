import type {
  AttemptStatus,
  SessionStatus,
  TaskStatus,
  WorkOrderStatus,
  WorkspaceState,
} from './state.ts'

/**
 * The allowed transitions of each machine, as data: properties hold every decision
 * against them, the docs draw them.
 * A status that is missing on the right of its own row cannot follow.
 */
export const taskTransitions: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  todo: ['staged', 'done', 'cancelled'],
  staged: ['todo', 'doing', 'done', 'cancelled'],
  doing: ['staged', 'review', 'done', 'failed', 'cancelled'],
  review: ['staged', 'done', 'failed', 'cancelled'],
  done: [],
  failed: ['todo', 'staged', 'cancelled', 'done'],
  cancelled: ['todo', 'staged'],
}

export const workOrderTransitions: Readonly<Record<WorkOrderStatus, readonly WorkOrderStatus[]>> = {
  queued: ['claimed', 'completed', 'cancelled'],
  claimed: ['queued', 'completed', 'failed', 'cancelled'],
  completed: [],
  failed: [],
  cancelled: [],
}

export const attemptTransitions: Readonly<Record<AttemptStatus, readonly AttemptStatus[]>> = {
  running: ['waiting', 'verifying', 'failed', 'interrupted', 'yielded'],
  waiting: ['running', 'failed', 'interrupted', 'yielded'],
  verifying: ['merging', 'succeeded', 'failed', 'interrupted'],
  merging: ['succeeded', 'failed', 'interrupted'],
  succeeded: [],
  failed: [],
  interrupted: [],
  yielded: [],
}

export const sessionTransitions: Readonly<Record<SessionStatus, readonly SessionStatus[]>> = {
  active: ['idle', 'ended'],
  idle: ['active', 'ended'],
  ended: [],
}

/**
 * A workspace goes nowhere but through `fresh`, `merged` or `salvaged` to `removed`: what is not merged
 * is kept first.
 */
export const workspaceTransitions: Readonly<Record<WorkspaceState, readonly WorkspaceState[]>> = {
  fresh: ['dirty', 'committed', 'queued', 'removed'],
  dirty: ['fresh', 'committed', 'queued', 'merged', 'salvaged'],
  committed: ['fresh', 'dirty', 'queued', 'merged', 'salvaged'],
  queued: ['fresh', 'dirty', 'committed', 'merged', 'salvaged'],
  merged: ['dirty', 'committed', 'queued', 'removed'],
  salvaged: ['fresh', 'dirty', 'committed', 'queued', 'removed'],
  removed: [],
}

/** True when `to` may follow `from`; staying is always allowed. */
export function isAllowed<Status extends string>(
  table: Readonly<Record<Status, readonly Status[]>>,
  from: Status,
  to: Status,
): boolean {
  return from === to || table[from].includes(to)
}
