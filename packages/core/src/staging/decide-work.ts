import type { WorkOrderId } from '../id.ts'
import { addToLoad, admission, growingLoad } from '../limit/admission.ts'
import type { CommandOf, CommandType } from './command.ts'
import type { Decide } from './decide.ts'
import { cancelRequests, type Draft, emit, furthest, release, releasedBy } from './draft.ts'
import { readiness } from './readiness.ts'
import type { Attempt, Task, WorkOrder } from './state.ts'

type WorkCommand = Extract<CommandType, `work.${string}`>

export const workDecisions: { readonly [Type in WorkCommand]: Decide<Type> } = {
  'work.claim': (draft, { workers, candidates, load, capabilities }) => {
    const able = capabilities === undefined ? undefined : new Set(capabilities)
    const running = growingLoad(load)
    let started = 0
    for (const id of candidates) {
      const workerId = workers[started]
      if (workerId === undefined) return
      const found = claimable(draft, id)
      if (found === undefined) continue
      const { order, task, batch, project } = found
      const { holds } = draft.slice
      if (admission(task, batch, project, running, holds, draft.now, order, able) !== null) continue
      started += 1
      addToLoad(running, task, batch.id, order)
      emit(draft, {
        type: 'attempt.started',
        attemptId: draft.ids('attempt'),
        taskId: task.id,
        workOrderId: order.id,
        workerId,
        number: task.attemptCount + 1,
        fence: order.fence + 1,
      })
    }
  },

  'work.reclaim': (draft, { workOrderIds, reason, landed }) => {
    const merged = new Map(landed.map((entry) => [entry.workOrderId, entry]))
    for (const id of workOrderIds) {
      const order = draft.slice.workOrders.get(id)
      const attempt = order?.attemptId ? draft.slice.attempts.get(order.attemptId) : undefined
      const task = order && draft.slice.tasks.get(order.taskId)
      if (order?.status !== 'claimed' || attempt === undefined || task === undefined) continue
      const landedAs = merged.get(id)
      if (attempt.status === 'merging' && landedAs !== undefined) {
        succeed(draft, { order, attempt, task }, { ...landedAs, verdicts: attempt.verdicts })
      } else interrupt(draft, { order, attempt, task }, reason, true)
    }
  },
}

/** The rows of one claim. */
export interface ClaimRows {
  readonly task: Task
  readonly order: WorkOrder
  readonly attempt: Attempt
}

type Success = Pick<CommandOf<'attempt.succeed'>, 'verdicts' | 'merged' | 'touched'>

/** Settles a task as done, with what this releases. */
export function succeed(
  draft: Draft,
  { task, order, attempt }: ClaimRows,
  { verdicts, merged, touched }: Success,
): void {
  const reached = furthest(task.reached, merged === null ? 'verified' : 'merged')
  const released = releasedBy(draft, task, reached)
  cancelRequests(draft, task.id, 'the task is done')
  emit(draft, {
    type: 'attempt.succeeded',
    attemptId: attempt.id,
    taskId: task.id,
    workOrderId: order.id,
    verdicts,
    merged,
    ...(touched && { touched }),
    reached,
    released,
  })
  draft.effects.push({ type: 'release-lease', workOrderIds: [order.id] })
  release(
    draft,
    released.map(({ id }) => id),
  )
}

/** Ends an attempt whose worker was lost or stopped, and returns its work to the queue. */
export function interrupt(draft: Draft, claim: ClaimRows, reason: string, counted: boolean): void {
  const { order, attempt, task } = claim
  const limit = draft.slice.project?.settings.maxInterruptions ?? 0
  const poison = counted && order.interruptions + 1 >= limit
  emit(draft, {
    type: 'attempt.interrupted',
    attemptId: attempt.id,
    taskId: task.id,
    workOrderId: order.id,
    reason,
    counted,
    retryAt: poison ? null : draft.now,
  })
  draft.effects.push(
    { type: 'abort', workOrderId: order.id, reason },
    { type: 'release-lease', workOrderIds: [order.id] },
  )
  if (poison) {
    cancelRequests(draft, task.id, 'the task has failed')
    emit(draft, {
      type: 'task.failed',
      taskId: task.id,
      failure: {
        class: 'agent-crash',
        message: `Its worker was lost ${order.interruptions + 1} times in a row; it is set aside so that it cannot take more workers down. Look at the attempts, then retry it.`,
        evidence: reason,
      },
    })
    return
  }
  draft.effects.push(dispatchOf(order.id, order.fence, draft.now))
}

export function dispatchOf(workOrderId: WorkOrderId, fence: number, notBefore: number) {
  return { type: 'dispatch', orders: [{ workOrderId, fence, notBefore }] } as const
}

function claimable(draft: Draft, id: WorkOrderId) {
  const order = draft.slice.workOrders.get(id)
  const task = order && draft.slice.tasks.get(order.taskId)
  const batch = task?.batchId ? draft.slice.batches.get(task.batchId) : undefined
  const project = draft.slice.project
  if (order === undefined || task === undefined || batch === undefined || project === null) {
    return undefined
  }
  if (order.status !== 'queued' || order.notBefore > draft.now) return undefined
  return readiness(task, batch, project) ? { order, task, batch, project } : undefined
}
