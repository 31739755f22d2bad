import * as z from 'zod'
import type { AttemptId, WorkerId } from '../id.ts'
import { compareText } from '../storage/compare-text.ts'
import type { Attempt, Worker } from '../staging/state.ts'
import { projectId } from './input.ts'
import { operation } from './operation.ts'
import { requireProject } from './resolve.ts'

export interface WorkerView extends Pick<Worker, 'id' | 'name' | 'status'> {
  /** Since it registered, milliseconds. */
  readonly ageMs: number
  /**
   * What it holds now; a worker that has fallen silent holds it until its lease lapses. What is `merging`
   * or `waiting` has left its slot to another worker, so there may be more workers than were asked for.
   */
  readonly attempts: readonly WorkerAttempt[]
}

export interface WorkerAttempt {
  readonly attemptId: AttemptId
  /** Code of the task. */
  readonly task: string
  /** Which attempt of the task it is. */
  readonly number: number
  readonly status: Attempt['status']
  /** Since it started, milliseconds. */
  readonly forMs: number
}

export const workers = {
  list: operation({
    summary: 'List the workers of all processes by when they registered, and what each works on',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/workers',
    input: z.strictObject({
      projectId,
      /** Only those with one of these states. */
      status: z.array(z.enum(['idle', 'busy', 'waiting', 'error', 'offline'])).optional(),
    }),
    run: ({ storage }, input): Promise<readonly WorkerView[]> =>
      storage.transaction(async (transaction) => {
        await requireProject(transaction, input.projectId)
        const found = await transaction.query('workers', { projectId: input.projectId })
        const attempts = await transaction.query('attempts', {
          projectId: input.projectId,
          status: ['running', 'waiting', 'verifying', 'merging'],
        })
        const { tasks } = await transaction.load({
          projectId: input.projectId,
          tasks: [...new Set(attempts.map(({ taskId }) => taskId))],
        })
        const byWorker = new Map<WorkerId, WorkerAttempt[]>()
        for (const { id, taskId, workerId, number, status, startedAt } of attempts) {
          const held = byWorker.get(workerId) ?? []
          byWorker.set(workerId, held)
          held.push({
            attemptId: id,
            task: tasks.get(taskId)?.code ?? taskId,
            number,
            status,
            forMs: Math.max(0, transaction.now - startedAt),
          })
        }
        return found
          .filter(({ status }) => input.status?.includes(status) ?? true)
          .toSorted((a, b) => a.registeredAt - b.registeredAt || compareText(a.name, b.name))
          .map(({ id, name, status, registeredAt }) => ({
            id,
            name,
            status,
            ageMs: Math.max(0, transaction.now - registeredAt),
            attempts: byWorker.get(id) ?? [],
          }))
      }),
  }),
}
