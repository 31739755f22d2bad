import * as z from 'zod'
import type { QueueCounts } from '../storage/storage.ts'
import { projectId } from './input.ts'
import { operation } from './operation.ts'
import { requireProject } from './resolve.ts'

/** One priority class of a project's work orders that have not settled. */
export interface QueueStatistics extends Omit<QueueCounts, 'oldestAt'> {
  /** How long the oldest queued one has been waiting, milliseconds; null when none is queued. */
  readonly oldestMs: number | null
}

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
        const counted = await transaction.query('queues', { projectId: input.projectId })
        return counted.map(({ oldestAt, ...counts }) => ({
          ...counts,
          oldestMs: oldestAt === null ? null : Math.max(0, transaction.now - oldestAt),
        }))
      }),
  }),
}
