import type { BatchId, Task } from '@cueline/core'

type Status = Task['status']
type Counted = Pick<Task, 'batchId' | 'status' | 'layer'>

interface Counts {
  readonly byStatus: Record<Status, number>
  /** Tasks that have not settled, by layer. */
  readonly openLayers: Map<number, number>
  total: number
  changedAt: number
}

/** What the tasks of each batch add up to, kept as they change. */
export class TaskCounts {
  readonly #batches = new Map<BatchId, Counts>()

  add(batchId: BatchId, status: Status, layer: number, count: number, changedAt: number): void {
    let counts = this.#batches.get(batchId)
    if (counts === undefined) {
      const byStatus = { ...noTasks.byStatus }
      counts = { byStatus, openLayers: new Map(), total: 0, changedAt: 0 }
      this.#batches.set(batchId, counts)
    }
    counts.total += count
    counts.byStatus[status] += count
    if (!isSettled(status)) raise(counts.openLayers, layer, count)
    counts.changedAt = Math.max(counts.changedAt, changedAt)
  }

  /**
   * A task's row was written at this time. False when the counts do not hold any more: the latest
   * change of a batch is not known once a task has left it.
   */
  move(before: Counted | null, after: Counted | null, at: number): boolean {
    if (before?.batchId && before.batchId !== after?.batchId) return false
    if (before?.batchId) this.add(before.batchId, before.status, before.layer, -1, 0)
    if (after?.batchId) this.add(after.batchId, after.status, after.layer, 1, at)
    return true
  }

  of(batchId: BatchId): BatchCounts {
    const counts = this.#batches.get(batchId)
    return counts === undefined || counts.total === 0 ? noTasks : counts
  }

  lowestOpenLayer(batchId: BatchId): number | null {
    const layers = this.#batches.get(batchId)?.openLayers
    return layers === undefined || layers.size === 0 ? null : Math.min(...layers.keys())
  }
}

/** What a batch's tasks add up to now; it moves on with them. */
interface BatchCounts {
  readonly byStatus: Readonly<Record<Status, number>>
  readonly total: number
  /** The latest change of its tasks, null without any. */
  readonly changedAt: number | null
}

const noTasks: BatchCounts = {
  byStatus: { todo: 0, staged: 0, doing: 0, review: 0, done: 0, failed: 0, cancelled: 0 },
  total: 0,
  changedAt: null,
}

function isSettled(status: Status): boolean {
  return status === 'done' || status === 'failed' || status === 'cancelled'
}

function raise<Key>(counts: Map<Key, number>, key: Key, by: number): void {
  const count = (counts.get(key) ?? 0) + by
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}
