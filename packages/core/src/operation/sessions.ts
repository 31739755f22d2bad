import * as z from 'zod'
import { endSessions } from '../engine/end-sessions.ts'
import { actor, projectId, sessionId, taskReference, workerId } from './input.ts'
import { operation } from './operation.ts'
import { projectOf, requireProject, resolveTask } from './resolve.ts'

export const sessions = {
  list: operation({
    summary: 'List the sessions of agents, by when they began',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/sessions',
    input: z.strictObject({
      projectId,
      status: z.array(z.enum(['active', 'idle', 'ended'])).optional(),
      task: taskReference.optional(),
      /** The worker that used it last. */
      workerId: workerId.optional(),
    }),
    run: ({ storage }, input) =>
      storage.transaction(async (transaction) => {
        await requireProject(transaction, input.projectId)
        const task =
          input.task === undefined
            ? undefined
            : await resolveTask(transaction, input.projectId, input.task)
        return transaction.query('sessions', {
          projectId: input.projectId,
          ...(input.status !== undefined && { status: input.status }),
          ...(task !== undefined && { taskId: task.id }),
          ...(input.workerId !== undefined && { workerId: input.workerId }),
        })
      }),
  }),
  sweep: operation({
    summary: 'End the sessions that were idle or open for long enough, as a run does by itself',
    kind: 'command',
    method: 'POST',
    path: '/projects/{projectId}/sessions/sweep',
    input: z.strictObject({ projectId, actor }),
    async run({ storage, ledger }, input) {
      await storage.transaction((transaction) => requireProject(transaction, input.projectId))
      return { ended: await endSessions({ storage, ledger }, input.projectId, input.actor) }
    },
  }),
  end: operation({
    summary:
      'End a session, so that no later attempt resumes it; with force also while work needs it',
    kind: 'command',
    method: 'POST',
    path: '/sessions/{sessionId}/end',
    input: z.strictObject({ sessionId, force: z.boolean().default(false), actor }),
    async run({ ledger }, input) {
      await ledger.run(async (transaction) => {
        const owner = await projectOf(transaction.storage, 'session', input.sessionId)
        await transaction.execute({
          type: 'session.end',
          projectId: owner,
          sessionId: input.sessionId,
          force: input.force,
        })
      }, input.actor)
    },
  }),
}
