import { addInterruptions, addKeys, addResources, compareText, readiness } from '@cueline/core'
import type {
  Attempt,
  AttemptId,
  BatchId,
  Change,
  Load,
  Priority,
  Task,
  TaskId,
  WorkOrderId,
} from '@cueline/core'

import type { ProjectCache } from './row-cache.ts'

/** Kept at most; the rest is asked for when these have gone. */
const mostNext = 256
/** After so many questions - a claim asks two - it is likely that nobody else writes. */
const questionsBefore = 4

const nothingRuns: Load = {
  total: 0,
  byBatch: new Map(),
  byAccount: new Map(),
  byResource: new Map(),
  byKey: new Map(),
  interruptions: new Map(),
}

/**
 * What is known of who runs and who comes next in a project, so that a claim in a process that alone
 * writes needs no query: the first tasks that are queued, in claim order, and whether all attempts
 * that run are among the rows. Every change passes through here; one whose consequences are not clear
 * makes it forget. `readiness` of core decides what of it may start.
 */
export class KnownQueue {
  readonly #cache: ProjectCache
  #questions = 0
  /** How many were asked for last. */
  #asked = 0
  /** In claim order. */
  #next: Task[] | undefined
  /** Whether nothing is queued behind the last of them. */
  #complete = false
  /** When something that was not due becomes so; undefined if that is not known. */
  #until: number | undefined
  /** No work order was enqueued before and is still queued; undefined if that is not known. */
  #oldest: number | undefined
  /** The attempts that are known to run, and whether these are all of them. */
  readonly #running = new Map<AttemptId, Attempt>()
  #allRunning = false

  constructor(cache: ProjectCache) {
    this.#cache = cache
  }

  /** Whether more should be asked for than is needed now. */
  paysAhead(): boolean {
    this.#questions += 1
    return this.#questions > questionsBefore
  }

  /** How many to ask for where so many are needed: the longer nobody else has written, the more. */
  worthAsking(limit: number): number {
    this.#asked = Math.min(Math.max(8 * limit + 8, 2 * this.#asked), mostNext)
    return this.#asked
  }

  /**
   * Takes over what a query found: the first tasks in claim order, whether they are all, when another
   * comes due, and when the oldest of all that is queued was enqueued.
   */
  learnNext(
    ids: readonly TaskId[],
    isAll: boolean,
    until: number | null,
    oldest: number | null,
  ): void {
    this.#oldest = oldest ?? Number.POSITIVE_INFINITY
    const next: Task[] = []
    for (const id of ids) {
      const task = this.#cache.rows.task.get(id)
      if (task === undefined || task === null) return
      next.push(task)
    }
    this.#next = next
    this.#complete = isAll
    this.#until = until ?? Number.POSITIVE_INFINITY
  }

  /** All attempts that run, with their tasks and work orders, are among the rows. */
  learnRunning(): void {
    this.#allRunning = true
  }

  /** The query `claimable`, where no limit leaves anything out; undefined if it has to be asked. */
  claimable(limit: number, now: number, interruptionsBelow: number): WorkOrderId[] | undefined {
    const { project, holds, rows } = this.#cache
    if (this.#next === undefined || this.#until === undefined || now >= this.#until) {
      return undefined
    }
    if (project === undefined || project === null || holds === undefined) return undefined
    for (const { until } of holds.values()) if (until > now) return undefined
    const found: WorkOrderId[] = []
    for (const task of this.#next) {
      if (found.length === limit) return found
      const batch = task.batchId === null ? null : rows.batch.get(task.batchId)
      const order = task.workOrderId === null ? null : rows.workOrder.get(task.workOrderId)
      if (batch === undefined || order === undefined) return undefined
      if (batch === null || order === null || !readiness(task, batch, project)) continue
      if (order.taskId !== task.id || order.status !== 'queued' || order.notBefore > now) continue
      if (order.interruptions < interruptionsBelow) found.push(order.id)
    }
    return found.length === limit || this.#complete ? found : undefined
  }

  /** The query `claimable` for what was enqueued until then; undefined if it has to be asked. */
  claimableSince(enqueuedUntil: number): WorkOrderId[] | undefined {
    return this.#oldest !== undefined && enqueuedUntil < this.#oldest ? [] : undefined
  }

  /** The query `nextTime` where nothing waits for a time; undefined if it has to be asked. */
  nextTime(now: number): null | undefined {
    const { holds } = this.#cache
    if (this.#until !== Number.POSITIVE_INFINITY || holds === undefined) return undefined
    for (const { until } of holds.values()) if (until > now) return undefined
    return null
  }

  /** How many work orders are queued for ready tasks, by batch; undefined if it has to be asked. */
  queuedByBatch(): ReadonlyMap<BatchId, number> | undefined {
    const { project, rows } = this.#cache
    if (this.#next === undefined || !this.#complete) return undefined
    if (this.#until !== Number.POSITIVE_INFINITY || !project) return undefined
    const queued = new Map<BatchId, number>()
    for (const task of this.#next) {
      const { batchId, workOrderId } = task
      const batch = batchId === null ? null : rows.batch.get(batchId)
      const order = workOrderId === null ? null : rows.workOrder.get(workOrderId)
      if (batch === undefined || order === undefined) return undefined
      if (batch === null || order === null || !readiness(task, batch, project)) continue
      if (order.taskId !== task.id || order.status !== 'queued') continue
      queued.set(batch.id, (queued.get(batch.id) ?? 0) + 1)
    }
    return queued
  }

  /** The query `load`; undefined if it has to be asked. */
  load(): Load | undefined {
    if (!this.#allRunning) return undefined
    if (this.#running.size === 0) return nothingRuns
    const { task: tasks, workOrder: orders } = this.#cache.rows
    const byBatch = new Map<BatchId, number>()
    const byAccount = new Map<string, number>()
    const byResource = new Map<string, number>()
    const byKey = new Map<string, string>()
    const interruptions = new Map<string, number>()
    let total = 0
    for (const attempt of this.#running.values()) {
      const task = tasks.get(attempt.taskId)
      const order = orders.get(attempt.workOrderId)
      if (task === undefined || order === undefined) return undefined
      if (order?.status !== 'claimed' || order.attemptId !== attempt.id) continue
      total += 1
      if (task === null) continue
      if (task.batchId !== null) byBatch.set(task.batchId, (byBatch.get(task.batchId) ?? 0) + 1)
      const account = task.account ?? 'default'
      byAccount.set(account, (byAccount.get(account) ?? 0) + 1)
      addResources(byResource, task.resources)
      addKeys(byKey, task)
      addInterruptions(interruptions, task, order)
    }
    return { total, byBatch, byAccount, byResource, byKey, interruptions }
  }

  /** A task has changed; undefined for a row that is not known. */
  taskChanged(before: Task | null | undefined, after: Task | null | undefined): void {
    if (this.#next === undefined) return
    if (before === undefined || after === undefined) {
      this.#next = undefined
      return
    }
    if (before !== null && isQueued(before)) this.#leave(before)
    if (after !== null && isQueued(after)) this.#enter(after)
  }

  /** Any other row is about to change or has changed; `isKnown` when its row is among the rows. */
  changed(change: Change, isKnown: boolean): void {
    if (change.table === 'project') this.#next = undefined
    if (change.table === 'workOrder') this.#orderChanged(change, isKnown)
    if (change.table === 'attempt' && !isKnown) this.#allRunning = false
    if (change.table !== 'batch') return
    if (change.kind !== 'update') this.#next = undefined
    else if (decidesStart(change.set)) this.#batchChanged(change.key as BatchId)
  }

  /** Tasks that were queued before their batch let them start are not among the next. */
  #batchChanged(id: BatchId): void {
    if (this.#next === undefined) return
    for (const taskId of this.#cache.members.of(id) ?? [null]) {
      const task = taskId === null ? undefined : this.#cache.rows.task.get(taskId)
      if (task === undefined) {
        this.#next = undefined
        return
      }
      if (task === null || !isQueued(task)) continue
      this.#leave(task)
      this.#enter(task)
    }
  }

  #orderChanged(change: Extract<Change, { table: 'workOrder' }>, isKnown: boolean): void {
    if (!isKnown || !this.#namesKnown(change)) this.#allRunning = false
    if (change.kind === 'insert') {
      // Its task may have waited for it.
      const task = this.#cache.rows.task.get(change.row.taskId)
      this.taskChanged(task, task)
      const { enqueuedAt, notBefore } = change.row
      if (this.#oldest !== undefined) this.#oldest = Math.min(this.#oldest, enqueuedAt)
      if (notBefore > 0 && this.#until !== undefined) {
        this.#until = Math.min(this.#until, notBefore)
      }
    } else if (!isKnown || (change.kind === 'update' && mayQueue(change.set))) {
      this.#next = undefined
      this.#oldest = undefined
      this.#until = undefined
    }
  }

  /** Whether the attempts that it has named and names are among the rows: they may run as well. */
  #namesKnown(change: Extract<Change, { table: 'workOrder' }>): boolean {
    if (change.kind === 'delete') return true
    const { attempt, workOrder } = this.#cache.rows
    const isKnown = (id: AttemptId | null | undefined) =>
      id == null || attempt.get(id) !== undefined
    if (change.kind === 'insert') return isKnown(change.row.attemptId)
    return isKnown(change.set.attemptId) && isKnown(workOrder.get(change.key)?.attemptId)
  }

  /** The row of an attempt is this now; null for one that is not there. */
  attemptChanged(id: AttemptId, attempt: Attempt | null): void {
    if (attempt !== null && isRunning(attempt)) this.#running.set(id, attempt)
    else this.#running.delete(id)
  }

  /** A row of an attempt is no longer kept. */
  forgetAttempt(attempt: Attempt): void {
    if (this.#running.delete(attempt.id)) this.#allRunning = false
  }

  #leave(task: Task): void {
    const next = this.#next ?? []
    const at = next.findIndex(({ id }) => id === task.id)
    if (at >= 0) next.splice(at, 1)
  }

  #enter(task: Task): void {
    const next = this.#next ?? []
    let low = 0
    let high = next.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = next[middle]
      if (other !== undefined && comesBefore(other, task)) low = middle + 1
      else high = middle
    }
    // Behind the last that is known there may be others.
    if (low === next.length && !this.#complete) return
    next.splice(low, 0, task)
    if (next.length <= mostNext) return
    next.length = mostNext / 2
    this.#complete = false
  }
}

function isRunning({ status }: Attempt): boolean {
  return status === 'running' || status === 'verifying' || status === 'merging'
}

/** As the condition of the index `tasks_queued`, and with nothing to wait for. */
function isQueued(task: Task): boolean {
  return (
    task.status === 'staged' &&
    task.workOrderId !== null &&
    task.openDependencies === 0 &&
    (task.contextReady || task.forced)
  )
}

function decidesStart(set: object): boolean {
  return 'promotedAt' in set || 'pausedAt' in set || 'openLayer' in set
}

function mayQueue(set: { readonly status?: string }): boolean {
  return set.status === 'queued' || 'notBefore' in set || 'taskId' in set || 'enqueuedAt' in set
}

const ranks: Readonly<Record<Priority, number>> = { high: 0, normal: 1, low: 2 }

/** The claim order, as the queries have it. */
function comesBefore(left: Task, right: Task): boolean {
  if (left.priority !== right.priority) return ranks[left.priority] < ranks[right.priority]
  if (left.stagePriority !== right.stagePriority) return left.stagePriority > right.stagePriority
  if (left.tail !== right.tail) return left.tail > right.tail
  if (left.position !== right.position) return left.position < right.position
  return compareText(left.id, right.id) < 0
}
