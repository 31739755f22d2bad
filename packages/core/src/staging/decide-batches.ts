import type { BatchId, TaskId } from '../id.ts'
import type { CommandType } from './command.ts'
import type { Decide } from './decide.ts'
import { cancelTask, unknownBatch } from './decide-tasks.ts'
import { cancelRequests, type Draft, emit, isLayerOpen, release, withdraw } from './draft.ts'
import { isReleased, isRunning, isSettled } from './readiness.ts'
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
    const running = tasks.filter(isRunning)
    if (running.length > 0) {
      return {
        code: 'not-allowed',
        message: `Batch "${batch.name}" has ${running.length} running task(s) (${names(running)}); pause it and wait, or cancel them, before you delete it.`,
      }
    }
    const staged = tasks.filter((task) => task.status === 'staged').map((task) => task.id)
    withdraw(draft, staged)
    cancelRequests(draft, staged, 'the batch was deleted')
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

  'batch.promote': (draft, { batchId, auto, reason, awaitedBy }) => {
    const batch = draft.slice.batches.get(batchId)
    if (batch === undefined) return unknownBatch(batchId)
    if (batch.promotedAt !== null) {
      if (auto) return
      return { code: 'conflict', message: `Batch "${batch.name}" is promoted already.` }
    }
    if (awaitedBy !== undefined && !isAwaited(draft, batchId, awaitedBy)) return
    const staged = tasksOf(draft, batchId).filter((task) => task.status === 'staged')
    emit(draft, {
      type: 'batch.promoted',
      batchId,
      generation: batch.generation + 1,
      openLayer: draft.slice.project?.settings.barrier === 'layer' ? lowestLayer(staged) : null,
      auto,
      reason,
    })
    const released = release(
      draft,
      staged.map((task) => task.id),
    )
    for (const task of staged) {
      const started = task.workOrderId !== null || released.has(task.id)
      draft.results.push({
        taskId: task.id,
        ok: started,
        message: started ? 'released' : `stays staged: ${whyItStays(draft, task)}`,
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

  'batch.unstick': (draft, { batchId, silentMs, idle }) => {
    const batch = draft.slice.batches.get(batchId)
    if (batch === undefined) return unknownBatch(batchId)
    const settings = draft.slice.project?.settings
    if (batch.promotedAt === null || batch.pausedAt !== null || settings === undefined) return
    const tasks = tasksOf(draft, batchId)
    const canStart = (task: Task) => task.workOrderId !== null && isLayerOpen(task, batch)
    const blocked = tasks.filter((task) => task.status === 'staged' && !canStart(task))
    const moves = tasks.some((task) => isRunning(task) || canStart(task))
    if (moves || blocked.length === 0) {
      if (batch.stuckSince !== null) emit(draft, { type: 'batch.unstuck', batchId })
      return
    }
    const failed = failedAncestors(draft, blocked)
    if (failed.length > 0) return followPolicy(draft, batch, settings.stuckPolicy, blocked, failed)
    if (idle && openNextLayer(draft, batch, tasks)) return
    if (silentMs < settings.stuckAfterMs || batch.stuckSince !== null) return
    const reason = `nothing has moved for ${Math.round(silentMs / 60_000)} min: ${reasons(draft, blocked)}`
    emit(draft, { type: 'batch.stuck', batchId, reason, policy: 'hold' })
  },
}

/** What to do about tasks that can never start because of others that will not finish. */
function followPolicy(
  draft: Draft,
  batch: Batch,
  wanted: StuckPolicy,
  blocked: readonly Task[],
  failed: readonly Task[],
): void {
  const retryable = failed.filter((task) => canRetry(draft, task))
  // Retry helps once: what was cancelled, or what failed again, is held for a person.
  const policy =
    wanted === 'retry' && (retryable.length === 0 || batch.stuckCount > 0) ? 'hold' : wanted
  if (policy === 'hold' && batch.stuckSince !== null) return
  const behind = blocked.filter((task) => waitsForOneOf(draft, task, failed))
  const reason = `${behind.length} task(s) (${names(behind)}) wait for ${names(failed)}, which will not finish`
  emit(draft, { type: 'batch.stuck', batchId: batch.id, reason, policy })
  if (policy === 'hold') return
  if (policy === 'retry') {
    for (const task of retryable) {
      emit(draft, { type: 'task.reopened', taskId: task.id, to: 'staged' })
    }
    release(
      draft,
      retryable.map((task) => task.id),
    )
  } else {
    const skipped = `skipped: it waits for ${names(failed)}, which will not finish`
    for (const task of withDependents(draft, behind)) cancelTask(draft, task, skipped)
  }
  emit(draft, { type: 'batch.unstuck', batchId: batch.id })
}

function canRetry(draft: Draft, task: Task): boolean {
  return task.status === 'failed' && task.batchId !== null && draft.slice.batches.has(task.batchId)
}

/** Tasks that the blocked ones wait for directly and that will not finish by themselves. */
function failedAncestors(draft: Draft, blocked: readonly Task[]): readonly Task[] {
  const failed = new Map<TaskId, Task>()
  for (const task of blocked) {
    for (const target of openTargets(draft, task)) {
      if (target.status === 'failed' || target.status === 'cancelled') failed.set(target.id, target)
    }
  }
  return [...failed.values()].toSorted(byPosition)
}

function waitsForOneOf(draft: Draft, task: Task, targets: readonly Task[]): boolean {
  return openTargets(draft, task).some((target) => targets.includes(target))
}

/** The tasks that this one still waits for. */
function openTargets(draft: Draft, task: Task): readonly Task[] {
  return (draft.slice.dependencies.get(task.id) ?? []).flatMap((edge) => {
    const target = draft.slice.tasks.get(edge.dependsOn)
    return target === undefined || isReleased(target, edge.releaseOn) ? [] : [target]
  })
}

/** These tasks and every one that waits for them, directly or not, and has not started. */
function withDependents(draft: Draft, tasks: readonly Task[]): readonly Task[] {
  const found = new Map(tasks.map((task) => [task.id, task]))
  // A map visits what is added while it is walked, so it is its own queue.
  for (const [id, waitedFor] of found) {
    for (const edge of draft.slice.dependents.get(id) ?? []) {
      const task = draft.slice.tasks.get(edge.taskId)
      if (task === undefined || isReleased(waitedFor, edge.releaseOn) || isSettled(task)) continue
      found.set(task.id, task)
    }
  }
  return [...found.values()].toSorted(byPosition)
}

/**
 * Opens the next layer although the former has not settled: everything rests, so what its tasks
 * wait for can only be behind the gate. Happens when dependencies changed after the last plan.
 */
function openNextLayer(draft: Draft, batch: Batch, tasks: readonly Task[]): boolean {
  const open = batch.openLayer
  if (open === null) return false
  const closed = tasks.filter((task) => task.status === 'staged' && task.layer > open)
  if (closed.length === 0) return false
  emit(draft, { type: 'batch.layer-opened', batchId: batch.id, openLayer: lowestLayer(closed) })
  release(
    draft,
    closed.map((task) => task.id),
  )
  return true
}

/** Whether a staged task of the batch is what a task of the resting batches waits for. */
function isAwaited(draft: Draft, batchId: BatchId, resting: readonly BatchId[]): boolean {
  return [...draft.slice.tasks.values()].some(
    (task) =>
      task.status === 'staged' &&
      task.batchId !== null &&
      resting.includes(task.batchId) &&
      openTargets(draft, task).some(
        (target) => target.batchId === batchId && target.status === 'staged',
      ),
  )
}

/** Why a task of a promoted batch has no work order, as far as its own row says. */
function whyItStays(draft: Draft, task: Task): string {
  if (task.openDependencies > 0) return `waiting on ${task.openDependencies} task(s)`
  if (!task.contextReady && !task.forced) {
    return 'its context is incomplete; complete it, or stage it with force'
  }
  const batch = task.batchId === null ? undefined : draft.slice.batches.get(task.batchId)
  return `layer ${task.layer} opens when layer ${batch?.openLayer} has settled`
}

/** What each of the first few tasks waits for. */
function reasons(draft: Draft, blocked: readonly Task[]): string {
  const shown = blocked.slice(0, 5).map((task) => {
    const targets = openTargets(draft, task)
    const why = targets.length > 0 ? `waiting on ${names(targets)}` : whyItStays(draft, task)
    return `"${task.code}": ${why}`
  })
  return blocked.length > 5
    ? `${shown.join('; ')}; and ${blocked.length - 5} more`
    : shown.join('; ')
}

function tasksOf(draft: Draft, batchId: BatchId): Task[] {
  return [...draft.slice.tasks.values()]
    .filter((task) => task.batchId === batchId)
    .toSorted(byPosition)
}

function byPosition(one: Task, other: Task): number {
  return one.position - other.position
}

function lowestLayer(tasks: readonly Task[]): number {
  const [first, ...rest] = tasks
  return rest.reduce((lowest, task) => Math.min(lowest, task.layer), first?.layer ?? 0)
}

/** Codes for a message: the first few, then how many more. */
function names(tasks: readonly Task[]): string {
  const shown = tasks.slice(0, 5).map((task) => `"${task.code}"`)
  return tasks.length > 5 ? `${shown.join(', ')} and ${tasks.length - 5} more` : shown.join(', ')
}
