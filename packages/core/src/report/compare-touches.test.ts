import { describe, expect, it } from 'vitest'

import type { TaskId } from '../id.ts'
import { exampleLog } from '../testing/example-log.ts'
import { compareTouches, touchTotals } from './compare-touches.ts'
import { foldReport, reportOf } from './fold-report.ts'
import { renderRunTimeline } from './render-run-timeline.ts'
import { renderReportText } from './render-report-text.ts'
import { baseOf, baseOfParts, createLogFold, partsOfBase } from './log-fold.ts'

const touched = (...paths: string[]) => ({ paths, total: paths.length })

describe('predicted beside real touches [S4-02]', () => {
  it('are hits, misses and predictions that did not come true', () => {
    const task = { touches: ['a.ts', 'b.ts'], touched: touched('b.ts', 'c.ts', 'd.ts') }
    expect(compareTouches(task, ['never asked'])).toEqual({
      predicted: ['a.ts', 'b.ts'],
      touched: 3,
      hit: ['b.ts'],
      missed: ['c.ts', 'd.ts'],
      extra: ['a.ts'],
    })
  })

  it('count a glob as right when something matches it', () => {
    const task = { touches: ['src/**', 'docs/*.md'], touched: touched('src/a.ts', 'src/b/c.ts') }
    expect(compareTouches(task, undefined)).toMatchObject({
      hit: ['src/a.ts', 'src/b/c.ts'],
      missed: [],
      extra: ['docs/*.md'],
    })
  })

  it('call no prediction wrong before the work has landed', () => {
    const found = compareTouches({ touches: [], touched: null }, ['a.ts'])
    expect(found).toEqual({ predicted: ['a.ts'], touched: null, hit: [], missed: [], extra: [] })
    expect(compareTouches({ touches: [], touched: null }, undefined)).toBeNull()
  })

  it('add up to precision and recall over all tasks of which both are known', () => {
    const tasks = [
      { id: 'A' as TaskId, touches: ['a.ts', 'b.ts'], touched: touched('b.ts', 'c.ts') },
      { id: 'B' as TaskId, touches: [], touched: touched('x.ts') },
      { id: 'C' as TaskId, touches: [], touched: touched('y.ts') },
      { id: 'D' as TaskId, touches: ['d.ts'], touched: null },
      { id: 'E' as TaskId, touches: ['e.ts'], touched: { paths: ['e.ts'], total: 3 } },
    ]
    expect(touchTotals(tasks, new Map([['B' as TaskId, ['x.ts']]]))).toEqual({
      tasks: 3,
      hit: 3,
      missed: 3,
      extra: 1,
      precision: 3 / 4,
      recall: 3 / 6,
    })
    expect(touchTotals([], new Map())).toBeNull()
  })

  it('compare with the last plan before the work began, also when the log was pruned', () => {
    const log = exampleLog({ one: { touches: [] } }, 1)
    const plan = (expects: readonly string[]) => {
      const tasks = [{ id: 'one' as TaskId, layer: 0, tail: 1, expects }]
      log.at(0, { type: 'tasks.planned', planId: 'plan' as never, revision: 1, hash: '', tasks })
    }
    plan(['old.ts'])
    plan(['a.ts', 'b.ts'])
    log.register(0, 'worker-')
    log.promote(0)
    log.start(0, 'one', 'worker-0')
    plan(['known afterwards.ts'])
    log.succeed(100, 'one')
    const events = log.events.map((event) =>
      event.type === 'attempt.succeeded'
        ? { ...event, merged: 'c0ffee', touched: touched('a.ts', 'z.ts') }
        : event,
    )
    const report = foldReport(events)
    expect(report.perTask[0]?.touches).toEqual({
      predicted: ['a.ts', 'b.ts'],
      touched: 2,
      hit: ['a.ts'],
      missed: ['z.ts'],
      extra: ['b.ts'],
    })
    expect(report.merges).toMatchObject({ landed: 1, conflicts: 0, withoutConflict: 1 })
    const text = renderReportText(report)
    expect(text).toContain('precision 50.0 %, recall 50.0 %; 1 hit, 1 missed, 1 extra')
    expect(text).toMatch(/one +2 +1 +z\.ts +b\.ts/)
    expect(renderRunTimeline(events)).toContain(
      'touched 2 files, 1 as predicted, 1 predicted in vain',
    )
    const first = createLogFold()
    for (const event of events.slice(0, -1)) first.add(event)
    const parts = partsOfBase(baseOf(first)!)
    const again = createLogFold(baseOfParts(events[0]!.projectId, parts))
    again.add(events.at(-1)!)
    expect(reportOf(again)).toEqual(report)
  })
})
