import type { EventType } from '../event/event.ts'
import type { Meaning } from './meaning.ts'
import { notStaged, task, releases, endWork } from './row-changes.ts'
import type { Change } from './slice.ts'

type TaskEvent = Extract<EventType, `task.${string}` | `tasks.${string}` | `dependencies.${string}`>

/** What events of tasks and their dependencies mean for the rows. */
export const taskMeanings: { readonly [Type in TaskEvent]: Meaning<Type> } = {
  'tasks.added': (_, { tasks, dependencies }) => [
    ...tasks.map((added): Change => ({
      table: 'task',
      kind: 'insert',
      row: { ...added, exclusiveKeys: [], touched: null },
    })),
    ...dependencies.map((row): Change => ({ table: 'dependency', kind: 'insert', row })),
  ],
  'task.updated': (slice, { taskId, set }) => {
    // Whoever declares anew what a task touches knows better than its former attempt.
    const forgotten = set.touches === undefined ? {} : { touched: null }
    return [task(slice, taskId, { ...forgotten, ...set })]
  },
  'dependencies.changed': (slice, { taskId, added, removed, openDependencies }) => [
    ...removed.map((dependsOn): Change => ({
      table: 'dependency',
      kind: 'delete',
      key: { taskId, dependsOn },
    })),
    ...added.map((row): Change => ({ table: 'dependency', kind: 'insert', row })),
    task(slice, taskId, { openDependencies }),
  ],
  'tasks.planned': (_, { tasks }) =>
    tasks.map(({ id, layer, tail, exclusiveKeys = [] }) => ({
      table: 'task',
      kind: 'update',
      key: id,
      set: { layer, tail, exclusiveKeys },
    })),
  'tasks.staged': (slice, { batchId, tasks, forced, at }) =>
    tasks.map(({ id, stagePriority }) =>
      task(slice, id, { status: 'staged', batchId, stagePriority, stagedAt: at, forced }),
    ),
  'tasks.unstaged': (slice, { taskIds }) =>
    taskIds.map((id) => task(slice, id, { ...notStaged, status: 'todo' })),
  'task.cancelled': (slice, { taskId, reason, at }) => [
    task(slice, taskId, { status: 'cancelled', settledAt: at, workOrderId: null }),
    ...endWork(slice, taskId, at, 'cancelled', reason),
  ],
  'task.reopened': (slice, { taskId, to }) => [
    task(slice, taskId, {
      status: to,
      settledAt: null,
      failure: null,
      ...(to === 'todo' ? notStaged : {}),
    }),
  ],
  'task.done': (slice, { taskId, summary, reached, released, at }) => [
    task(slice, taskId, {
      status: 'done',
      summary,
      reached,
      failure: null,
      settledAt: at,
      workOrderId: null,
    }),
    ...endWork(slice, taskId, at, 'completed', summary),
    ...releases(slice, released),
  ],
  'task.failed': (slice, { taskId, failure, at }) => [
    task(slice, taskId, { status: 'failed', failure, settledAt: at, workOrderId: null }),
    ...endWork(slice, taskId, at, 'failed', failure.message),
  ],
}
