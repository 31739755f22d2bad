import { stripVTControlCharacters } from 'node:util'

import { type StoredEvent, textWidth } from '@cueline/core'
import { describe, expect, it } from 'vitest'

import { createRunView } from './run-view.ts'
import { bar, paint } from './screen.ts'

/** Only what the view reads of an event; the log has more. */
const event = (type: StoredEvent['type'], fields: object) =>
  ({ type, at: 1_000, ...fields }) as unknown as StoredEvent
const started = (id: string, number = 1) =>
  event('attempt.started', { attemptId: `a-${id}`, taskId: id, number })
const added = event('tasks.added', {
  tasks: ['T1', 'T2', 'T3'].map((code) => ({ id: code, code, title: `Title of ${code}` })),
})

function viewOf(...events: StoredEvent[]) {
  const view = createRunView(2)
  for (const each of [added, ...events]) view.apply(each)
  return view
}

describe('the picture of a run', () => {
  it('shows each attempt in the lowest free lane until it ends', () => {
    const view = viewOf(started('T1'), started('T2'))
    view.apply(event('attempt.succeeded', { attemptId: 'a-T1', taskId: 'T1', verdicts: [] }))
    view.apply(started('T3'))
    expect(view.picture().lanes.map((lane) => lane?.task)).toEqual(['T3', 'T2'])
    expect(view.picture()).toMatchObject({ total: 3, done: 1, failed: 0 })
  })

  it('moves what waits for an answer out of its lane and back', () => {
    const view = viewOf(started('T1'), event('attempt.waiting', { attemptId: 'a-T1' }))
    expect(view.picture().lanes).toEqual([null, null])
    expect(view.picture().waiting).toMatchObject([{ task: 'T1', doing: 'waits for an answer' }])
    view.apply(event('attempt.resumed', { attemptId: 'a-T1' }))
    expect(view.picture().lanes).toMatchObject([{ task: 'T1', doing: 'goes on' }, null])
  })

  it('opens another lane when more work than there are workers', () => {
    const view = viewOf(started('T1'), started('T2'), started('T3'))
    expect(view.picture().lanes).toHaveLength(3)
  })

  it('counts a task that failed for good until it is opened again', () => {
    const failure = { class: 'permanent', message: 'no' }
    const view = viewOf(event('task.failed', { taskId: 'T1', failure }))
    expect(view.picture().failed).toBe(1)
    view.apply(event('task.reopened', { taskId: 'T1' }))
    expect(view.picture().failed).toBe(0)
  })

  it('tells of a step in the lane and of an end on a line, in text that cannot steer a terminal', () => {
    const view = viewOf(started('T1', 2))
    const said = {
      attemptId: 'a-T1',
      taskId: 'T1',
      stream: 'progress',
      text: 'red\n\u001b[2Jgreen\n',
    }
    expect(view.apply(event('attempt.output', said))).toEqual([
      { text: 'T1 red', kind: 'plain', step: true },
      { text: 'T1 [2Jgreen', kind: 'plain', step: true },
    ])
    const failure = { class: 'gate-failed', message: 'a\u0007b' }
    const failed = { attemptId: 'a-T1', taskId: 'T1', failure, retryAt: 1 }
    expect(view.apply(event('attempt.failed', failed))).toEqual([
      { text: 'T1 Title of T1: sent back to be tried again. a b', kind: 'bad', step: false },
    ])
  })
})

describe('the screen', () => {
  const busy = {
    task: 'A-VERY-LONG-CODE',
    title: '会議の時間 and more words than fit',
    attempt: 2,
    doing: 'does something that takes many words to say',
    since: 0,
  }
  const picture = { total: 14, done: 5, failed: 1, lanes: [busy, null], waiting: [busy] }

  it.each([60, 80, 119])('keeps to %i columns', (width) => {
    const lines = stripVTControlCharacters(
      `${paint(picture, width, 61_000)}\n${bar(picture, width, 3_600_000)}`,
    ).split('\n')
    expect(lines).toHaveLength(4)
    for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width)
    expect(lines[3]).toContain('5 of 14 tasks, 1 failed  43 %')
  })
})
