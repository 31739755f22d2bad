import * as z from 'zod'
import type { AttemptId, ProjectId } from '../id.ts'
import { projectId } from './input.ts'
import { operation } from './operation.ts'
import { requireProject } from './resolve.ts'

/** What waits to land on one target, in the order in which it lands. */
export interface MergeQueue {
  readonly target: string
  readonly attempts: readonly WaitingMerge[]
}

export interface WaitingMerge {
  /** 1 is the one that merges now. */
  readonly position: number
  readonly projectId: ProjectId
  /** Code of the task. */
  readonly task: string
  readonly attemptId: AttemptId
  /** Which attempt of the task it is. */
  readonly number: number
  /** Since it was queued, milliseconds. */
  readonly waitingMs: number
}

/** Longer queues tell nothing more. */
const mostShown = 1_000

export const merges = {
  list: operation({
    summary: 'List the merge queue of each target: what merges now, and what comes after it',
    kind: 'query',
    method: 'GET',
    path: '/merges',
    input: z.strictObject({
      /** Only targets that work of this project waits for, with the work of others there. */
      projectId: projectId.optional(),
    }),
    run: ({ storage }, input): Promise<readonly MergeQueue[]> =>
      storage.transaction(async (transaction) => {
        if (input.projectId !== undefined) await requireProject(transaction, input.projectId)
        const queued = await transaction.query('mergeQueue', { limit: mostShown })
        const byTarget = new Map<string, WaitingMerge[]>()
        for (const { target, projectId: project, code, attemptId, number, queuedAt } of queued) {
          const attempts = byTarget.get(target) ?? []
          byTarget.set(target, attempts)
          attempts.push({
            position: attempts.length + 1,
            projectId: project,
            task: code,
            attemptId,
            number,
            waitingMs: Math.max(0, transaction.now - queuedAt),
          })
        }
        return [...byTarget]
          .map(([target, attempts]) => ({ target, attempts }))
          .filter(
            ({ attempts }) =>
              input.projectId === undefined ||
              attempts.some((each) => each.projectId === input.projectId),
          )
      }),
  }),
}
