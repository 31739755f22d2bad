import type { BatchId } from '../id.ts'
import type { Obstacle } from '../staging/readiness.ts'
import { type Batch, defaultAccount, type Hold, type Project, type Task } from '../staging/state.ts'

/** What runs at this moment; attempts that wait for a person are not counted. */
export interface Load {
  readonly total: number
  readonly byBatch: ReadonlyMap<BatchId, number>
  readonly byAccount: ReadonlyMap<string, number>
}

/**
 * The second question about a ready task: is there room for it right now? Decided in the claim
 * transaction. Null admits; otherwise says which limit stands in the way.
 */
export function admission(
  task: Task,
  batch: Batch,
  project: Project,
  load: Load,
  holds: ReadonlyMap<string, Hold>,
  now: number,
): Obstacle | null {
  const account = task.account ?? defaultAccount
  const hold = holds.get(account)
  if (hold !== undefined && hold.until > now) {
    return {
      kind: 'account-held',
      message: `account "${account}" is held for another ${Math.ceil((hold.until - now) / 1000)} s: ${hold.reason}`,
    }
  }
  const limit = project.settings.maxParallelTasks
  if (load.total >= limit) {
    return { kind: 'project-full', message: `${load.total} of ${limit} tasks of the project run` }
  }
  const running = load.byBatch.get(batch.id) ?? 0
  if (running >= batch.maxParallelTasks) {
    return {
      kind: 'batch-full',
      message: `${running} of ${batch.maxParallelTasks} tasks of batch "${batch.name}" run`,
    }
  }
  return null
}

/** The load after this task has been admitted too. */
export function addToLoad(load: Load, task: Task, batch: Batch): Load {
  const account = task.account ?? defaultAccount
  return {
    total: load.total + 1,
    byBatch: new Map(load.byBatch).set(batch.id, (load.byBatch.get(batch.id) ?? 0) + 1),
    byAccount: new Map(load.byAccount).set(account, (load.byAccount.get(account) ?? 0) + 1),
  }
}

export const emptyLoad: Load = { total: 0, byBatch: new Map(), byAccount: new Map() }
