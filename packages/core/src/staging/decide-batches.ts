import type { BatchId, TaskId } from '../id.ts'
import type { CommandType } from './command.ts'
import type { Decide } from './decide.ts'
import { cancelTask, unknownBatch } from './decide-tasks.ts'
import { cancelRequests, type Draft, emit, release, withdraw } from './draft.ts'
import { isSettled } from './readiness.ts'
import type { Batch, StuckPolicy, Task } from './state.ts'

type BatchCommand = Extract<CommandType, `batch.${string}` | `batches.${string}`>

export const batchDecisions: { readonly [Type in BatchCommand]: Decide<Type> } = {
  'batch.create': (draft, { batch }) => {
    if (draft.slice.batches.has(batch.id)) {
      return { code: 'conflict', message: `Batch "${batch.id}" exists already.` }
    }
    emit(draft, { type: 'batch.created', batch })
  },

  'batch.update': (draft, { batchId, set }) => {
    if (!draft.slice.batches.has(batchId)) return unknownBatch(batchId)
    emit(draft, { type: 'batch.updated', batchId, set })
    if (set.maxParallelTasks !== undefined) draft.effects.push({ type: 'dispatch', orders: [] })
  },

  'batch.delete': (draft, { batchId }) => {
    const batch = draft.slice.batches.get(batchId)
    if (batch === undefined) return unknownBatch(batchId)
    const tasks = tasksOf(draft, batchId)
    const running = tasks.filter((task) => task.status === 'doing' || task.status === 'review')
    if (running.length > 0) {
      return {
        code: 'not-allowed',
        message: `Batch "${batch.name}" has ${running.length} running task(s) (${names(running)}); pause it and wait, or cancel them, before you delete it.`,
      }
    }
    const staged = tasks.filter((task) => task.status === 'staged').map((task) => task.id)
    withdraw(draft, staged)
    for (const id of staged) cancelRequests(draft, id, 'the batch was deleted')
    if (staged.length > 0) emit(draft, { type: 'tasks.unstaged', taskIds: staged })
    emit(draft, { type: 'batch.deleted', batchId })
  },

  'batches.reorder': (draft, { order }) => {
    const known = [...draft.slice.batches.values()].toSorted((a, b) => a.order - b.order)
    const named = new Set<BatchId>()
    for (const id of order) {
      if (!draft.slice.batches.has(id)) return unknownBatch(id)
      if (named.has(id)) {
        return { code: 'invalid-input', message: `Batch "${id}" is named twice in the new order.` }
      }
      named.add(id)
    }
    // Batches that the new order does not name keep their order behind the named ones.
    const rest = known.filter((batch) => !named.has(batch.id)).map((batch) => batch.id)
    emit(draft, {
      type: 'batches.reordered',
      order: [...order, ...rest].map((id, index) => ({ id, order: index + 1 })),
    })
  },

  'batch.promote': (draft, { batchId, auto, reason }) => {
    const batch = draft.slice.batches.get(batchId)
    if (batch === undefined) return unknownBatch(batchId)
    if (batch.promotedAt !== null) {
      if (auto) return
      return { code: 'conflict', message: `Batch "${batch.name}" is promoted already.` }
    }
    const staged = tasksOf(draft, batchId).filter((task) => task.status === 'staged')
    emit(draft, {
      type: 'batch.promoted',
      batchId,
      generation: batch.generation + 1,
      openLayer: draft.slice.project?.settings.barrier === 'layer' ? lowestLayer(staged) : null,
      auto,
      reason,
    })
    release(
      draft,
      staged.map((task) => task.id),
    )
    for (const task of staged) {
      const started = draft.slice.tasks.get(task.id)?.workOrderId != null
      draft.results.push({
        taskId: task.id,
        ok: started,
        message: started ? 'released' : 'stays staged until what it waits for has settled',
      })
    }
  },

  'batch.open-layer': (draft, { batchId, layer }) => {
    const batch = draft.slice.batches.get(batchId)
    if (batch === undefined) return unknownBatch(batchId)
    if (batch.openLayer === null || batch.openLayer >= layer) return
    const tasks = tasksOf(draft, batchId)
    if (tasks.some((task) => !isSettled(task) && task.layer < layer)) return
    emit(draft, { type: 'batch.layer-opened', batchId, openLayer: layer })
    release(
      draft,
      tasks.map((task) => task.id),
    )
  },

  'batch.pause': (draft, { batchId }) => {
    const batch = draft.slice.batches.get(batchId)
    if (batch === undefined) return unknownBatch(batchId)
    if (batch.pausedAt === null) emit(draft, { type: 'batch.paused', batchId })
  },

  'batch.resume': (draft, { batchId }) => {
    const batch = draft.slice.batches.get(batchId)
    if (batch === undefined) return unknownBatch(batchId)
    if (batch.stuckSince !== null) emit(draft, { type: 'batch.unstuck', batchId })
    if (batch.pausedAt === null) return
    emit(draft, { type: 'batch.resumed', batchId })
    draft.effects.push({ type: 'dispatch', orders: [] })
  },

  'batch.unstick': (draft, { batchId, silentMs }) => {
    const batch = draft.slice.batches.get(batchId)
    if (batch === undefined) return unknownBatch(batchId)
    if (batch.promotedAt === null || batch.pausedAt !== null) return
    const blocked = tasksOf(draft, batchId).filter(
      (task) => task.status === 'staged' && task.workOrderId === null,
    )
    if (blocked.length === 0) return
    const settings = draft.slice.project?.settings
    if (settings === undefined) return
    const failed = failedAncestors(draft, blocked)
    if (failed.length === 0 && silentMs < settings.stuckAfterMs) return
    if (batch.stuckSince !== null && failed.length === 0) return
    const reason =
      failed.length > 0
        ? `${blocked.length} task(s) (${names(blocked)}) wait for ${names(failed)}, which will not finish`
        : `nothing has moved for ${Math.round(silentMs / 60_000)} min while ${names(blocked)} wait`
    const policy = applicablePolicy(settings.stuckPolicy, batch, failed)
    if (policy === 'hold' && batch.stuckSince !== null) return
    emit(draft, { type: 'batch.stuck', batchId, reason, policy })
    followPolicy(draft, batchId, policy, failed)
  },
}

/** Retry helps once for failed tasks; what a person cancelled, or what failed again, is held. */
function applicablePolicy(policy: StuckPolicy, batch: Batch, failed: readonly Task[]): StuckPolicy {
  if (policy !== 'retry') return failed.length === 0 ? 'hold' : policy
  const retryable = failed.some((task) => task.status === 'failed')
  return retryable && batch.stuckCount < 1 ? 'retry' : 'hold'
}

function followPolicy(
  draft: Draft,
  batchId: BatchId,
  policy: StuckPolicy,
  failed: readonly Task[],
): void {
  if (policy === 'retry') {
    const retried: TaskId[] = []
    for (const task of failed) {
      if (task.status !== 'failed' || task.batchId === null) continue
      emit(draft, { type: 'task.reopened', taskId: task.id, to: 'staged' })
      retried.push(task.id)
    }
    release(draft, retried)
    emit(draft, { type: 'batch.unstuck', batchId })
  }
  if (policy === 'skip') {
    const reason = `skipped: it waits for ${names(failed)}, which will not finish`
    for (const task of waitingFor(draft, failed)) cancelTask(draft, task, reason)
    emit(draft, { type: 'batch.unstuck', batchId })
  }
}

/** Tasks that the blocked ones wait for directly and that will not finish by themselves. */
function failedAncestors(draft: Draft, blocked: readonly Task[]): readonly Task[] {
  const failed = new Map<TaskId, Task>()
  for (const task of blocked) {
    for (const edge of draft.slice.dependencies.get(task.id) ?? []) {
      const target = draft.slice.tasks.get(edge.dependsOn)
      if (target?.status === 'failed' || target?.status === 'cancelled') failed.set(target.id, target)
    }
  }
  return [...failed.values()].toSorted((a, b) => a.position - b.position)
}

/** Every task that waits for one of these, directly or not, and has not settled or started. */
function waitingFor(draft: Draft, tasks: readonly Task[]): readonly Task[] {
  const found = new Map<TaskId, Task>()
  const next = tasks.map((task) => task.id)
  for (let id = next.pop(); id !== undefined; id = next.pop()) {
    for (const edge of draft.slice.dependents.get(id) ?? []) {
      const task = draft.slice.tasks.get(edge.taskId)
      if (task === undefined || found.has(task.id)) continue
      if (task.openDependencies === 0 || isSettled(task)) continue
      found.set(task.id, task)
      next.push(task.id)
    }
  }
  return [...found.values()].toSorted((a, b) => a.position - b.position)
}

function tasksOf(draft: Draft, batchId: BatchId): Task[] {
  return [...draft.slice.tasks.values()]
    .filter((task) => task.batchId === batchId)
    .toSorted((a, b) => a.position - b.position)
}

function lowestLayer(tasks: readonly Task[]): number {
  return tasks.reduce((lowest, task) => Math.min(lowest, task.layer), Number.MAX_SAFE_INTEGER)
}

/** Codes for a message: the first few, then how many more. */
function names(tasks: readonly Task[]): string {
  const shown = tasks.slice(0, 5).map((task) => `"${task.code}"`)
  return tasks.length > 5 ? `${shown.join(', ')} and ${tasks.length - 5} more` : shown.join(', ')
}
