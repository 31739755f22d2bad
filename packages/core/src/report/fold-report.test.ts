import { describe, expect, it } from 'vitest'

import type { StoredEvent } from '../event/event.ts'
import type { ProjectId, RequestId, TaskId, WorkerId } from '../id.ts'
import { exampleLog } from '../testing/example-log.ts'
import { foldReport, reportOf } from './fold-report.ts'
import { baseOf, baseOfParts, createLogFold, partsOfBase } from './log-fold.ts'
import { renderReportText } from './render-report-text.ts'

/** `wide` takes 10 minutes beside `first` (2) and what waits for it, `second` (10). */
function threeTasks() {
  const log = exampleLog(
    {
      wide: { estimate: 8 },
      first: { estimate: 2 },
      second: { estimate: 8, dependsOn: ['first'] },
    },
    2,
  )
  const minute = 60_000
  log.register(0, 'worker-')
  log.promote(minute)
  log.start(minute, 'wide', 'worker-0')
  log.start(minute, 'first', 'worker-1')
  log.succeed(3 * minute, 'first')
  log.start(3 * minute, 'second', 'worker-1')
  log.succeed(11 * minute, 'wide')
  log.succeed(13 * minute, 'second')
  return log
}

describe('the report of a run [X-03, S4-07, S4-13]', () => {
  it('states the time a barrier cost', () => {
    const report = foldReport(threeTasks().events)
    // In stages `second` would have waited for `wide`: 10 + 10 minutes instead of 12.
    expect(report.barrierTax).toBeCloseTo(20 / 12 - 1, 10)
  })

  it('charges no barrier tax when one worker does everything', () => {
    const log = exampleLog({ one: {}, two: {} }, 1)
    log.register(0, 'worker-')
    log.promote(0)
    log.start(0, 'one', 'worker-0')
    log.succeed(100, 'one')
    log.start(100, 'two', 'worker-0')
    log.succeed(300, 'two')
    const { barrierTax, speedup, efficiency } = foldReport(log.events)
    expect({ barrierTax, speedup, efficiency }).toEqual({
      barrierTax: 0,
      speedup: 1,
      efficiency: 1,
    })
  })

  it('measures wall time from the first promotion to the last task that settled', () => {
    const { wallMs, workMs, speedup, efficiency, workers } = foldReport(threeTasks().events)
    expect({ wallMs, workMs, workers }).toEqual({ wallMs: 720_000, workMs: 1_320_000, workers: 2 })
    expect(speedup).toBeCloseTo(22 / 12, 10)
    expect(efficiency).toBeCloseTo(11 / 12, 10)
  })

  it('says what working at once saved, per batch and lane, beside what the plan could save at most', () => {
    const report = foldReport(threeTasks().events)
    expect(report.timeSaved).toBeCloseTo(1 - 12 / 22, 10)
    // 18 minutes of estimates; two workers need 10 of them, because `second` waits for `first`.
    expect(report.predicted).toMatchObject({ boundMs: 600_000, makespanMs: 600_000 })
    expect(report.predicted?.boundTimeSaved).toBeCloseTo(1 - 10 / 18, 10)
    expect(report.batches).toEqual([
      expect.objectContaining({
        lanes: 2,
        efficiency: expect.closeTo(11 / 12, 10),
        timeSaved: expect.closeTo(1 - 12 / 22, 10),
        predictedMs: 600_000,
        predictedWorkMs: 1_080_000,
      }),
    ])
    expect(report.lanes).toEqual([
      {
        lane: 0,
        attempts: 1,
        succeeded: 1,
        wallMs: 600_000,
        busyMs: 600_000,
        workMs: 600_000,
        efficiency: expect.closeTo(10 / 12, 10),
      },
      expect.objectContaining({ lane: 1, attempts: 2, wallMs: 720_000, busyMs: 720_000 }),
    ])
  })

  it('leaves out the night between two runs, in which no worker was there', () => {
    const night = 8 * 3_600_000
    const log = exampleLog({ one: {}, two: {}, three: {} }, 2)
    const go = (time: number, worker: string) =>
      log.at(time, {
        type: 'worker.changed',
        workerId: worker as WorkerId,
        status: 'offline',
        reason: 'the run is over',
      })
    log.promote(0)
    log.register(50, 'first-')
    log.start(50, 'one', 'first-0')
    log.start(50, 'two', 'first-1')
    log.succeed(150, 'one')
    go(150, 'first-0')
    log.fail(250, 'two', 'two tests fail')
    // One of two is gone; the other one is there.
    go(250, 'first-1')
    log.register(250 + night, 'second-')
    log.start(250 + night, 'two', 'second-0', 2)
    log.succeed(350 + night, 'two', 2)
    go(350 + night, 'second-0')
    go(350 + night, 'second-1')
    log.register(400 + night, 'third-')
    log.start(400 + night, 'three', 'third-0')
    log.succeed(500 + night, 'three')

    const report = foldReport(log.events)
    // From 0 to 50 nobody had come, from 250 on it was night, from 350 on it was noon.
    expect(report).toMatchObject({ wallMs: 400, restedMs: 100 + night, workMs: 300, speedup: 0.75 })
    expect(report.timeSaved).toBeCloseTo(1 - 4 / 3, 10)
    expect(report.batches).toMatchObject([{ wallMs: 400, speedup: 0.75 }])
    expect(report.lanes[0]).toMatchObject({ busyMs: 300, efficiency: 0.75 })
    expect(renderReportText(report)).toContain('400 ms without 8 h 00 m between runs')
    for (const pruned of log.events.keys()) {
      const before = createLogFold()
      for (const event of log.events.slice(0, pruned + 1)) before.add(event)
      const parts = JSON.parse(JSON.stringify(partsOfBase(baseOf(before)!))) as unknown[]
      const after = createLogFold(baseOfParts(report.projectId, parts))
      for (const event of log.events.slice(pruned + 1)) after.add(event)
      expect(reportOf(after)).toEqual(report)
    }
  })

  it('counts the time of a worker that seemed gone and came back', () => {
    const log = exampleLog({ one: {} }, 1)
    log.promote(0)
    log.register(0, 'worker-')
    const change = (time: number, status: 'offline' | 'idle') =>
      log.at(time, {
        type: 'worker.changed',
        workerId: 'worker-0' as WorkerId,
        status,
        reason: 'not heard of',
      })
    log.start(0, 'one', 'worker-0')
    change(100, 'offline')
    change(500, 'idle')
    log.succeed(700, 'one')
    expect(foldReport(log.events)).toMatchObject({ wallMs: 700, restedMs: 0 })
  })

  it('counts what merged without a conflict', () => {
    const log = exampleLog({ one: {}, two: {} }, 1)
    log.register(0, 'worker-')
    log.promote(0)
    log.start(0, 'one', 'worker-0')
    log.fail(100, 'one', 'src/a.ts changed here and there')
    log.start(100, 'one', 'worker-0', 2)
    log.succeed(200, 'one', 2)
    const events = log.events.map((event) => {
      if (event.type === 'attempt.succeeded') return { ...event, merged: 'c0ffee' }
      if (event.type !== 'attempt.failed') return event
      return { ...event, failure: { ...event.failure, class: 'merge-conflict' as const } }
    })
    const { merges } = foldReport(events)
    expect(merges).toMatchObject({ landed: 1, conflicts: 1, withoutConflict: 0.5 })
    expect(foldReport(log.events).merges.withoutConflict).toBeNull()
  })

  it.each(['rate-limit', 'quota'] as const)(
    'counts an attempt that met a limit (%s) as put back, not as failed',
    (limit) => {
      const log = exampleLog({ one: {} }, 1)
      log.register(0, 'worker-')
      log.promote(0)
      log.start(0, 'one', 'worker-0')
      log.fail(400, 'one', 'no room')
      const events = log.events.map((event) =>
        event.type === 'attempt.failed'
          ? { ...event, charged: false, failure: { ...event.failure, class: limit } }
          : event,
      )
      expect(foldReport(events).attemptsByStatus).toMatchObject({ failed: 0, yielded: 1 })
    },
  )

  it('counts neither waiting nor failed attempts as work', () => {
    const log = exampleLog({ one: {} }, 1)
    log.register(0, 'worker-')
    log.promote(0)
    log.start(0, 'one', 'worker-0')
    log.fail(400, 'one', 'two tests fail')
    log.start(500, 'one', 'worker-0', 2)
    log.wait(600, 'one', 2)
    log.resume(10_600, 'one', 2)
    log.succeed(10_700, 'one', 2)
    const report = foldReport(log.events)
    expect(report.workMs).toBe(200)
    expect(report.attempts).toBe(2)
    expect(report.attemptsByStatus).toMatchObject({ succeeded: 1, failed: 1 })
    expect(report.gates).toMatchObject({ passed: 1, failed: 1 })
    expect(report.perTask[0]).toMatchObject({
      attempts: 2,
      actualMs: 200,
      waitedMs: 10_000,
      startMs: 0,
      finishMs: 10_700,
    })
  })

  it('sets what the plan predicted beside what happened, at the time scale of the run', () => {
    const report = foldReport(threeTasks().events, { timeScale: 50 })
    expect(report.predicted).toMatchObject({ makespanMs: 500, workMs: 900, speedup: 1.8 })
    expect(report.perTask.map((task) => [task.task, task.predictedMs, task.actualMs])).toEqual([
      ['wide', 400, 600_000],
      ['first', 100, 120_000],
      ['second', 400, 600_000],
    ])
    expect(report.perTask[2]).toMatchObject({ predictedStartMs: 100, predictedFinishMs: 500 })
  })

  it('takes the schedule that was really planned when it is given', () => {
    const predicted = [
      { task: 'first', start: 0, finish: 3, lane: 0 },
      { task: 'second', start: 3, finish: 7, lane: 0 },
    ]
    const report = foldReport(threeTasks().events, { timeScale: 1_000, predicted })
    expect(report.predicted).toMatchObject({
      boundMs: null,
      makespanMs: 7_000,
      workMs: 7_000,
      speedup: 1,
    })
    expect(report.perTask.map((task) => task.predictedMs)).toEqual([null, 3_000, 4_000])
  })

  it('does not count the workers of a killed engine twice', () => {
    const log = exampleLog({ one: {}, two: {} }, 4)
    log.register(0, 'before-')
    log.promote(0)
    log.start(0, 'one', 'before-0')
    log.start(0, 'two', 'before-1')
    log.succeed(100, 'one')
    // The engine is killed; the next one finds the lapsed lease long after it has registered.
    log.register(5_000, 'after-')
    log.at(9_000, {
      type: 'attempt.interrupted',
      attemptId: log.events.find((event) => event.type === 'attempt.started')!.attemptId,
      taskId: 'two' as TaskId,
      workOrderId: log.events.find((event) => event.type === 'attempt.started')!.workOrderId,
      reason: 'the lease lapsed',
      counted: true,
      retryAt: 9_000,
    })
    expect(foldReport(log.events).workers).toBe(4)
  })

  it('adds up the workers of two engines that work side by side', () => {
    const log = exampleLog({ one: {}, two: {} }, 3)
    log.register(0, 'here-')
    log.promote(0)
    log.start(0, 'one', 'here-0')
    log.register(5, 'there-')
    log.start(10, 'two', 'there-0')
    log.succeed(20, 'one')
    log.succeed(30, 'two')
    expect(foldReport(log.events).workers).toBe(6)
  })

  it('does not count a worker that takes the slot of an attempt that waits', () => {
    const log = exampleLog({ one: {}, two: {} }, 1)
    log.register(0, 'worker-')
    log.promote(0)
    log.start(0, 'one', 'worker-0')
    log.wait(10, 'one')
    log.register(11, 'stand-in-')
    log.start(12, 'two', 'stand-in-0')
    log.succeed(20, 'two')
    log.resume(30, 'one')
    log.succeed(40, 'one')
    expect(foldReport(log.events)).toMatchObject({ workers: 1, workMs: 28, wallMs: 40 })
  })

  it('says what cannot be said yet by null, and keeps open tasks open', () => {
    const log = exampleLog({ one: {} }, 1)
    const report = foldReport(log.events)
    expect(report).toMatchObject({ speedup: null, efficiency: null, barrierTax: null, wallMs: 0 })
    expect(report.tasks).toEqual({ total: 1, done: 0, failed: 0, cancelled: 0, open: 1 })
    expect(report.perTask[0]).toMatchObject({ startMs: null, finishMs: null, lane: null })
  })

  it('counts what people were asked', () => {
    const log = exampleLog({ one: {} }, 1)
    log.promote(0)
    log.start(0, 'one', 'worker-0')
    for (const id of ['first', 'second'] as const) log.ask(5, 'one', id)
    log.at(9, {
      type: 'request.answered',
      requestId: 'first' as RequestId,
      answer: 'blue',
      by: 'ada',
    })
    const { requests, requestsByStatus } = foldReport(log.events)
    expect(requests).toBe(2)
    expect(requestsByStatus).toEqual({ open: 1, answered: 1, cancelled: 0 })
  })

  it('refuses an empty log, a log without its start, and a log of two projects', () => {
    const { events } = threeTasks()
    const foreign: StoredEvent = { ...events[1]!, projectId: 'other' as ProjectId }
    expect(() => foldReport([])).toThrow('project.created')
    expect(() => foldReport(events.slice(1))).toThrow('project.created')
    expect(() => foldReport([events[0]!, foreign])).toThrow('belongs to project "other"')
  })

  it('refuses a time scale that is no time', () => {
    expect(() => foldReport(threeTasks().events, { timeScale: 0 })).toThrow('timeScale is 0')
  })
})
