import type { EventType } from '../event/event.ts'
import type { Meaning } from './meaning.ts'
import {
  task,
  workOrder,
  attempt,
  worker,
  workerOf,
  releases,
  furthest,
  currentOrder,
  waitedUntil,
  requeue,
  ended,
  interrupted,
  restingSession,
} from './row-changes.ts'
import type { Change } from './slice.ts'
import type { Attempt, WorkOrder } from './state.ts'

type AttemptEvent = Extract<EventType, `work.${string}` | `attempt.${string}` | `request.${string}`>

/** What events of work orders, attempts and requests mean for the rows. */
export const attemptMeanings: { readonly [Type in AttemptEvent]: Meaning<Type> } = {
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
        mergeRounds: 0,
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
      mergeTarget: null,
      mergeQueuedAt: null,
      sessionId: null,
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
  'attempt.merging': (slice, { attemptId, taskId, verdicts, target = null, released, at }) => [
    attempt(attemptId, {
      status: 'merging',
      verdicts,
      mergeTarget: target,
      mergeQueuedAt: target === null ? null : at,
    }),
    ...(released === undefined
      ? []
      : [
          task(slice, taskId, { reached: furthest(slice, taskId, 'verified') }),
          ...releases(slice, released),
        ]),
  ],
  'attempt.succeeded': (slice, event) => {
    const { attemptId, taskId, workOrderId, verdicts, merged, reached, released, at } = event
    const { touched } = event
    return [
      attempt(attemptId, { status: 'succeeded', verdicts, merged, endedAt: at }),
      workOrder(workOrderId, { status: 'completed', settledAt: at }),
      task(slice, taskId, {
        status: 'done',
        reached: furthest(slice, taskId, reached),
        settledAt: at,
        workOrderId: null,
        ...(touched && { touched }),
      }),
      ...releases(slice, released),
      ...workerOf(slice, attemptId, 'idle'),
      ...restingSession(slice, attemptId, at),
    ]
  },
  'attempt.failed': (slice, event) => {
    const { attemptId, taskId, workOrderId, failure, verdicts, charged, retryAt, at } = event
    const { touched, mergeRounds } = event
    const order = slice.workOrders.get(workOrderId)
    return [
      ...ended(slice, attemptId, at, { status: 'failed', failure, verdicts }),
      ...requeue(slice, taskId, workOrderId, retryAt, {
        chargedAttempts: (order?.chargedAttempts ?? 0) + (charged ? 1 : 0),
        unchargedAttempts: (order?.unchargedAttempts ?? 0) + (charged ? 0 : 1),
        ...(mergeRounds !== undefined && { mergeRounds }),
      }),
      ...(touched ? [task(slice, taskId, { touched })] : []),
    ]
  },
  'attempt.interrupted': (slice, event) => {
    const { attemptId, taskId, workOrderId, reason, counted, retryAt, at } = event
    const order = slice.workOrders.get(workOrderId)
    return [
      ...interrupted(slice, attemptId, at, reason),
      ...requeue(slice, taskId, workOrderId, retryAt, {
        unchargedAttempts: (order?.unchargedAttempts ?? 0) + 1,
        interruptions: (order?.interruptions ?? 0) + (counted ? 1 : 0),
      }),
    ]
  },
  'attempt.survived': (slice, { attemptId, workOrderId, reason }) => {
    const failure = slice.attempts.get(attemptId)?.failure
    const lost = slice.workOrders.get(workOrderId)?.interruptions ?? 0
    return [
      ...(failure ? [attempt(attemptId, { failure: { ...failure, message: reason } })] : []),
      workOrder(workOrderId, { interruptions: Math.max(0, lost - 1) }),
    ]
  },
  'attempt.yielded': (slice, { attemptId, taskId, workOrderId, retryAt, at }) => [
    ...ended(slice, attemptId, at, { status: 'yielded' }),
    ...requeue(slice, taskId, workOrderId, retryAt, {
      unchargedAttempts: (slice.workOrders.get(workOrderId)?.unchargedAttempts ?? 0) + 1,
    }),
  ],
  'attempt.overlapping': () => [],
  'attempt.grouped': () => [],
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
}
