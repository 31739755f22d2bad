import * as z from 'zod'
import type { StoredEvent } from '../event/event.ts'
import type { ProjectId } from '../id.ts'
import { foldReport } from '../report/fold-report.ts'
import type { Storage } from '../storage/storage.ts'
import { projectId } from './input.ts'
import { operation } from './operation.ts'
import { requireProject } from './resolve.ts'

export const reports = {
  build: operation({
    summary: 'Fold the event log into a report: tasks, attempts, times, speed-up, gates',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/report',
    input: z.strictObject({
      projectId,
      /** Milliseconds that one plan minute stands for. */
      timeScale: z.number().positive().optional(),
    }),
    async run({ storage }, input) {
      await storage.transaction((transaction) => requireProject(transaction, input.projectId))
      return foldReport(await allEvents(storage, input.projectId), {
        ...(input.timeScale !== undefined && { timeScale: input.timeScale }),
      })
    },
  }),
}

const portion = 5_000

/** The whole log of a project. */
export async function allEvents(storage: Storage, id: ProjectId): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = []
  for (;;) {
    const more = await storage.eventsAfter(id, events.at(-1)?.sequence ?? 0, portion)
    for (const event of more) events.push(event)
    if (more.length < portion) return events
  }
}
