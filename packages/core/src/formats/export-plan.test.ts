import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { planTasks } from '../plan/plan-tasks.ts'
import { renderTimeline } from '../report/render-timeline.ts'
import type { PlanDocument } from '../task/task-spec.ts'
import { calendarTime } from './calendar-time.ts'
import { exportPlan } from './export-plan.ts'
import type { ExportFormat, ExportOptions } from './export-plan.ts'

/** Build, then test beside document, then release. */
const release: PlanDocument = {
  project: { name: 'Release' },
  tasks: [
    { id: 'build', title: 'Build it', estimate: 10, epic: 'Work' },
    { id: 'test', title: 'Test: "all", of it', estimate: 20, dependsOn: ['build', 'build'] },
    { id: 'document', title: '=1+1', estimate: 7.5, dependsOn: [{ task: 'build' }] },
    { id: 'release', title: 'release', estimate: 1500, dependsOn: ['test', 'document'] },
  ],
}

function exported(format: ExportFormat, options?: ExportOptions, document = release) {
  const planned = planTasks(document.tasks, { workers: 2 })
  if (!planned.ok) throw new Error('no plan')
  return exportPlan(document, planned.plan, format, options)
}

describe('a plan exported [X-15]', () => {
  it('is a Mermaid flowchart with the critical path in bold', () => {
    expect(exported('mermaid')).toBe(
      [
        'flowchart LR',
        '  t0["build Build it (10 m)"]',
        '  t1["test Test#58; #34;all#34;, of it (20 m)"]',
        '  t2["document #61;1#43;1 (7.5 m)"]',
        '  t3["release (25 h 00 m)"]',
        '  t0 --> t1',
        '  t0 --> t2',
        '  t1 --> t3',
        '  t2 --> t3',
        '  classDef critical stroke:#c2410c,stroke-width:3px',
        '  class t0,t1,t3 critical',
        '  linkStyle 0,2 stroke:#c2410c,stroke-width:3px',
        '',
      ].join('\n'),
    )
  })

  it('shows dependencies that were only inferred, in another line', () => {
    const { tasks } = release
    const inferred = ['build', 'test'].map((dependsOn) => ({
      task: 'document',
      dependsOn,
      source: 'text',
      confidence: 0.9,
      evidence: 'document says "after test"',
    }))
    const planned = planTasks(tasks, { inferred })
    if (!planned.ok) throw new Error('no plan')
    const text = (format: ExportFormat) => exportPlan(release, planned.plan, format)
    expect(text('mermaid')).toContain('  t0 --> t2\n  t1 -.-> t2\n')
    expect(text('dot')).toContain(
      '  t0 -> t2\n  t1 -> t2 [color="#c2410c", penwidth=3, style=dashed]\n',
    )
    expect(text('csv')).toContain(',build; test\r\n')
    expect(renderTimeline(planned.plan, { tasks })).toContain('after build, test</title>')
  })

  it('is a Mermaid Gantt chart with a section per lane', () => {
    expect(exported('gantt', { startAt: Date.UTC(2026, 1, 28, 23, 50) })).toBe(
      [
        'gantt',
        '  dateFormat YYYY-MM-DDTHH:mm:ss',
        '  axisFormat %m-%d %H:%M',
        '  section Lane 0',
        '    build Build it :crit, t0, 2026-02-28T23:50:00, 2026-03-01T00:00:00',
        '    test Test#58; #34;all#34;, of it :crit, t1, 2026-03-01T00:00:00, 2026-03-01T00:20:00',
        '    release :crit, t3, 2026-03-01T00:20:00, 2026-03-02T01:20:00',
        '  section Lane 1',
        '    document #61;1#43;1 :t2, 2026-03-01T00:00:00, 2026-03-01T00:07:30',
        '',
      ].join('\n'),
    )
  })

  it('keeps Mermaid words and dates at the start of a label from being read as statements', () => {
    const ids = ['section', 'title', '2026-01-01', 'Click']
    const text = exported('gantt', {}, { tasks: ids.map((id) => ({ id, title: id })) })
    for (const id of ids) {
      expect(text).toContain(`    #${id.codePointAt(0)};${id.slice(1)} :`)
    }
  })

  it('is a graph for Graphviz', () => {
    const lines = exported('dot').split('\n')
    expect(lines[0]).toBe('digraph plan {')
    expect(lines).toContain(
      String.raw`  t1 [label="test Test: \"all\", of it", tooltip="test Test: \"all\", of it: 10 m to 30 m, lane 0", color="#c2410c", penwidth=3]`,
    )
    expect(lines).toContain('  t0 -> t2')
    expect(lines).toContain('  t0 -> t1 [color="#c2410c", penwidth=3]')
  })

  it('is a table in which no text is a formula', () => {
    expect(exported('csv')).toBe(
      [
        'task,title,epic,estimate,estimated,start,finish,lane,layer,slack,critical,dependsOn',
        'build,Build it,Work,10,true,0,10,0,0,0,true,',
        'test,"Test: ""all"", of it",,20,true,10,30,0,1,0,true,build',
        "document,'=1+1,,7.5,true,10,17.5,1,1,12.5,false,build",
        'release,release,,1500,true,30,1530,0,2,0,true,test; document',
        '',
      ].join('\r\n'),
    )
  })

  it('is a calendar in UTC that is the same whenever it is written', () => {
    const startAt = Date.UTC(2026, 1, 28, 23, 50)
    const text = exported('ics', { startAt })
    expect(text).toBe(exported('ics', { startAt }))
    const events = text.replaceAll('\r\n ', '').split('BEGIN:VEVENT\r\n').slice(1)
    expect(events).toHaveLength(4)
    expect(events[1]).toContain('DTSTART:20260301T000000Z\r\nDTEND:20260301T002000Z\r\n')
    expect(events[1]).toContain(String.raw`SUMMARY:test Test: "all"\, of it` + '\r\n')
    const [, build] = /UID:(\S+)/.exec(events[0] ?? '') ?? []
    expect(events[1]).toContain(`RELATED-TO;RELTYPE=DEPENDS-ON:${build}\r\n`)
    expect(events[0]).toContain('CATEGORIES:Work\r\n')
  })

  it('keeps the events of a calendar when the plan moves', () => {
    const uids = (startAt: number) => exported('ics', { startAt }).match(/^UID:.*$/gm)
    expect(uids(0)).toEqual(uids(86_400_000))
  })

  it('asks for the time at which a calendar starts, and refuses one that no calendar holds', () => {
    expect(() => exported('ics')).toThrow('Give startAt in milliseconds since 1970')
    expect(() => exported('ics', { startAt: Number.NaN })).toThrow('startAt is NaN. Give')
    expect(() => exported('gantt', { startAt: 253_402_300_799_000 })).toThrow(
      'before the year 10000',
    )
  })

  it('of no tasks is a document all the same', () => {
    const empty: PlanDocument = { tasks: [] }
    expect(exported('mermaid', {}, empty)).toBe('flowchart LR\n')
    expect(exported('csv', {}, empty).split('\r\n')).toHaveLength(2)
    expect(exported('ics', { startAt: 0 }, empty)).not.toContain('VEVENT')
  })
})

describe('the calendar', () => {
  it('agrees with Date for every second of the years 1970 to 9999', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (ms) => {
        const { date, time } = calendarTime(ms)
        const expected = new Date(ms).toISOString().slice(0, 19)
        expect(`${date.join('-')}T${time.join(':')}`).toBe(expected)
      }),
      { numRuns: 2000 },
    )
  })
})
