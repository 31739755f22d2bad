import type { BatchId, Task, TaskId } from '@cueline/core'

/**
 * Which tasks are in a batch, for batches of which all are known: those that were asked for, and new ones
 * that no task names. Every change of a task passes through here.
 */
export class BatchMembers {
  readonly #members = new Map<BatchId, Set<TaskId>>()

  /** All tasks of the batch that there are. */
  learn(batchId: BatchId, taskIds: Iterable<TaskId>): void {
    this.#members.set(batchId, new Set(taskIds))
  }

  /** Undefined where not all of them are known. */
  of(batchId: BatchId): ReadonlySet<TaskId> | undefined {
    return this.#members.get(batchId)
  }

  /** A row of a known task has changed, null before it was there and after. */
  changed(before: Task | null, after: Task | null): void {
    const left = before?.batchId ?? null
    const entered = after?.batchId ?? null
    if (left === entered) return
    if (before !== null && left !== null) this.#members.get(left)?.delete(before.id)
    if (after !== null && entered !== null) this.#members.get(entered)?.add(after.id)
  }

  /** A row has changed of which it is not known where it was. */
  changedUnseen(): void {
    this.#members.clear()
  }

  forget(batchId: BatchId): void {
    this.#members.delete(batchId)
  }
}
