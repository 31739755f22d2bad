import * as z from 'zod'
import { reportOf } from '../report/fold-report.ts'
import { timelineOf } from '../report/render-run-timeline.ts'
import { foldLog } from './fold-log.ts'
import { projectId } from './input.ts'
import { operation } from './operation.ts'
import { requireProject } from './resolve.ts'

const input = z.strictObject({
  projectId,
  /** Milliseconds that one plan minute stands for. */
  timeScale: z.number().positive().optional(),
})

export const reports = {
  build: operation({
    summary: 'Fold the event log into a report: tasks, attempts, times, speed-up, gates',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/report',
    input,
    async run({ storage }, { projectId, timeScale }) {
      await storage.transaction((transaction) => requireProject(transaction, projectId))
      const fold = await foldLog(storage, projectId)
      return reportOf(fold, { ...(timeScale !== undefined && { timeScale }) })
    },
  }),
  timeline: operation({
    summary: 'Draw what was planned and what happened as an SVG',
    kind: 'query',
    method: 'GET',
    path: '/projects/{projectId}/report/timeline',
    input,
    async run({ storage }, { projectId, timeScale }) {
      await storage.transaction((transaction) => requireProject(transaction, projectId))
      const fold = await foldLog(storage, projectId)
      return timelineOf(fold, { ...(timeScale !== undefined && { timeScale }) })
    },
  }),
}
