import type { WorkOrderId } from '../id.ts'
import { addToLoad, admission, type GrowingLoad, growingLoad } from '../limit/admission.ts'
import type { CommandOf, CommandType } from './command.ts'
import type { Decide } from './decide.ts'
import { cancelRequests, type Draft, emit, furthest, release, releasedBy } from './draft.ts'
import { readiness } from './readiness.ts'
import type { Attempt, Task, WorkOrder } from './state.ts'

type WorkCommand = Extract<CommandType, `work.${string}` | 'attempt.survive'>

export const workDecisions: { readonly [Type in WorkCommand]: Decide<Type> } = {
  'work.claim': (draft, { workers, candidates, load, capabilities }) => {
    const able = capabilities === undefined ? undefined : new Set(capabilities)
    let running: GrowingLoad | undefined
    let started = 0
    for (const id of candidates) {
      const workerId = workers[started]
      if (workerId === undefined) return
      const found = claimable(draft, id)
      if (found === undefined) continue
      const { order, task, batch, project } = found
      const { holds } = draft.slice
      const now = running ?? load
      if (admission(task, batch, project, now, holds, draft.now, order, able) !== null) continue
      started += 1
      // The last one is in nobody's way any more.
      if (started < workers.length) {
        running ??= growingLoad(load)
        addToLoad(running, task, batch.id, order)
      }
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

  'work.reclaim': (draft, { workOrderIds, landed, alive = [], waited = [] }) => {
    const merged = new Map(landed.map((entry) => [entry.workOrderId, entry]))
    const lost = (order: WorkOrder, attempt: Attempt) => {
      if (isPatient(draft, order)) {
        if (alive.includes(attempt.id)) return { reason: stoodStill, counted: false }
        if (waited.includes(attempt.id)) return { reason: waitedToMerge, counted: false }
      }
      return { reason: workerLost, counted: true }
    }
    for (const id of workOrderIds) {
      const order = draft.slice.workOrders.get(id)
      const attempt = order?.attemptId ? draft.slice.attempts.get(order.attemptId) : undefined
      const task = order && draft.slice.tasks.get(order.taskId)
      if (order?.status !== 'claimed' || attempt === undefined || task === undefined) continue
      const landedAs = merged.get(id)
      if (attempt.status === 'merging' && landedAs !== undefined) {
        succeed(draft, { order, attempt, task }, { ...landedAs, verdicts: attempt.verdicts })
        continue
      }
      const { reason, counted } = lost(order, attempt)
      interrupt(draft, { order, attempt, task }, reason, counted)
    }
  },

  'attempt.survive': (draft, { attemptId }) => {
    const attempt = draft.slice.attempts.get(attemptId)
    const order = attempt && draft.slice.workOrders.get(attempt.workOrderId)
    if (attempt?.failure?.message !== workerLost || order === undefined) return
    if (order.settledAt !== null || !isPatient(draft, order)) return
    const { taskId, workOrderId } = attempt
    emit(draft, { type: 'attempt.survived', attemptId, taskId, workOrderId, reason: cameBack })
  },
}

/** What an attempt ends with that counts against its task; `attempt.survive` looks for it. */
export const workerLost = 'the lease of its worker has lapsed'
const stoodStill = 'its worker stood still for longer than its lease'
const cameBack = `${stoodStill}, and came back`
const waitedToMerge = 'its engine was lost while it waited in the merge queue'

/** Uncharged attempts, per lost worker that a task may have. */
const patience = 4

/**
 * Whether a loss that is not the task's doing, as far as anybody can tell, is left uncounted. Not for
 * ever: work that stops its process for longer than a lease each time comes back each time.
 */
function isPatient({ slice }: Draft, { unchargedAttempts }: WorkOrder): boolean {
  return unchargedAttempts < patience * (slice.project?.settings.maxInterruptions ?? 0)
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
  cancelRequests(draft, [task.id], 'the task is done')
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
    cancelRequests(draft, [task.id], 'the task has failed')
    emit(draft, {
      type: 'task.failed',
      taskId: task.id,
      failure: {
        class: 'agent-crash',
        message: `Its worker was lost ${order.interruptions + 1} times; it is set aside so that it cannot take more workers down. Look at the attempts, then retry it.`,
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
