import type { Event } from '../event/event.ts'
import type { Ids, ProjectId, RequestId, TaskId, WorkOrderId } from '../id.ts'
import { applyChanges, type MutableSlice, type OwnMaps, workingCopy } from './apply-changes.ts'
import { changesOf } from './evolve.ts'
import { isReleased } from './readiness.ts'
import type { Change, Slice } from './slice.ts'
import type { Batch, Reached, ReleaseOn, Task, WorkOrder } from './state.ts'

/** What the engine should do once the events are stored; state alone would repair a lost one. */
export type Effect =
  /** These work orders can be claimed from `notBefore` on. */
  | {
      readonly type: 'dispatch'
      readonly orders: readonly {
        readonly workOrderId: WorkOrderId
        readonly fence: number
        readonly notBefore: number
      }[]
    }
  /** Whoever works on this must stop: its claim is gone. */
  | { readonly type: 'abort'; readonly workOrderId: WorkOrderId; readonly reason: string }
  /** The leases of these orders end. */
  | { readonly type: 'release-lease'; readonly workOrderIds: readonly WorkOrderId[] }

export interface Refusal {
  readonly code: 'not-found' | 'conflict' | 'invalid-input' | 'lease-lost' | 'not-allowed'
  readonly message: string
}

/** What a bulk command did to one of its tasks. */
export interface TaskResult {
  readonly taskId: TaskId
  readonly ok: boolean
  readonly message: string
}

export interface DecideContext {
  /** Milliseconds since the epoch, by the storage's clock. */
  readonly now: number
  readonly ids: Ids
  /** From 0 up to 1: jitter. */
  readonly random: () => number
}

/** One decision as it is made. */
export interface Draft extends DecideContext {
  readonly projectId: ProjectId
  /** The rows as the events so far leave them; ask for it again after another one. */
  readonly slice: Slice
  readonly events: Event[]
  readonly effects: Effect[]
  readonly changes: Change[]
  readonly results: TaskResult[]
}

export function createDraft(slice: Slice, projectId: ProjectId, context: DecideContext): Draft {
  return new LazyDraft(slice, projectId, context)
}

/** A class, because an object with a getter of its own becomes a dictionary, which is slow to read. */
class LazyDraft implements Draft {
  readonly now: number
  readonly ids: Ids
  readonly random: () => number
  readonly projectId: ProjectId
  readonly events: Event[] = []
  readonly effects: Effect[] = []
  readonly changes: Change[] = []
  readonly results: TaskResult[] = []
  readonly #working: MutableSlice
  readonly #own: OwnMaps
  #applied = 0

  constructor(slice: Slice, projectId: ProjectId, { now, ids, random }: DecideContext) {
    this.now = now
    this.ids = ids
    this.random = random
    this.projectId = projectId
    const { slice: working, own } = workingCopy(slice)
    this.#working = working
    this.#own = own
  }

  /** Only when somebody looks: what a bulk command does last to thousands of rows, nobody reads here. */
  get slice(): Slice {
    const { changes } = this
    if (this.#applied < changes.length) {
      const unseen = this.#applied === 0 ? changes : changes.slice(this.#applied)
      applyChanges(this.#working, unseen, this.#own)
      this.#applied = changes.length
    }
    return this.#working
  }
}

type WithoutTime<E> = E extends unknown ? Omit<E, 'at'> : never

/**
 * Adds an event, which is the draft's from then on, with its changes, so that the rest of the decision
 * sees what it changed.
 */
export function emit(draft: Draft, event: WithoutTime<Event>): void {
  // Not copied: a copy of events of all shapes takes longer than all else here.
  const complete = event as Event & { at: number }
  complete.at = draft.now
  draft.events.push(complete)
  // Not spread: a bulk command has more changes than a call takes arguments.
  for (const change of changesOf(draft.slice, complete)) draft.changes.push(change)
}

/**
 * Releases what can be released: a work order for every one of these tasks that is staged in a
 * promoted batch with nothing open, and has none yet. A pause does not matter here: it stops
 * claims, not releases. Returns those that got one.
 */
export function release(draft: Draft, taskIds: Iterable<TaskId>): ReadonlySet<TaskId> {
  const orders: { id: WorkOrderId; taskId: TaskId }[] = []
  const released = new Set<TaskId>()
  for (const taskId of taskIds) {
    // Not before there is one: mostly nobody else looks at what the last event has changed.
    const { tasks, batches } = draft.slice
    const task = tasks.get(taskId)
    if (task === undefined || task.workOrderId !== null) continue
    const batch = task.batchId === null ? undefined : batches.get(task.batchId)
    if (batch !== undefined && canRelease(task, batch)) {
      orders.push({ id: draft.ids('workOrder'), taskId })
      released.add(taskId)
    }
  }
  if (orders.length === 0) return released
  emit(draft, { type: 'work.released', orders })
  draft.effects.push({
    type: 'dispatch',
    orders: orders.map(({ id }) => ({ workOrderId: id, fence: 0, notBefore: 0 })),
  })
  return released
}

/** Readiness without the pauses. */
export function canRelease(task: Task, batch: Batch): boolean {
  return keepsOrder(task, batch) && isLayerOpen(task, batch)
}

/**
 * Whether a queued work order of the task may stay: readiness without pauses and layers, which stop
 * claims only. What was charged to the order and the answer it waits for stay with it.
 */
export function keepsOrder(task: Task, batch: Batch): boolean {
  return (
    task.status === 'staged' &&
    batch.promotedAt !== null &&
    (task.contextReady || task.forced) &&
    task.openDependencies === 0
  )
}

export function isLayerOpen(task: Task, batch: Batch): boolean {
  return batch.openLayer === null || task.layer <= batch.openLayer
}

/** Takes queued work orders back, for tasks that may not start any more. */
export function withdraw(draft: Draft, taskIds: Iterable<TaskId>): void {
  const orders: { id: WorkOrderId; taskId: TaskId }[] = []
  for (const taskId of taskIds) {
    const order = currentOrder(draft, taskId)
    if (order?.status === 'queued') orders.push({ id: order.id, taskId })
  }
  if (orders.length > 0) emit(draft, { type: 'work.withdrawn', orders })
}

/** The dependents that wait for what the task reaches now, each with one open dependency less. */
export function releasedBy(
  draft: Draft,
  task: Task,
  reached: Reached,
): { readonly id: TaskId; readonly openDependencies: number }[] {
  const released: { id: TaskId; openDependencies: number }[] = []
  const edges = draft.slice.dependents.get(task.id) ?? []
  if (edges.length === 0) return released
  const after = { ...task, reached }
  for (const edge of edges) {
    if (isReleased(task, edge.releaseOn) || !isReleased(after, edge.releaseOn)) continue
    const dependent = draft.slice.tasks.get(edge.taskId)
    if (dependent === undefined) continue
    released.push({ id: edge.taskId, openDependencies: dependent.openDependencies - 1 })
  }
  return released
}

export function furthest(one: Reached, other: ReleaseOn): Reached {
  const order: readonly Reached[] = ['nothing', 'completed', 'verified', 'merged']
  return order.indexOf(one) >= order.indexOf(other) ? one : other
}

export function currentOrder(draft: Draft, taskId: TaskId): WorkOrder | undefined {
  const id = draft.slice.tasks.get(taskId)?.workOrderId
  return id ? draft.slice.workOrders.get(id) : undefined
}

/** Cancels the questions of tasks that nobody needs to answer any more. */
export function cancelRequests(draft: Draft, taskIds: Iterable<TaskId>, reason: string): void {
  if (draft.slice.requests.size === 0) return
  const open = new Map<TaskId, RequestId[]>()
  for (const { id, taskId, status } of draft.slice.requests.values()) {
    if (status !== 'open') continue
    const asked = open.get(taskId)
    if (asked === undefined) open.set(taskId, [id])
    else asked.push(id)
  }
  if (open.size === 0) return
  for (const taskId of taskIds) {
    for (const requestId of open.get(taskId) ?? []) {
      emit(draft, { type: 'request.cancelled', requestId, reason })
    }
  }
}
