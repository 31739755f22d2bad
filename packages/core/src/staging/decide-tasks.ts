import type { TaskId } from '../id.ts'
import type { CommandType } from './command.ts'
import type { Decide } from './decide.ts'
import {
  cancelRequests,
  keepsOrder,
  currentOrder,
  type Draft,
  emit,
  furthest,
  type Refusal,
  release,
  releasedBy,
  withdraw,
} from './draft.ts'
import { findCircle } from './find-circle.ts'
import { isReleased, isRunning } from './readiness.ts'
import type { Dependency, Task } from './state.ts'

type TaskCommand = Extract<CommandType, `task.${string}` | `tasks.${string}`>

export const taskDecisions: { readonly [Type in TaskCommand]: Decide<Type> } = {
  'tasks.add': (draft, { tasks, dependencies, projectId }) => {
    const added = new Map<TaskId, Task>()
    for (const given of tasks) {
      if (added.has(given.id) || draft.slice.tasks.has(given.id)) {
        return { code: 'conflict', message: `Task "${given.code}" exists already.` }
      }
      added.set(given.id, {
        ...given,
        projectId,
        forced: false,
        batchId: null,
        stagedAt: null,
        stagePriority: 0,
        openDependencies: 0,
        reached: given.status === 'done' ? 'merged' : 'nothing',
        layer: 0,
        tail: 0,
        exclusiveKeys: [],
        touched: null,
        workOrderId: null,
        attemptCount: 0,
        summary: null,
        failure: null,
        revision: 1,
        createdAt: draft.now,
        startedAt: null,
        settledAt: given.status === 'todo' ? null : draft.now,
      })
    }
    const open = new Map<TaskId, number>()
    const edges = new Map<TaskId, Set<TaskId>>()
    for (const edge of dependencies) {
      const target = added.get(edge.dependsOn) ?? draft.slice.tasks.get(edge.dependsOn)
      const named = edges.get(edge.taskId) ?? new Set()
      const refusal = badEdge(edge, added.get(edge.taskId), target, named)
      if (refusal !== undefined) return refusal
      edges.set(edge.taskId, named.add(edge.dependsOn))
      if (target !== undefined && !isReleased(target, edge.releaseOn)) {
        open.set(edge.taskId, (open.get(edge.taskId) ?? 0) + 1)
      }
    }
    const circle = findCircle(edges)
    if (circle.length > 0) {
      const codes = circle.map((id) => `"${added.get(id)?.code ?? id}"`)
      return {
        code: 'conflict',
        message: `Tasks ${codes.slice(0, 10).join(' → ')}${codes.length > 10 ? ' → …' : ''} wait for each other in a circle, so none of them could ever start. Remove one of these dependencies.`,
      }
    }
    emit(draft, {
      type: 'tasks.added',
      tasks: [...added.values()].map((task) => {
        const { exclusiveKeys: _keys, touched: _touched, ...rest } = task
        return { ...rest, openDependencies: open.get(task.id) ?? 0 }
      }),
      dependencies,
    })
  },

  'task.update': (draft, { taskId, set }) => {
    const task = draft.slice.tasks.get(taskId)
    if (task === undefined) return unknownTask(taskId)
    if (isRunning(task) && whatItAsksFor.some((field) => field in set)) {
      return {
        code: 'not-allowed',
        message: `Task "${task.code}" is being worked on, so what it asks for cannot change now. Cancel it first, or wait for the attempt to end.`,
      }
    }
    emit(draft, { type: 'task.updated', taskId, set })
    if (!keeps(draft, taskId)) withdraw(draft, [taskId])
    release(draft, [taskId])
  },

  'task.depend': (draft, { taskId, dependencies }) => {
    const task = draft.slice.tasks.get(taskId)
    if (task === undefined) return unknownTask(taskId)
    const before = new Map(
      (draft.slice.dependencies.get(taskId) ?? []).map((known) => [known.dependsOn, known]),
    )
    const added = dependencies.filter((edge) => !isSameEdge(before.get(edge.dependsOn), edge))
    const settled = task.status === 'done' || task.status === 'cancelled'
    // What runs waits for nothing more, so that it may wait for less changes nothing for it.
    if (settled || (isRunning(task) && added.length > 0)) {
      return {
        code: 'not-allowed',
        message: settled
          ? `Task "${task.code}" is ${task.status}: its dependencies cannot change any more.`
          : `Task "${task.code}" is being worked on, so it cannot wait for more than it did. Cancel it first, or wait for the attempt to end.`,
      }
    }
    const waiting = dependentsOf(draft, taskId)
    const kept = new Set<TaskId>()
    for (const edge of dependencies) {
      const target = draft.slice.tasks.get(edge.dependsOn)
      const refusal = badEdge(edge, edge.taskId === taskId ? task : undefined, target, kept)
      if (refusal !== undefined) return refusal
      kept.add(edge.dependsOn)
      if (waiting.has(edge.dependsOn)) {
        return {
          code: 'conflict',
          message: `Task "${task.code}" cannot wait for "${target?.code}": that already waits for "${task.code}", so neither could ever start.`,
        }
      }
    }
    const replaced = new Set(added.map((edge) => edge.dependsOn))
    const open = dependencies.filter((edge) => {
      const target = draft.slice.tasks.get(edge.dependsOn)
      return target === undefined || !isReleased(target, edge.releaseOn)
    }).length
    emit(draft, {
      type: 'dependencies.changed',
      taskId,
      removed: [...before.keys()].filter((id) => !kept.has(id) || replaced.has(id)),
      added,
      openDependencies: open,
    })
    if (open > 0) withdraw(draft, [taskId])
    else release(draft, [taskId])
  },

  'tasks.plan': (draft, { planId, revision, hash, tasks }) => {
    emit(draft, { type: 'tasks.planned', planId, revision, hash, tasks })
    // Under the layer barrier a task may have come into a layer that is open already.
    release(
      draft,
      tasks.map(({ id }) => id),
    )
  },

  'tasks.stage': (draft, { batchId, tasks, force }) => {
    const batch = draft.slice.batches.get(batchId)
    if (batch === undefined) return unknownBatch(batchId)
    const known = draft.slice.tasks
    const staged: { id: TaskId; stagePriority: number }[] = []
    const seen = new Set<TaskId>()
    const released: TaskId[] = []
    for (const given of tasks) {
      const { id } = given
      const task = known.get(id)
      const problem =
        task === undefined
          ? `Task "${id}" does not exist.`
          : seen.has(id)
            ? `Task "${task.code}" is named twice.`
            : task.status === 'todo' || task.status === 'staged'
              ? null
              : `Task "${task.code}" is ${task.status}; only tasks that are todo or staged can be staged.`
      const incomplete = task !== undefined && !task.contextReady && !force
      draft.results.push({
        taskId: id,
        ok: problem === null,
        message:
          problem ??
          (incomplete ? 'staged; it will not start while its context is incomplete' : 'staged'),
      })
      if (problem === null) {
        seen.add(id)
        staged.push(given)
        if (task?.workOrderId != null) released.push(id)
      }
    }
    if (staged.length === 0) return
    emit(draft, { type: 'tasks.staged', batchId, tasks: staged, forced: force })
    // Where the new batch is promoted too, the work order moves along, with the attempts charged to
    // it, the pause before its retry and the question it waits for.
    if (released.length > 0) {
      withdraw(
        draft,
        released.filter((id) => !keeps(draft, id)),
      )
    }
    if (batch.promotedAt !== null) release(draft, seen)
  },

  'tasks.unstage': (draft, { taskIds }) => {
    const unstaged = new Set<TaskId>()
    for (const id of taskIds) {
      const task = draft.slice.tasks.get(id)
      const problem =
        task === undefined
          ? `Task "${id}" does not exist.`
          : task.status === 'staged'
            ? null
            : `Task "${task.code}" is ${task.status}, not staged.`
      draft.results.push({ taskId: id, ok: problem === null, message: problem ?? 'todo' })
      if (problem === null) unstaged.add(id)
    }
    if (unstaged.size === 0) return
    withdraw(draft, unstaged)
    cancelRequests(draft, unstaged, 'the task was unstaged')
    emit(draft, { type: 'tasks.unstaged', taskIds: [...unstaged] })
  },

  'tasks.retry': (draft, { taskIds }) => {
    const retried = new Set<TaskId>()
    for (const id of taskIds) {
      const task = draft.slice.tasks.get(id)
      const problem =
        task === undefined
          ? `Task "${id}" does not exist.`
          : task.status === 'failed' || task.status === 'cancelled'
            ? null
            : `Task "${task.code}" is ${task.status}; only failed or cancelled tasks can be retried.`
      draft.results.push({ taskId: id, ok: problem === null, message: problem ?? 'reopened' })
      if (task === undefined || problem !== null) continue
      const stays = task.batchId !== null && draft.slice.batches.has(task.batchId)
      emit(draft, { type: 'task.reopened', taskId: id, to: stays ? 'staged' : 'todo' })
      retried.add(id)
    }
    release(draft, retried)
  },

  'task.cancel': (draft, { taskId, reason }) => {
    const task = draft.slice.tasks.get(taskId)
    if (task === undefined) return unknownTask(taskId)
    if (task.status === 'cancelled') return
    if (task.status === 'done') {
      return {
        code: 'not-allowed',
        message: `Task "${task.code}" is done; nothing is left to cancel.`,
      }
    }
    cancelTask(draft, task, reason)
  },

  'task.complete': (draft, { taskId, summary }) => {
    const task = draft.slice.tasks.get(taskId)
    if (task === undefined) return unknownTask(taskId)
    if (task.status === 'done') return
    if (task.status === 'cancelled') {
      return {
        code: 'not-allowed',
        message: `Task "${task.code}" is cancelled. Retry it before you mark it done.`,
      }
    }
    endClaim(draft, task, 'the task was marked done')
    const reached = furthest(task.reached, 'merged')
    const released = releasedBy(draft, task, reached)
    cancelRequests(draft, [taskId], 'the task is done')
    emit(draft, { type: 'task.done', taskId, summary, reached, released })
    release(
      draft,
      released.map(({ id }) => id),
    )
  },
}

/** Cancels a task that has not settled, with its work order, running attempt and questions. */
export function cancelTask(draft: Draft, task: Task, reason: string): void {
  endClaim(draft, task, reason)
  cancelRequests(draft, [task.id], reason)
  emit(draft, { type: 'task.cancelled', taskId: task.id, reason })
}

function endClaim(draft: Draft, task: Task, reason: string): void {
  const order = currentOrder(draft, task.id)
  if (order?.status !== 'claimed') return
  draft.effects.push(
    { type: 'abort', workOrderId: order.id, reason },
    { type: 'release-lease', workOrderIds: [order.id] },
  )
}

function keeps(draft: Draft, taskId: TaskId): boolean {
  const task = draft.slice.tasks.get(taskId)
  const batch = task?.batchId ? draft.slice.batches.get(task.batchId) : undefined
  return task !== undefined && batch !== undefined && keepsOrder(task, batch)
}

function isSameEdge(one: Dependency | undefined, other: Dependency): boolean {
  return (
    one !== undefined &&
    one.releaseOn === other.releaseOn &&
    one.source === other.source &&
    one.confidence === other.confidence &&
    one.evidence === other.evidence
  )
}

/** What an agent was told when it began. */
const whatItAsksFor = ['title', 'description', 'context', 'contextReady'] as const

function badEdge(
  edge: Dependency,
  task: Task | undefined,
  target: Task | undefined,
  named: ReadonlySet<TaskId>,
): Refusal | undefined {
  if (task === undefined) return unknownTask(edge.taskId)
  if (named.has(edge.dependsOn)) {
    return {
      code: 'invalid-input',
      message: `Task "${task.code}" names its dependency "${target?.code ?? edge.dependsOn}" twice. Name it once, with the strictest releaseOn.`,
    }
  }
  if (edge.projectId !== task.projectId) {
    return {
      code: 'invalid-input',
      message: `Task "${task.code}" depends on "${edge.dependsOn}" of project "${edge.projectId}"; dependencies stay inside one project.`,
    }
  }
  if (edge.taskId === edge.dependsOn) {
    return { code: 'invalid-input', message: `Task "${task.code}" depends on itself.` }
  }
  if (target === undefined) {
    return {
      code: 'not-found',
      message: `Task "${task.code}" depends on "${edge.dependsOn}", which does not exist in this project.`,
    }
  }
  return undefined
}

/** Everything in the slice that waits for the task, directly or not. */
function dependentsOf(draft: Draft, taskId: TaskId): ReadonlySet<TaskId> {
  const found = new Set<TaskId>()
  const next = [taskId]
  for (let id = next.pop(); id !== undefined; id = next.pop()) {
    for (const edge of draft.slice.dependents.get(id) ?? []) {
      if (found.has(edge.taskId)) continue
      found.add(edge.taskId)
      next.push(edge.taskId)
    }
  }
  return found
}

export function unknownTask(id: string): Refusal {
  return { code: 'not-found', message: `Task "${id}" does not exist in this project.` }
}

export function unknownBatch(id: string): Refusal {
  return { code: 'not-found', message: `Batch "${id}" does not exist in this project.` }
}
