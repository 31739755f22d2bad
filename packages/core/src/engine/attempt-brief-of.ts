import { CuelineError } from '../error.ts'
import { roleOf } from '../merge/merge-rounds.ts'
import { errorPolicies } from '../limit/error-policy.ts'
import { keepAliveOf, sessionEnd } from '../session/keep-alive.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import type { Slice } from '../staging/slice.ts'
import type { Project, Request } from '../staging/state.ts'
import type { StorageTransaction } from '../storage/storage.ts'
import type { ClaimIds } from './claim.ts'

/**
 * Everything the agent is told but its workspace, read in the transaction that claims its task: the slice
 * is that which the claim was decided on.
 */
export async function attemptBriefOf(
  storage: StorageTransaction,
  { project, tasks, workOrders }: Slice,
  claim: ClaimIds,
): Promise<AttemptBrief> {
  const { projectId, taskId } = claim
  const task = tasks.get(taskId)
  if (task === undefined) {
    throw new CuelineError('not-found', `Task "${taskId}" is gone; its attempt ends.`)
  }
  const order = workOrders.get(claim.workOrderId)
  const attempts = claim.number > 1 ? await storage.query('attempts', { projectId, taskId }) : []
  const requests =
    claim.number > 1
      ? await storage.query('requests', { projectId, taskId, status: ['answered'] })
      : []
  const session = claim.number > 1 ? await sessionOf(storage, project, claim, requests) : undefined
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
    role: order === undefined || project === null ? 'owner' : roleOf(order, project.settings),
    workspace: {},
    ...(session !== undefined && { session }),
    feedback: attempts.flatMap((attempt) =>
      // Limits are nothing that an agent can do better.
      attempt.status === 'failed' &&
      attempt.failure !== null &&
      errorPolicies[attempt.failure.class].then !== 'hold-account'
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

/**
 * The session to go on with. One that would have ended by now is kept when its task waited for an
 * answer that has come since.
 */
async function sessionOf(
  storage: StorageTransaction,
  project: Project | null,
  { projectId, taskId }: ClaimIds,
  answered: readonly Request[],
): Promise<string | undefined> {
  if (project === null) return undefined
  const status = ['active', 'idle'] as const
  const [session] = await storage.query('sessions', { projectId, taskId, status })
  if (session === undefined) return undefined
  const inFlight = answered.some(({ answeredAt }) => (answeredAt ?? 0) >= session.lastUsedAt)
  const end = sessionEnd(session, keepAliveOf(project.settings), { now: storage.now, inFlight })
  return end === null ? session.agentSessionId : undefined
}

/** Planned minutes: the middle of a range. */
export function meanEstimate(
  estimate: number | { readonly min: number; readonly max: number } | null,
): number | null {
  if (estimate === null || typeof estimate === 'number') return estimate
  return (estimate.min + estimate.max) / 2
}
