import * as z from 'zod'
import { actor, projectId, requestId, text } from './input.ts'
import { operation } from './operation.ts'
import { projectOf, requireProject } from './resolve.ts'

export const requests = {
  list: operation({
    summary: 'List the questions, choices and approvals of a project',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/requests',
    input: z.strictObject({
      projectId,
      status: z.array(z.enum(['open', 'answered', 'cancelled'])).optional(),
    }),
    run: ({ storage }, input) =>
      storage.transaction(async (transaction) => {
        await requireProject(transaction, input.projectId)
        return transaction.query('requests', {
          projectId: input.projectId,
          ...(input.status !== undefined && { status: input.status }),
        })
      }),
  }),
  answer: operation({
    summary: 'Answer a question; the first answer counts',
    kind: 'command',
    method: 'POST',
    path: '/requests/{requestId}/answer',
    input: z.strictObject({ requestId, answer: text, by: actor }),
    async run({ ledger }, input) {
      await ledger.run(async (transaction) => {
        const owner = await projectOf(transaction.storage, 'request', input.requestId)
        await transaction.execute({
          type: 'request.answer',
          projectId: owner,
          requestId: input.requestId,
          answer: input.answer,
          by: input.by,
        })
      }, input.by)
    },
  }),
}
