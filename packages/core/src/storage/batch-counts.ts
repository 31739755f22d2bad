import type { BatchId, TaskId } from '../id.ts'
import { isSettled } from '../staging/readiness.ts'
import type { Task, TaskStatus } from '../staging/state.ts'

interface Counts {
  readonly byStatus: Record<TaskStatus, number>
  /** Tasks that have not settled, by layer. */
  readonly openLayers: Map<number, number>
  total: number
}

/** What a batch's tasks add up to now; it moves on with them. */
export interface TaskCounts {
  readonly byStatus: Readonly<Record<TaskStatus, number>>
  readonly total: number
}

const noTasks: TaskCounts = {
  byStatus: { todo: 0, staged: 0, doing: 0, review: 0, done: 0, failed: 0, cancelled: 0 },
  total: 0,
}

/** What a batch's tasks add up to, kept as they change. */
export class BatchCounts {
  readonly #batches = new Map<BatchId, Counts>()
  readonly #changedAt = new Map<TaskId, number>()
  /** The latest of its tasks' changes, for batches where it is known. */
  readonly #lastChange = new Map<BatchId, number>()

  update(before: Task | undefined, after: Task | undefined): void {
    if (
      before?.batchId === after?.batchId &&
      before?.status === after?.status &&
      before?.layer === after?.layer
    ) {
      return
    }
    if (before !== undefined) this.#count(before, -1)
    if (after !== undefined) this.#count(after, 1)
  }

  of(id: BatchId): TaskCounts {
    return this.#batches.get(id) ?? noTasks
  }

  lowestOpenLayer(id: BatchId): number | null {
    let lowest: number | null = null
    for (const layer of this.#batches.get(id)?.openLayers.keys() ?? []) {
      if (lowest === null || layer < lowest) lowest = layer
    }
    return lowest
  }

  /** When the task's row last changed, 0 when there is none. */
  changedAt(id: TaskId): number {
    return this.#changedAt.get(id) ?? 0
  }

  /** The task's row was written, and was `before` until then. */
  touch(before: Task | undefined, after: Task | undefined, at: number): void {
    if (before?.batchId && before.batchId !== after?.batchId)
      this.#lastChange.delete(before.batchId)
    if (after === undefined) {
      if (before !== undefined) this.#changedAt.delete(before.id)
      return
    }
    this.#changedAt.set(after.id, at)
    if (after.batchId === null) return
    const last = this.#lastChange.get(after.batchId)
    if (last === undefined) return
    if (last <= at) this.#lastChange.set(after.batchId, at)
    else this.#lastChange.delete(after.batchId)
  }

  /** The latest change of a batch's tasks, which are `tasks`; null when it has none. */
  lastChange(id: BatchId, tasks: ReadonlySet<TaskId>): number | null {
    const known = this.#lastChange.get(id)
    if (known !== undefined) return known
    let last: number | null = null
    for (const task of tasks) last = Math.max(last ?? 0, this.changedAt(task))
    if (last !== null) this.#lastChange.set(id, last)
    return last
  }

  #count(task: Task, by: 1 | -1): void {
    if (task.batchId === null) return
    let counts = this.#batches.get(task.batchId)
    if (counts === undefined) {
      counts = { byStatus: { ...noTasks.byStatus }, openLayers: new Map(), total: 0 }
      this.#batches.set(task.batchId, counts)
    }
    counts.total += by
    counts.byStatus[task.status] += by
    if (!isSettled(task)) {
      const open = (counts.openLayers.get(task.layer) ?? 0) + by
      if (open > 0) counts.openLayers.set(task.layer, open)
      else counts.openLayers.delete(task.layer)
    }
    if (counts.total === 0) this.#batches.delete(task.batchId)
  }
}
