import * as z from 'zod'
import { projectId } from './input.ts'
import { operation } from './operation.ts'
import { requireProject } from './resolve.ts'

export const events = {
  after: operation({
    summary: 'Read the event log after a cursor, in order and without gaps',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/events',
    input: z.strictObject({
      projectId,
      cursor: z.int().min(0).default(0),
      limit: z.int().min(1).max(10_000).default(1_000),
    }),
    async run({ storage }, input) {
      const events = await storage.eventsAfter(input.projectId, input.cursor, input.limit)
      if (events.length === 0) {
        await storage.transaction((transaction) => requireProject(transaction, input.projectId))
      }
      return events
    },
  }),
}
