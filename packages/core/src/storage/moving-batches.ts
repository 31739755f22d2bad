import type { BatchId } from '../id.ts'
import type { Batch } from '../staging/state.ts'
import type { TaskCounts } from './batch-counts.ts'
import { SortedList } from './sorted-list.ts'
import { compareText } from './compare-text.ts'

/**
 * The batches that may change by themselves, kept as they and their tasks change: a project moves on
 * after every settled task, and thousands of batches that are done, wait for others or are far from
 * their turn must not be looked at each time.
 */
export class MovingBatches {
  readonly #moving = new Map<BatchId, Batch>()
  /** Promoted ones with tasks left, by order: the first of them is what a barrier waits for. */
  readonly #unfinished = new SortedList<Batch>(compareBatches)
  /** Those that wait for their promotion, by order, and of these the ones that need nobody for it. */
  readonly #waiting = new SortedList<Batch>(compareBatches)
  readonly #promotable = new SortedList<Batch>(compareBatches)
  readonly #listed = new Map<BatchId, Batch>()

  /** The batch is now as its row, its tasks and their work orders say; without a row it is gone. */
  update(id: BatchId, batch: Batch | undefined, counts: TaskCounts, hasQueued: boolean): void {
    if (batch !== undefined && (hasQueued || isMoving(batch, counts))) this.#moving.set(id, batch)
    else this.#moving.delete(id)
    const listed = this.#listed.get(id)
    const isListed = batch !== undefined && (isUnfinished(batch, counts) || waits(batch, counts))
    if (isListed && listed === batch) return
    if (listed !== undefined) {
      this.#unfinished.remove(listed)
      this.#waiting.remove(listed)
      this.#promotable.remove(listed)
      this.#listed.delete(id)
    }
    if (!isListed) return
    this.#listed.set(id, batch)
    if (batch.promotedAt !== null) {
      this.#unfinished.add(batch)
      return
    }
    this.#waiting.add(batch)
    if (batch.autoPromote && batch.pausedAt === null) this.#promotable.add(batch)
  }

  /** What the query `batches` gives with `moving`. */
  all(): readonly Batch[] {
    const batches = new Set(this.#moving.values())
    for (const list of [this.#unfinished, this.#waiting, this.#promotable]) {
      const first = list.at(0)
      if (first !== undefined) batches.add(first)
    }
    return [...batches].toSorted(compareBatches)
  }
}

/** By order; the id only makes it total. */
export function compareBatches(left: Batch, right: Batch): number {
  return left.order - right.order || compareText(left.id, right.id)
}

function isMoving(batch: Batch, { byStatus, total }: TaskCounts): boolean {
  if (byStatus.doing + byStatus.review + byStatus.failed + byStatus.cancelled > 0) return true
  if (batch.stuckSince !== null) return true
  return batch.promotedAt !== null && batch.openLayer !== null && byStatus.done < total
}

function isUnfinished(batch: Batch, { byStatus }: TaskCounts): boolean {
  const { todo, staged, doing, review } = byStatus
  return batch.promotedAt !== null && todo + staged + doing + review > 0
}

function waits(batch: Batch, { byStatus }: TaskCounts): boolean {
  return batch.promotedAt === null && byStatus.staged > 0
}
