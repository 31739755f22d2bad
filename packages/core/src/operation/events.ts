import * as z from 'zod'
import type { StoredEvent } from '../event/event.ts'
import type { ProjectId } from '../id.ts'
import type { Storage } from '../storage/storage.ts'
import { eventFilter, type EventFilterOptions } from './event-filter.ts'
import { actor, projectId, taskReference } from './input.ts'
import { operation } from './operation.ts'
import { pruneLog } from './prune-log.ts'
import { requireProject } from './resolve.ts'

export const events = {
  after: operation({
    summary:
      'Read the event log after a cursor, in order: all of it, or what is about a task or worker',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/events',
    input: z.strictObject({
      projectId,
      cursor: z.int().min(0).default(0),
      limit: z.int().min(1).max(10_000).default(1_000),
      /** Only events about this task. */
      task: taskReference.optional(),
      /** Only events about this worker, by its id or name. */
      worker: z.string().min(1).max(200).optional(),
    }),
    async run({ storage }, input) {
      if (input.task !== undefined || input.worker !== undefined) {
        await storage.transaction((transaction) => requireProject(transaction, input.projectId))
        return chosenEvents(storage, input)
      }
      const events = await storage.eventsAfter(input.projectId, input.cursor, input.limit)
      if (events.length === 0) {
        await storage.transaction((transaction) => requireProject(transaction, input.projectId))
      }
      return events
    },
  }),
  cursor: operation({
    summary: 'Say which event is the newest, to read or follow the log from there on',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/events/cursor',
    input: z.strictObject({ projectId }),
    run: ({ storage }, input): Promise<{ readonly cursor: number }> =>
      storage.transaction(async (transaction) => {
        await requireProject(transaction, input.projectId)
        return { cursor: await transaction.query('lastSequence', { projectId: input.projectId }) }
      }),
  }),
  prune: operation({
    summary: 'Take old events out of the log; state and reports stay as they are',
    kind: 'command',
    method: 'POST',
    path: '/projects/{projectId}/events/prune',
    input: z
      .strictObject({
        projectId,
        /** The first event that stays. */
        before: z.int().min(1).optional(),
        /** So many of the newest stay. */
        keepEvents: z.int().min(0).optional(),
        /** Those of so many days stay. */
        keepDays: z.number().min(0).max(36_500).optional(),
        /** Only say what would be taken out. */
        dryRun: z.boolean().default(false),
        actor,
      })
      .refine(
        ({ before, keepEvents, keepDays }) =>
          [before, keepEvents, keepDays].filter((given) => given !== undefined).length === 1,
        'say what stays by one of before, keepEvents and keepDays',
      ),
    run: (context, input) => pruneLog(context, input),
  }),
}

const portion = 5_000

/** Reads on until so many are found or the log ends, a page at a time. */
async function chosenEvents(
  storage: Storage,
  input: EventFilterOptions & {
    readonly projectId: ProjectId
    readonly cursor: number
    readonly limit: number
  },
): Promise<readonly StoredEvent[]> {
  const accepts = await eventFilter(storage, input.projectId, input)
  const chosen: StoredEvent[] = []
  for (let { cursor } = input; ;) {
    const page = await storage.eventsAfter(input.projectId, cursor, portion)
    for (const event of page) {
      cursor = event.sequence
      if (accepts(event)) chosen.push(event)
      if (chosen.length === input.limit) return chosen
    }
    if (page.length < portion) return chosen
  }
}
