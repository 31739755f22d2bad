import { describe, expect, it } from 'vitest'

import { replay } from '../staging/evolve.ts'
import { toSnapshot } from '../staging/snapshot.ts'
import { exampleLog } from '../testing/example-log.ts'
import { createRunView } from './run-view.ts'

function viewOf(write: (log: ReturnType<typeof exampleLog>) => void) {
  const log = exampleLog({ 'T-1': { title: 'Parse\u0007 it' }, 'T-2': { title: 'Print it' } }, 1)
  log.register(0, 'worker-')
  log.promote(0)
  write(log)
  const view = createRunView(1)
  const lines = log.events.flatMap((event) => view.apply(event))
  return { lines: lines.map(({ text }) => text), picture: view.picture() }
}

describe('the view of a run', () => {
  it('tells of every start, failure and success, in words without control characters', () => {
    const { lines } = viewOf((log) => {
      log.start(0, 'T-1', 'worker-0')
      log.fail(500, 'T-1', 'one test fails')
      log.start(1_000, 'T-1', 'worker-0', 2)
      log.succeed(3_500, 'T-1', 2)
    })
    expect(lines).toEqual([
      'First is promoted',
      'T-1 Parse it: starts',
      'T-1 Parse it: sent back to be tried again. one test fails',
      'T-1 Parse it: starts again (attempt 2)',
      'T-1 Parse it: done after 2.5 s of attempt 2, 1 gate passed',
    ])
  })

  it('shows who works in which lane and what waits for an answer', () => {
    const { lines, picture } = viewOf((log) => {
      log.start(0, 'T-1', 'worker-0')
      log.ask(10, 'T-1', 'colour')
      log.wait(10, 'T-1')
      log.start(20, 'T-2', 'worker-1')
    })
    expect(lines).toContain('T-1 asks: Question colour?')
    expect(picture).toMatchObject({
      total: 2,
      done: 0,
      lanes: [{ task: 'T-2', doing: 'starts', since: 20 }],
      waiting: [{ task: 'T-1', doing: 'waits for an answer' }],
    })
  })

  it('shows what waits to merge in the order of its queue, with its lane free', () => {
    const log = exampleLog({ 'T-1': {}, 'T-2': {}, 'T-3': {} }, 1)
    log.register(0, 'worker-')
    log.promote(0)
    const view = createRunView(1)
    for (const [at, task] of ['T-1', 'T-2', 'T-3'].entries()) {
      log.start(at, task, 'worker-0')
      log.merge(at, task, task === 'T-2' ? 'next' : 'cueline/main of /repository')
    }
    for (const event of log.events) view.apply(event)
    expect(view.picture()).toMatchObject({
      lanes: [null],
      merging: [
        { task: 'T-1', doing: 'merging into cueline/main of /repository' },
        { task: 'T-2', doing: 'merging into next' },
        { task: 'T-3', doing: 'merging (2nd in the queue of cueline/main of /repository)' },
      ],
    })
  })

  it('counts tasks that are done, and frees their lane', () => {
    const { picture } = viewOf((log) => {
      log.start(0, 'T-1', 'worker-0')
      log.succeed(100, 'T-1')
    })
    expect(picture).toMatchObject({ total: 2, done: 1, failed: 0, lanes: [null], waiting: [] })
  })

  it('goes on from a snapshot as if it had seen the log before', () => {
    const log = exampleLog({ 'T-1': { title: 'Parse it' }, 'T-2': {}, 'T-3': {} }, 1)
    log.register(0, 'worker-')
    log.promote(0)
    log.start(0, 'T-1', 'worker-0')
    log.succeed(1_000, 'T-1', 1)
    log.start(1_000, 'T-2', 'worker-0')
    const { project, ...rows } = replay(log.events)
    const view = createRunView(2, toSnapshot(project!, { project, ...rows }, log.events.length))
    expect(view.picture()).toMatchObject({
      total: 3,
      done: 1,
      failed: 0,
      lanes: [{ task: 'T-2', attempt: 1, doing: 'works', since: expect.any(Number) }, null],
      waiting: [],
    })
    const seen = log.events.length
    log.succeed(2_500, 'T-2', 1)
    const lines = log.events.slice(seen).flatMap((event) => view.apply(event))
    expect(lines.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^T-2 .*: done after 1\.5 s, 1 gate passed$/),
    ])
    expect(view.picture()).toMatchObject({ done: 2, lanes: [null, null] })
  })
})
