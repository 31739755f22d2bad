import {
  exampleAttempt,
  exampleBatch,
  exampleProject,
  exampleTask,
  exampleWorkOrder,
} from '@cueline/core/testing'
import type { AttemptId, BatchId, ProjectId, TaskId, WorkOrderId } from '@cueline/core'
import { describe, expect, it } from 'vitest'

import { knownSlice } from './known-slice.ts'
import { ProjectCache } from './row-cache.ts'
import { TaskCounts } from './task-counts.ts'

const projectId = 'p' as ProjectId
const first = 't1' as TaskId
const second = 't2' as TaskId
const workOrderId = 'o1' as WorkOrderId
const attemptId = 'a1' as AttemptId
const batchId = 'b1' as BatchId

/** Two tasks, the second waits for the first, which has a batch, a work order and an attempt. */
function warm(): ProjectCache {
  const cache = new ProjectCache()
  cache.project = exampleProject(projectId)
  cache.learn('task', exampleTask(projectId, second, { position: 1 }))
  cache.learn('task', exampleTask(projectId, first, { position: 2, batchId, workOrderId }))
  cache.learn('batch', exampleBatch(projectId, batchId))
  const order = exampleWorkOrder(projectId, first, workOrderId, { attemptId })
  cache.learn('workOrder', order)
  cache.learn('attempt', exampleAttempt(order, attemptId))
  return cache
}

describe('a slice of rows that are known [S2-05]', () => {
  it('brings along what tasks and attempts bring, tasks by position', () => {
    const slice = knownSlice(warm(), { projectId, tasks: [first, second], attempts: [attemptId] })
    expect([...(slice?.tasks.keys() ?? [])]).toEqual([second, first])
    expect([...(slice?.batches.keys() ?? [])]).toEqual([batchId])
    expect([...(slice?.workOrders.keys() ?? [])]).toEqual([workOrderId])
    expect([...(slice?.attempts.keys() ?? [])]).toEqual([attemptId])
  })

  it('is left to the database when anything that belongs to it is not known', () => {
    const keys = { projectId, dependentsOf: [first] }
    const cache = warm()
    expect(knownSlice(cache, keys)).toBeUndefined()
    cache.dependents.set(first, [])
    expect(knownSlice(cache, keys)?.tasks.size).toBe(1)
    expect(knownSlice(cache, { ...keys, openRequests: true })).toBeUndefined()
    expect(knownSlice(cache, { ...keys, holds: true })).toBeUndefined()
    expect(knownSlice(cache, { ...keys, batches: 'all' })).toBeUndefined()
    cache.rows.attempt.delete(attemptId)
    expect(knownSlice(cache, keys)).toBeUndefined()
  })

  it('leaves out what is known not to be there', () => {
    const cache = warm()
    cache.rows.attempt.set(attemptId, null)
    const slice = knownSlice(cache, { projectId, workOrders: [workOrderId], workers: [] })
    expect([...(slice?.tasks.keys() ?? [])]).toEqual([first])
    expect(slice?.attempts.size).toBe(0)
  })

  it('brings the tasks of a batch where all of them are known, wherever they have gone since', () => {
    const cache = warm()
    const keys = { projectId, tasksOfBatches: [batchId] }
    expect(knownSlice(cache, keys)).toBeUndefined()
    cache.members.learn(batchId, [first])
    const tasksNow = () => [...(knownSlice(cache, keys)?.tasks.keys() ?? [])]
    expect(tasksNow()).toEqual([first])
    const move = (key: TaskId, to: BatchId | null) =>
      cache.apply([{ table: 'task', kind: 'update', key, set: { batchId: to } }], 0)
    move(second, batchId)
    expect(tasksNow()).toEqual([second, first])
    move(first, null)
    expect(tasksNow()).toEqual([second])
    move('t3' as TaskId, batchId)
    expect(knownSlice(cache, keys)).toBeUndefined()
  })

  it('takes a new batch for empty only where it is known that no task names it', () => {
    const row = exampleBatch(projectId, 'b2')
    const keys = { projectId, tasksOfBatches: [row.id] }
    const cache = warm()
    cache.apply([{ table: 'batch', kind: 'insert', row }], 0)
    expect(knownSlice(cache, keys)).toBeUndefined()
    cache.taskCounts = new TaskCounts()
    cache.apply([{ table: 'batch', kind: 'insert', row }], 0)
    expect(knownSlice(cache, keys)?.tasks.size).toBe(0)
    cache.taskCounts.add(row.id, 'todo', 0, 1, 0)
    cache.apply(
      [
        { table: 'batch', kind: 'delete', key: row.id },
        { table: 'batch', kind: 'insert', row },
      ],
      0,
    )
    expect(knownSlice(cache, keys)).toBeUndefined()
  })
})
