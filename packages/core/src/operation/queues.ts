import * as z from 'zod'
import type { WorkOrderId } from '../id.ts'
import type { Priority } from '../staging/state.ts'
import { projectId } from './input.ts'
import { operation } from './operation.ts'
import { requireProject } from './resolve.ts'

/** One priority class of a project's work orders that have not settled. */
export interface QueueStatistics {
  readonly priority: Priority
  /** Released and not claimed, those that wait for a time included. */
  readonly queued: number
  /** Of the queued ones: not claimable before a later time. */
  readonly later: number
  /** Of the queued ones: had an attempt before. */
  readonly retried: number
  readonly claimed: number
  /** How long the oldest queued one has been waiting, milliseconds; null when none is queued. */
  readonly oldestMs: number | null
}

const priorities: readonly Priority[] = ['high', 'normal', 'low']

export const queues = {
  statistics: operation({
    summary: 'Count the queued and claimed work of each priority class, with the oldest age',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/queues',
    input: z.strictObject({ projectId }),
    run: ({ storage }, input): Promise<readonly QueueStatistics[]> =>
      storage.transaction(async (transaction) => {
        await requireProject(transaction, input.projectId)
        const tasks = await transaction.query('tasks', {
          projectId: input.projectId,
          status: ['staged', 'doing', 'review'],
        })
        const ids = tasks.flatMap(({ workOrderId }): WorkOrderId[] =>
          workOrderId === null ? [] : [workOrderId],
        )
        const { workOrders } = await transaction.load({
          projectId: input.projectId,
          workOrders: ids,
        })
        return priorities.map((priority) => {
          const orders = tasks.flatMap((task) => {
            if (task.priority !== priority || task.workOrderId === null) return []
            return workOrders.get(task.workOrderId) ?? []
          })
          const queued = orders.filter(({ status }) => status === 'queued')
          const oldest = queued.reduce(
            (least, { enqueuedAt }) => Math.min(least, enqueuedAt),
            Infinity,
          )
          return {
            priority,
            queued: queued.length,
            later: queued.filter(({ notBefore }) => notBefore > transaction.now).length,
            retried: queued.filter(({ fence }) => fence > 0).length,
            claimed: orders.filter(({ status }) => status === 'claimed').length,
            oldestMs: queued.length === 0 ? null : Math.max(0, transaction.now - oldest),
          }
        })
      }),
  }),
}
