import { describe, expect, it } from 'vitest'

import { emptySlice } from '../staging/slice.ts'
import type { Task } from '../staging/state.ts'
import { exampleTask } from '../testing/example-rows.ts'
import { landedChanges } from './landed-changes.ts'

function sliceOf(tasks: readonly Task[]) {
  return { ...emptySlice, tasks: new Map(tasks.map((task) => [task.id, task])) }
}

function done(id: string, settledAt: number, set: Partial<Task> = {}): Task {
  const touched = { paths: [`src/${id}.ts`], total: 1 }
  return exampleTask('p1', id, { status: 'done', settledAt, touched, ...set })
}

describe('what predictions learn of finished work [S4-02]', () => {
  it('is in the order in which it settled, with its words and its task', () => {
    const tasks = [
      done('late', 9),
      done('early', 1, { description: 'All of it' }),
      done('tied', 9, { position: 7 }),
    ]
    const learnt = landedChanges(sliceOf(tasks))
    expect(learnt.map(({ task }) => task)).toEqual(['early', 'late', 'tied'])
    expect(learnt[0]).toEqual({
      task: 'early',
      title: 'Build early',
      body: 'All of it',
      files: ['src/early.ts'],
    })
  })

  it('leaves out what has not landed, or left nothing to learn from', () => {
    const tasks = [
      done('open', 1, { status: 'staged' }),
      done('failed', 1, { status: 'failed' }),
      done('unknown', 1, { touched: null }),
      done('nothing', 1, { touched: { paths: [], total: 0 } }),
    ]
    expect(landedChanges(sliceOf(tasks))).toEqual([])
  })

  it('is the newest five hundred, so that planning stays quick in a long project', () => {
    const tasks = Array.from({ length: 700 }, (_, nth) => done(`t${nth}`, nth))
    const learnt = landedChanges(sliceOf(tasks))
    expect(learnt).toHaveLength(500)
    expect(learnt[0]?.task).toBe('t200')
    expect(learnt.at(-1)?.task).toBe('t699')
  })
})
