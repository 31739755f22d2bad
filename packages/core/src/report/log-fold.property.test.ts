import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { replayDifferences } from '../operation/replay-differences.ts'
import { replay } from '../staging/evolve.ts'
import { foldReport, reportOf } from './fold-report.ts'
import { baseOf, baseOfParts, createLogFold, partsOfBase } from './log-fold.ts'
import { anyLog } from './random-log.arbitrary.ts'
import { renderRunTimeline, timelineOf } from './render-run-timeline.ts'

describe('what stands for pruned events [X-11]', () => {
  it('is taken up again wherever the log was cut: same report, timeline and state', () => {
    fc.assert(
      fc.property(anyLog, fc.array(fc.nat(), { maxLength: 3 }), ({ events }, places) => {
        const cuts = new Set(places.map((place) => (place % events.length) + 1))
        let fold = createLogFold()
        for (const event of events) {
          fold.add(event)
          if (!cuts.has(event.sequence)) continue
          const parts = JSON.stringify(partsOfBase(baseOf(fold)!))
          fold = createLogFold(baseOfParts(event.projectId, JSON.parse(parts) as unknown[]))
          expect(fold.sequence).toBe(event.sequence)
        }
        expect(reportOf(fold)).toEqual(foldReport(events))
        expect(timelineOf(fold)).toBe(renderRunTimeline(events))
        expect(replayDifferences(replay(events), fold.world)).toEqual([])
      }),
    )
  })

  it('counts the same workers with a prune noted in the middle of them', () => {
    fc.assert(
      fc.property(anyLog, fc.nat(), ({ events }, place) => {
        const fold = createLogFold()
        const at = place % events.length
        for (const [index, event] of events.entries()) {
          fold.add(event)
          if (index !== at) continue
          const { projectId, sequence } = event
          const noted = { type: 'log.pruned', through: 1, events: 1, at: 0, actor: 'x' } as const
          fold.add({ ...noted, projectId, sequence })
        }
        expect(reportOf(fold)).toEqual(foldReport(events))
      }),
    )
  })

  it('is refused in a format of a later version', () => {
    expect(() => baseOfParts('p' as never, [{ format: 2 }])).toThrow('Update Cueline')
  })
})
