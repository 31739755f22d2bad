import type { AttemptId, ProjectId, WorkOrderId } from '../id.ts'
import type { Attempt } from '../staging/state.ts'
import type { StorageTransaction } from '../storage/storage.ts'

/**
 * Of work orders whose leases have lapsed, the attempts that only waited in the merge queue when their
 * engine was lost: nothing of them ran, so they did not bring it down. The first of a queue may have had
 * its turn, and those behind it may have merged with it, `mergeGroup` in all; where somebody who is
 * not lost came before them, nobody had a turn.
 */
export async function waitedToMerge(
  storage: StorageTransaction,
  projectId: ProjectId,
  workOrderIds: readonly WorkOrderId[],
  mergeGroup: number,
): Promise<readonly AttemptId[]> {
  const { attempts } = await storage.load({ projectId, workOrders: workOrderIds })
  const queues = Map.groupBy(
    [...attempts.values()].filter(isQueued),
    ({ mergeTarget }) => mergeTarget,
  )
  const waited: AttemptId[] = []
  for (const [target, lost] of queues) {
    const inOrder = lost.toSorted((left, right) => left.mergeQueuedAt - right.mergeQueuedAt)
    // The queue is of those whose leases stand.
    const [first] = await storage.query('mergeQueue', { target, limit: 1 })
    const firstLostAt = inOrder[0]?.mergeQueuedAt ?? Infinity
    const had = first && first.queuedAt < firstLostAt ? [] : inOrder.slice(0, mergeGroup)
    // Of those that came at one time any may have been the first.
    const last = had.at(-1)?.mergeQueuedAt ?? -Infinity
    waited.push(...inOrder.filter((each) => each.mergeQueuedAt > last).map(({ id }) => id))
  }
  return waited
}

type QueuedAttempt = Attempt & { readonly mergeTarget: string; readonly mergeQueuedAt: number }

function isQueued(attempt: Attempt): attempt is QueuedAttempt {
  return (
    attempt.status === 'merging' && attempt.mergeTarget !== null && attempt.mergeQueuedAt !== null
  )
}
