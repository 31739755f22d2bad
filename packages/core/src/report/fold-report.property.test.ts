import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { eventsToJsonLines, parseEventLines } from './event-lines.ts'
import { foldReport } from './fold-report.ts'
import { textWidth } from './printable-text.ts'
import { anyLog } from './random-log.arbitrary.ts'
import { renderReportMarkdown } from './render-report-markdown.ts'
import { renderReportText } from './render-report-text.ts'

describe('any report, folded from any log', () => {
  it('never shows more speed-up than workers, nor less time than the longest task', () => {
    fc.assert(
      fc.property(anyLog, ({ events, workers }) => {
        const report = foldReport(events)
        expect(report.workers).toBe(workers)
        expect(report.speedup ?? 0).toBeLessThanOrEqual(workers + 1e-9)
        expect(report.efficiency ?? 0).toBeLessThanOrEqual(1 + 1e-9)
        for (const task of report.perTask) {
          expect(task.actualMs ?? 0).toBeLessThanOrEqual(report.wallMs)
          if (task.actualMs !== null) {
            expect(task.finishMs! - task.startMs!).toBeGreaterThanOrEqual(task.actualMs)
          }
        }
      }),
    )
  })

  it('counts as work exactly the active time of the attempts that succeeded', () => {
    fc.assert(
      fc.property(anyLog, ({ events, workMs }) => {
        const report = foldReport(events)
        expect(report.workMs).toBe(workMs)
        expect(report.perTask.reduce((sum, task) => sum + (task.actualMs ?? 0), 0)).toBe(workMs)
      }),
    )
  })

  it('counts every task, attempt and verdict once', () => {
    fc.assert(
      fc.property(anyLog, ({ events, tasks }) => {
        const report = foldReport(events)
        const { done, failed, cancelled, open, total } = report.tasks
        expect(done + failed + cancelled + open).toBe(total)
        expect(total).toBe(tasks.length)
        const started = events.filter((event) => event.type === 'attempt.started').length
        const succeeded = events.filter((event) => event.type === 'attempt.succeeded').length
        const { attemptsByStatus } = report
        expect(report.attempts).toBe(started)
        expect(Object.values(attemptsByStatus).reduce((sum, each) => sum + each, 0)).toBe(started)
        expect(attemptsByStatus.succeeded).toBe(succeeded)
        expect(report.gates.passed).toBe(succeeded)
        expect(report.perTask.reduce((sum, task) => sum + task.attempts, 0)).toBe(started)
      }),
    )
  })

  it('is the same from the exported lines, and renders within 80 columns', () => {
    fc.assert(
      fc.property(anyLog, ({ events }) => {
        const report = foldReport(events)
        expect(foldReport(parseEventLines(eventsToJsonLines(events)))).toEqual(report)
        for (const line of renderReportText(report).split('\n')) {
          expect(textWidth(line)).toBeLessThanOrEqual(80)
        }
        expect(renderReportMarkdown(report)).toContain('# Report of Greenhouse')
      }),
      { numRuns: 30 },
    )
  })
})
