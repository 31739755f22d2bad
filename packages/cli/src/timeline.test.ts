import fc from 'fast-check'
import { planTasks } from '@cueline/core/planner'
import { textWidth } from '@cueline/core'
import { describe, expect, it } from 'vitest'

import { timeline } from './timeline.ts'

describe('the timeline of a schedule', () => {
  it('draws every lane to scale, with blanks where a lane waits', () => {
    const schedule = [
      { task: 'A', start: 0, finish: 10, lane: 0 },
      { task: 'B', start: 0, finish: 5, lane: 1 },
      { task: 'C', start: 10, finish: 20, lane: 1 },
    ]
    expect(timeline(schedule, { makespan: 20, columns: 22, end: '20 m' })).toEqual([
      '0 [A·······]',
      '1 [B··]     [C·······]',
      '  0               20 m',
    ])
  })

  it('shows tasks that are too short for a name as blocks', () => {
    const schedule = [
      { task: 'A', start: 0, finish: 2, lane: 0 },
      { task: 'B', start: 2, finish: 3, lane: 0 },
      { task: 'C', start: 5, finish: 10, lane: 0 },
    ]
    const [lane] = timeline(schedule, { makespan: 10, columns: 12, end: '10 m' })
    expect(lane).toBe('0 █▌▌  [C··]')
  })

  it('sums up lanes that would fill the screen', () => {
    const schedule = Array.from({ length: 30 }, (_, lane) => ({
      task: `t${lane}`,
      start: 0,
      finish: 1,
      lane,
    }))
    const lines = timeline(schedule, { makespan: 1, columns: 40, end: '1 m' })
    expect(lines).toHaveLength(18)
    expect(lines.at(-2)).toBe('… and 14 more lanes')
  })

  it('stays within its columns for any plan', () => {
    const anyPlan = fc.array(
      fc.record({ estimate: fc.integer({ min: 0, max: 500 }), waits: fc.nat(3) }),
      { minLength: 1, maxLength: 60 },
    )
    fc.assert(
      fc.property(anyPlan, fc.integer({ min: 1, max: 8 }), (rows, workers) => {
        const result = planTasks(
          rows.map(({ estimate, waits }, at) => ({
            id: `task ${at} 温室`,
            estimate,
            dependsOn: waits > 0 && at >= waits ? [`task ${at - waits} 温室`] : [],
          })),
          { workers },
        )
        if (!result.ok) throw new Error('The plan has problems.')
        const { schedule, makespan } = result.plan
        for (const line of timeline(schedule, { makespan, columns: 60, end: 'the end' })) {
          expect(textWidth(line)).toBeLessThanOrEqual(60)
        }
      }),
    )
  })
})
