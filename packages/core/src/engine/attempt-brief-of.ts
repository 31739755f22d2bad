import { CuelineError } from '../error.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import type { StorageTransaction } from '../storage/storage.ts'
import type { ClaimIds } from './claim.ts'

/** Everything the agent is told but its workspace, read in the transaction that claims. */
export async function attemptBriefOf(
  storage: StorageTransaction,
  claim: ClaimIds,
): Promise<AttemptBrief> {
  const { projectId, taskId } = claim
  const { tasks } = await storage.load({ projectId, tasks: [taskId] })
  const task = tasks.get(taskId)
  if (task === undefined) {
    throw new CuelineError('not-found', `Task "${taskId}" is gone; its attempt ends.`)
  }
  const attempts =
    task.attemptCount > 1 ? await storage.query('attempts', { projectId, taskId }) : []
  const requests =
    task.attemptCount > 1
      ? await storage.query('requests', { projectId, taskId, status: ['answered'] })
      : []
  return {
    projectId,
    taskId,
    workOrderId: claim.workOrderId,
    attemptId: claim.attemptId,
    number: claim.number,
    fence: claim.fence,
    task: {
      code: task.code,
      title: task.title,
      description: task.description,
      type: task.type,
      priority: task.priority,
      estimateMinutes: meanEstimate(task.estimate),
      touches: task.touches,
      account: task.account,
      context: task.context,
    },
    workspace: {},
    feedback: attempts.flatMap((attempt) =>
      attempt.status === 'failed' && attempt.failure !== null
        ? [
            {
              attempt: attempt.number,
              class: attempt.failure.class,
              message: attempt.failure.message,
              evidence: attempt.failure.evidence,
            },
          ]
        : [],
    ),
    answers: requests.flatMap((request) =>
      request.answer === null ? [] : [{ question: request.text, answer: request.answer }],
    ),
  }
}

/** Planned minutes: the middle of a range. */
export function meanEstimate(
  estimate: number | { readonly min: number; readonly max: number } | null,
): number | null {
  if (estimate === null || typeof estimate === 'number') return estimate
  return (estimate.min + estimate.max) / 2
}
