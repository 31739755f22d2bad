import type { Event, EventOf, EventType, Released } from '../event/event.ts'
import type { AttemptId, TaskId, WorkerId, WorkOrderId } from '../id.ts'
import { applyChanges, copySlice, type MutableSlice } from './apply-changes.ts'
import { isReleased } from './readiness.ts'
import { type Change, emptySlice, type Slice } from './slice.ts'
import type { Attempt, Batch, Reached, Task, Worker, WorkOrder } from './state.ts'

/** The slice after the event. Folding `evolve` over the whole log gives the stored state again. */
export function evolve(slice: Slice, event: Event): Slice {
  const next = copySlice(slice)
  applyChanges(next, changesOf(slice, event))
  return next
}

/** The whole state from the log alone. */
export function replay(events: Iterable<Event>): Slice {
  const world = copySlice(emptySlice)
  for (const event of events) applyEvent(world, event)
  return world
}

/** As `evolve`, in place; returns the row changes for the storage. */
export function applyEvent(slice: MutableSlice, event: Event): readonly Change[] {
  const changes = changesOf(slice, event)
  applyChanges(slice, changes)
  return changes
}

/** What an event means for the rows. The only place that says so. */
export function changesOf(slice: Slice, event: Event): readonly Change[] {
  const meaning = meanings[event.type] as (slice: Slice, event: Event) => readonly Change[]
  return meaning(slice, event)
}

const meanings: { [Type in EventType]: (slice: Slice, event: EventOf<Type>) => readonly Change[] } =
  {
    'project.created': (_, { project }) => [{ table: 'project', kind: 'insert', row: project }],
    'project.updated': (slice, { projectId, name, settings }) => [
      {
        table: 'project',
        kind: 'update',
        key: projectId,
        set: {
          ...(name !== undefined && { name }),
          ...(settings !== undefined &&
            slice.project !== null && { settings: { ...slice.project.settings, ...settings } }),
        },
      },
    ],
    'project.paused': (_, { projectId, at }) => [
      { table: 'project', kind: 'update', key: projectId, set: { pausedAt: at } },
    ],
    'project.resumed': (_, { projectId }) => [
      { table: 'project', kind: 'update', key: projectId, set: { pausedAt: null } },
    ],
    'tasks.added': (_, { tasks, dependencies }) => [
      ...tasks.map((row): Change => ({ table: 'task', kind: 'insert', row })),
      ...dependencies.map((row): Change => ({ table: 'dependency', kind: 'insert', row })),
    ],
    'task.updated': (slice, { taskId, set }) => [task(slice, taskId, set)],
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
      tasks.map(({ id, layer, tail }) => ({
        table: 'task',
        kind: 'update',
        key: id,
        set: { layer, tail },
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
    'batch.created': (_, { batch: row }) => [{ table: 'batch', kind: 'insert', row }],
    'batch.updated': (_, { batchId, set }) => [batch(batchId, set)],
    'batch.deleted': (_, { batchId }) => [{ table: 'batch', kind: 'delete', key: batchId }],
    'batches.reordered': (_, { order }) => order.map(({ id, order }) => batch(id, { order })),
    'batch.promoted': (_, { batchId, generation, openLayer, at }) => [
      batch(batchId, {
        promotedAt: at,
        generation,
        openLayer,
        stuckSince: null,
        stuckReason: null,
        stuckCount: 0,
      }),
    ],
    'batch.layer-opened': (_, { batchId, openLayer }) => [batch(batchId, { openLayer })],
    'batch.paused': (_, { batchId, at }) => [batch(batchId, { pausedAt: at })],
    'batch.resumed': (_, { batchId }) => [batch(batchId, { pausedAt: null })],
    'batch.stuck': (slice, { batchId, reason, at }) => [
      batch(batchId, {
        stuckSince: at,
        stuckReason: reason,
        stuckCount: (slice.batches.get(batchId)?.stuckCount ?? 0) + 1,
      }),
    ],
    'batch.unstuck': (_, { batchId }) => [batch(batchId, { stuckSince: null, stuckReason: null })],
    'work.released': (slice, { orders, at }) =>
      orders.flatMap(({ id, taskId }): Change[] => {
        const owner = slice.tasks.get(taskId)
        if (owner === undefined) return []
        const row: WorkOrder = {
          id,
          projectId: owner.projectId,
          taskId,
          status: 'queued',
          fence: 0,
          attemptId: null,
          workerId: null,
          chargedAttempts: 0,
          unchargedAttempts: 0,
          interruptions: 0,
          notBefore: 0,
          enqueuedAt: at,
          settledAt: null,
        }
        return [
          { table: 'workOrder', kind: 'insert', row },
          { table: 'task', kind: 'update', key: taskId, set: { workOrderId: id } },
        ]
      }),
    'work.withdrawn': (_, { orders, at }) =>
      orders.flatMap(({ id, taskId }): Change[] => [
        workOrder(id, { status: 'cancelled', settledAt: at }),
        { table: 'task', kind: 'update', key: taskId, set: { workOrderId: null } },
      ]),
    'attempt.started': (slice, event) => {
      const { attemptId, taskId, workOrderId, workerId, number, fence, at } = event
      const owner = slice.tasks.get(taskId)
      if (owner === undefined) return []
      const row: Attempt = {
        id: attemptId,
        projectId: owner.projectId,
        taskId,
        workOrderId,
        number,
        workerId,
        fence,
        status: 'running',
        startedAt: at,
        waitingSince: null,
        waitedMs: 0,
        endedAt: null,
        summary: null,
        failure: null,
        verdicts: [],
        merged: null,
      }
      return [
        { table: 'attempt', kind: 'insert', row },
        workOrder(workOrderId, { status: 'claimed', fence, attemptId, workerId }),
        task(slice, taskId, {
          status: 'doing',
          attemptCount: number,
          startedAt: owner.startedAt ?? at,
        }),
        worker(workerId, 'busy'),
      ]
    },
    'attempt.waiting': (slice, { attemptId, at }) => [
      attempt(attemptId, { status: 'waiting', waitingSince: at }),
      ...workerOf(slice, attemptId, 'waiting'),
    ],
    'attempt.resumed': (slice, { attemptId, at }) => [
      attempt(attemptId, {
        status: 'running',
        waitingSince: null,
        waitedMs: waitedUntil(slice, attemptId, at),
      }),
      ...workerOf(slice, attemptId, 'busy'),
    ],
    'attempt.verifying': (slice, { attemptId, taskId, summary, released }) => [
      attempt(attemptId, { status: 'verifying', summary }),
      task(slice, taskId, {
        status: 'review',
        reached: furthest(slice, taskId, 'completed'),
        summary,
      }),
      ...releases(slice, released),
    ],
    'attempt.merging': (_, { attemptId, verdicts }) => [
      attempt(attemptId, { status: 'merging', verdicts }),
    ],
    'attempt.succeeded': (slice, event) => {
      const { attemptId, taskId, workOrderId, verdicts, merged, reached, released, at } = event
      return [
        attempt(attemptId, { status: 'succeeded', verdicts, merged, endedAt: at }),
        workOrder(workOrderId, { status: 'completed', settledAt: at }),
        task(slice, taskId, {
          status: 'done',
          reached: furthest(slice, taskId, reached),
          settledAt: at,
          workOrderId: null,
        }),
        ...releases(slice, released),
        ...workerOf(slice, attemptId, 'idle'),
      ]
    },
    'attempt.failed': (slice, event) => {
      const { attemptId, taskId, workOrderId, failure, verdicts, charged, retryAt, at } = event
      const order = slice.workOrders.get(workOrderId)
      return [
        attempt(attemptId, {
          status: 'failed',
          failure,
          verdicts,
          endedAt: at,
          waitedMs: waitedUntil(slice, attemptId, at),
          waitingSince: null,
        }),
        ...requeue(slice, taskId, workOrderId, retryAt, {
          chargedAttempts: (order?.chargedAttempts ?? 0) + (charged ? 1 : 0),
          unchargedAttempts: (order?.unchargedAttempts ?? 0) + (charged ? 0 : 1),
        }),
        ...workerOf(slice, attemptId, 'idle'),
      ]
    },
    'attempt.interrupted': (slice, event) => {
      const { attemptId, taskId, workOrderId, reason, counted, retryAt, at } = event
      const order = slice.workOrders.get(workOrderId)
      return [
        attempt(attemptId, {
          status: 'interrupted',
          failure: { class: 'cancelled', message: reason, evidence: '' },
          endedAt: at,
          waitedMs: waitedUntil(slice, attemptId, at),
          waitingSince: null,
        }),
        ...requeue(slice, taskId, workOrderId, retryAt, {
          unchargedAttempts: (order?.unchargedAttempts ?? 0) + 1,
          interruptions: (order?.interruptions ?? 0) + (counted ? 1 : 0),
        }),
        ...workerOf(slice, attemptId, 'idle'),
      ]
    },
    'attempt.yielded': (slice, { attemptId, taskId, workOrderId, retryAt, at }) => [
      attempt(attemptId, {
        status: 'yielded',
        endedAt: at,
        waitedMs: waitedUntil(slice, attemptId, at),
        waitingSince: null,
      }),
      ...requeue(slice, taskId, workOrderId, retryAt, {
        unchargedAttempts: (slice.workOrders.get(workOrderId)?.unchargedAttempts ?? 0) + 1,
      }),
      ...workerOf(slice, attemptId, 'idle'),
    ],
    'attempt.output': () => [],
    'request.opened': (_, { request }) => [{ table: 'request', kind: 'insert', row: request }],
    'request.answered': (slice, { requestId, answer, by, at }) => {
      const asked = slice.requests.get(requestId)
      const order = asked && currentOrder(slice, asked.taskId)
      return [
        {
          table: 'request',
          kind: 'update',
          key: requestId,
          set: { status: 'answered', answer, answeredBy: by, answeredAt: at },
        },
        ...(order !== undefined && order.status === 'queued' && order.notBefore > at
          ? [workOrder(order.id, { notBefore: at })]
          : []),
      ]
    },
    'request.cancelled': (_, { requestId }) => [
      { table: 'request', kind: 'update', key: requestId, set: { status: 'cancelled' } },
    ],
    'account.held': (_, { projectId, account, until, reason }) => [
      { table: 'hold', kind: 'delete', key: { projectId, account } },
      { table: 'hold', kind: 'insert', row: { projectId, account, until, reason } },
    ],
    'account.released': (_, { projectId, account }) => [
      { table: 'hold', kind: 'delete', key: { projectId, account } },
    ],
    'worker.registered': (_, { projectId, workerId, name, at }) => [
      {
        table: 'worker',
        kind: 'insert',
        row: { id: workerId, projectId, name, status: 'idle', registeredAt: at },
      },
    ],
    'worker.changed': (_, { workerId, status }) => [worker(workerId, status)],
  }

const notStaged = { batchId: null, stagedAt: null, stagePriority: 0, forced: false } as const

function task(slice: Slice, key: TaskId, set: Partial<Task>): Change {
  const revision = (slice.tasks.get(key)?.revision ?? 0) + 1
  return { table: 'task', kind: 'update', key, set: { ...set, revision } }
}

function batch(key: string, set: Partial<Batch>): Change {
  return { table: 'batch', kind: 'update', key, set }
}

function workOrder(key: WorkOrderId, set: Partial<WorkOrder>): Change {
  return { table: 'workOrder', kind: 'update', key, set }
}

function attempt(key: AttemptId, set: Partial<Attempt>): Change {
  return { table: 'attempt', kind: 'update', key, set }
}

function worker(key: WorkerId, status: Worker['status']): Change {
  return { table: 'worker', kind: 'update', key, set: { status } }
}

function workerOf(slice: Slice, attemptId: AttemptId, status: Worker['status']): Change[] {
  const row = slice.attempts.get(attemptId)
  return row === undefined ? [] : [worker(row.workerId, status)]
}

function releases(slice: Slice, released: readonly Released[]): Change[] {
  return released.map(({ id, openDependencies }) => task(slice, id, { openDependencies }))
}

function furthest(slice: Slice, taskId: TaskId, reached: Reached): Reached {
  const before = slice.tasks.get(taskId)
  if (before === undefined || reached === 'nothing') return before?.reached ?? reached
  return isReleased(before, reached) ? before.reached : reached
}

function currentOrder(slice: Slice, taskId: TaskId): WorkOrder | undefined {
  const id = slice.tasks.get(taskId)?.workOrderId
  return id ? slice.workOrders.get(id) : undefined
}

function waitedUntil(slice: Slice, attemptId: AttemptId, at: number): number {
  const row = slice.attempts.get(attemptId)
  if (row === undefined) return 0
  return row.waitedMs + (row.waitingSince === null ? 0 : Math.max(0, at - row.waitingSince))
}

/** The order goes back to the queue, or, without a time for the retry, stays for `task.failed`. */
function requeue(
  slice: Slice,
  taskId: TaskId,
  workOrderId: WorkOrderId,
  retryAt: number | null,
  counts: Partial<WorkOrder>,
): Change[] {
  if (retryAt === null) return [workOrder(workOrderId, counts)]
  return [
    workOrder(workOrderId, {
      ...counts,
      status: 'queued',
      attemptId: null,
      workerId: null,
      notBefore: retryAt,
    }),
    task(slice, taskId, { status: 'staged' }),
  ]
}

/** Ends the current work order of a task, and the attempt that still runs for it. */
function endWork(
  slice: Slice,
  taskId: TaskId,
  at: number,
  status: 'completed' | 'failed' | 'cancelled',
  reason: string,
): Change[] {
  const order = currentOrder(slice, taskId)
  if (order === undefined || order.settledAt !== null) return []
  const running = order.attemptId === null ? undefined : slice.attempts.get(order.attemptId)
  return [
    workOrder(order.id, { status, settledAt: at }),
    ...(running !== undefined && running.endedAt === null
      ? [
          attempt(running.id, {
            status: 'interrupted',
            endedAt: at,
            failure: { class: 'cancelled', message: reason, evidence: '' },
            waitedMs: waitedUntil(slice, running.id, at),
            waitingSince: null,
          }),
          worker(running.workerId, 'idle'),
        ]
      : []),
  ]
}
