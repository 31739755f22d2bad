import type { BatchId, WorkOrderId } from '../id.ts'
import { defaultAccount } from '../staging/state.ts'
import type { Batch, Task, WorkOrder } from '../staging/state.ts'
import { compareClaims } from './claim-order.ts'
import { SortedList } from './sorted-list.ts'
import { compareText } from './compare-text.ts'

interface Candidate {
  readonly order: WorkOrder
  readonly task: Task
  readonly batchId: BatchId
}

interface Group {
  readonly layer: number
  readonly account: string
  readonly candidates: SortedList<Candidate>
}

/** What a claim asks of a group, and of each of its tasks. */
interface Conditions {
  isOpen(batchId: BatchId, layer: number): boolean
  isHeld(account: string): boolean
  /** Whether nobody who runs keeps it from running. */
  isFree(task: Task, order: WorkOrder): boolean
}

/**
 * The queued work orders whose task is ready as far as the task itself can say, grouped by what can
 * still stop them: their batch, layer and account. A claim looks at the heads of the open groups
 * only, so its cost does not grow with the tasks that wait.
 */
export class ClaimIndex {
  readonly #candidates = new Map<WorkOrderId, Candidate>()
  readonly #groups = new Map<BatchId, Map<string, Group>>()
  readonly #delayed = new SortedList<Candidate>(compareNotBefore)
  readonly #layers = new Map<BatchId, Map<number, number>>()
  /** Nobody who waits was enqueued before: mostly enough to see that nobody has waited for long. */
  #noneBefore = Infinity

  /** Takes the work order in, moves or removes it, as its row and its task's row now say. */
  update(order: WorkOrder, task: Task | undefined): void {
    this.remove(order.id)
    if (order.status !== 'queued' || task?.workOrderId !== order.id || !couldRun(task)) return
    const candidate = { order, task, batchId: task.batchId }
    this.#candidates.set(order.id, candidate)
    this.#noneBefore = Math.min(this.#noneBefore, order.enqueuedAt)
    if (order.notBefore > 0) this.#delayed.add(candidate)
    else this.#group(candidate).add(candidate)
    this.#count(candidate, 1)
  }

  remove(id: WorkOrderId): void {
    const candidate = this.#candidates.get(id)
    if (candidate === undefined) return
    this.#candidates.delete(id)
    this.#count(candidate, -1)
    if (this.#delayed.remove(candidate)) return
    const groups = this.#groups.get(candidate.batchId)
    const group = groups?.get(groupKey(candidate.task))
    if (groups === undefined || group === undefined) return
    group.candidates.remove(candidate)
    if (group.candidates.size > 0) return
    groups.delete(groupKey(candidate.task))
    if (groups.size === 0) this.#groups.delete(candidate.batchId)
  }

  /** The first `limit` work orders of open batches and accounts, in claim order. */
  first(limit: number, now: number, { isOpen, isHeld, isFree }: Conditions): WorkOrderId[] {
    this.#wakeDelayed(now)
    const cursors: { readonly list: SortedList<Candidate>; at: number }[] = []
    for (const [batchId, groups] of this.#groups) {
      for (const group of groups.values()) {
        if (!isOpen(batchId, group.layer) || isHeld(group.account)) continue
        cursors.push({ list: group.candidates, at: 0 })
      }
    }
    const found: WorkOrderId[] = []
    while (found.length < limit) {
      let best: Candidate | undefined
      let bestCursor: { at: number } | undefined
      for (const cursor of cursors) {
        const candidate = cursor.list.at(cursor.at)
        if (candidate === undefined) continue
        if (best !== undefined && compareCandidates(candidate, best) >= 0) continue
        best = candidate
        bestCursor = cursor
      }
      if (best === undefined || bestCursor === undefined) break
      bestCursor.at += 1
      if (isFree(best.task, best.order)) found.push(best.order.id)
    }
    return found
  }

  /** The `limit` oldest of those enqueued until then; looks at all that wait when there may be any. */
  oldest(limit: number, now: number, until: number, conditions: Conditions): WorkOrderId[] {
    if (until < this.#noneBefore) return []
    this.#noneBefore = Infinity
    for (const { order } of this.#candidates.values()) {
      this.#noneBefore = Math.min(this.#noneBefore, order.enqueuedAt)
    }
    const { isOpen, isHeld, isFree } = conditions
    return [...this.#candidates.values()]
      .filter(
        ({ order, task, batchId }) =>
          order.enqueuedAt <= until &&
          order.notBefore <= now &&
          isOpen(batchId, task.layer) &&
          !isHeld(task.account ?? defaultAccount) &&
          isFree(task, order),
      )
      .toSorted(
        (left, right) =>
          left.order.enqueuedAt - right.order.enqueuedAt || compareCandidates(left, right),
      )
      .slice(0, limit)
      .map(({ order }) => order.id)
  }

  /** How many work orders of the batch are queued for tasks of layers up to `openLayer`. */
  queued(batch: Batch): number {
    let total = 0
    for (const [layer, count] of this.#layers.get(batch.id) ?? []) {
      if (batch.openLayer === null || layer <= batch.openLayer) total += count
    }
    return total
  }

  /** Whether work orders of the batch are queued, open layer or not. */
  hasQueued(id: BatchId): boolean {
    return this.#layers.has(id)
  }

  #wakeDelayed(now: number): void {
    for (
      let next = this.#delayed.at(0);
      next !== undefined && next.order.notBefore <= now;
      next = this.#delayed.at(0)
    ) {
      this.#delayed.remove(next)
      this.#group(next).add(next)
    }
  }

  #group(candidate: Candidate): SortedList<Candidate> {
    let groups = this.#groups.get(candidate.batchId)
    if (groups === undefined) {
      groups = new Map()
      this.#groups.set(candidate.batchId, groups)
    }
    const key = groupKey(candidate.task)
    let group = groups.get(key)
    if (group === undefined) {
      group = {
        layer: candidate.task.layer,
        account: candidate.task.account ?? defaultAccount,
        candidates: new SortedList(compareCandidates),
      }
      groups.set(key, group)
    }
    return group.candidates
  }

  #count(candidate: Candidate, by: number): void {
    let layers = this.#layers.get(candidate.batchId)
    if (layers === undefined) {
      layers = new Map()
      this.#layers.set(candidate.batchId, layers)
    }
    const count = (layers.get(candidate.task.layer) ?? 0) + by
    if (count > 0) layers.set(candidate.task.layer, count)
    else layers.delete(candidate.task.layer)
    if (layers.size === 0) this.#layers.delete(candidate.batchId)
  }
}

/** The part of `readiness` that the task's own row answers. */
function couldRun(task: Task): task is Task & { readonly batchId: BatchId } {
  return (
    task.status === 'staged' &&
    task.batchId !== null &&
    (task.contextReady || task.forced) &&
    task.openDependencies === 0
  )
}

function groupKey(task: Task): string {
  return `${task.layer}:${task.account ?? defaultAccount}`
}

function compareCandidates(left: Candidate, right: Candidate): number {
  return compareClaims(left.task, right.task) || compareOrders(left, right)
}

function compareNotBefore(left: Candidate, right: Candidate): number {
  return left.order.notBefore - right.order.notBefore || compareOrders(left, right)
}

function compareOrders(left: Candidate, right: Candidate): number {
  return compareText(left.order.id, right.order.id)
}
