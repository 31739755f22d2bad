import type { Slice } from './slice.ts'
import type { Batch, Project, Task } from './state.ts'

/** Why a task may not start, as data; `message` is for people. */
export interface Obstacle {
  readonly kind:
    | 'not-staged'
    | 'not-promoted'
    | 'project-paused'
    | 'batch-paused'
    | 'waiting-on'
    | 'dependency-failed'
    | 'incomplete-context'
    | 'layer-closed'
    | 'running'
    | 'settled'
    | 'retry-later'
    | 'account-held'
    | 'project-full'
    | 'batch-full'
    | 'account-full'
    | 'resource-full'
    | 'no-capability'
    | 'conflict'
    | 'suspect'
  readonly message: string
  /** Codes of the tasks it waits for. */
  readonly tasks?: readonly string[]
}

/**
 * The one readiness rule: durable facts only. True when the task is staged in a promoted batch,
 * nothing is paused, its context is complete or forced, its layer is open and no dependency is
 * open. The query `ready` of every storage says the same by SQL.
 */
export function readiness(task: Task, batch: Batch | undefined, project: Project): boolean {
  return (
    task.status === 'staged' &&
    batch !== undefined &&
    task.batchId === batch.id &&
    batch.promotedAt !== null &&
    batch.pausedAt === null &&
    project.pausedAt === null &&
    (task.contextReady || task.forced) &&
    task.openDependencies === 0 &&
    (batch.openLayer === null || task.layer <= batch.openLayer)
  )
}

const reachedRank = { nothing: 0, completed: 1, verified: 2, merged: 3 } as const

/** Counts open dependencies from the raw edges: what `task.openDependencies` must always equal. */
export function countOpenDependencies(task: Task, slice: Slice): number {
  let open = 0
  for (const edge of slice.dependencies.get(task.id) ?? []) {
    const target = slice.tasks.get(edge.dependsOn)
    if (target === undefined || !isReleased(target, edge.releaseOn)) open += 1
  }
  return open
}

/** True when work that waits for `releaseOn` need not wait for this task any more. */
export function isReleased(task: Task, releaseOn: 'completed' | 'verified' | 'merged'): boolean {
  return reachedRank[task.reached] >= reachedRank[releaseOn]
}

/** True while an attempt works on the task, or its work is judged and merged. */
export function isRunning(task: Task): boolean {
  return task.status === 'doing' || task.status === 'review'
}

/** True when nothing will happen to the task any more. */
export function isSettled(task: Task): boolean {
  return task.status === 'done' || task.status === 'failed' || task.status === 'cancelled'
}
