import type { BatchId, Dependency, Hold, Slice, SliceKeys, Tables, TaskId } from '@cueline/core'

import { byKey, byPosition, needsDatabase } from './load-slice.ts'
import type { IdTable, ProjectCache } from './row-cache.ts'

/**
 * What the keys name, where all of it is known; else undefined. It gives what `loadSlice` gives, at once
 * and with fewer objects in between: most slices of a process that alone writes are known.
 */
export function knownSlice(cache: ProjectCache, keys: SliceKeys): Slice | undefined {
  if (cache.project === undefined || needsDatabase(keys, cache)) return undefined
  if (keys.holds === true && cache.holds === undefined) return undefined
  const slice = new KnownSlice(cache)
  return slice.takeAll(keys) ? slice.done(cache.project, keys) : undefined
}

type Rows = { [Name in IdTable]: Map<string, Tables[Name]> | undefined }

const nothing: ReadonlyMap<never, never> = new Map<never, never>()
const nobody: readonly never[] = []

class KnownSlice {
  readonly #cache: ProjectCache
  /** Made when there is something to be put in: most slices are of few tables. */
  readonly #rows: Rows = {
    task: undefined,
    batch: undefined,
    workOrder: undefined,
    attempt: undefined,
    request: undefined,
    worker: undefined,
    session: undefined,
  }
  #dependencies: Map<TaskId, readonly Dependency[]> | undefined
  #dependents: Map<TaskId, readonly Dependency[]> | undefined

  constructor(cache: ProjectCache) {
    this.#cache = cache
  }

  /** Whether all was known. */
  takeAll(keys: SliceKeys): boolean {
    const isKnown =
      this.#takeTasks(keys.tasks) &&
      this.#takeDependencies(keys.dependenciesOf) &&
      this.#takeDependents(keys.dependentsOf) &&
      this.#takeTasksOf(keys.tasksOfBatches) &&
      this.#take('batch', keys.batches === 'all' ? undefined : keys.batches) &&
      this.#take('workOrder', keys.workOrders) &&
      this.#take('request', keys.requests) &&
      this.#take('session', keys.sessions) &&
      this.#take('attempt', keys.attempts) &&
      this.#take('worker', keys.workers) &&
      this.#takeOwners(keys) &&
      this.#takeCompany()
    return isKnown && (keys.openRequests !== true || this.#takeOpenRequests())
  }

  done(project: Slice['project'], keys: SliceKeys): Slice {
    const rows = this.#rows
    return {
      project,
      tasks: rows.task === undefined ? nothing : byPosition(rows.task),
      dependencies: this.#dependencies ?? nothing,
      dependents: this.#dependents ?? nothing,
      batches: sorted(rows.batch),
      workOrders: sorted(rows.workOrder),
      attempts: sorted(rows.attempt),
      requests: sorted(rows.request),
      holds: keys.holds === true ? heldNow(this.#cache.holds) : nothing,
      workers: sorted(rows.worker),
      sessions: sorted(rows.session),
      // The maps are keyed by the ids of their rows, which are branded.
    } as unknown as Slice
  }

  #takeOne<Name extends IdTable>(name: Name, id: string): boolean {
    const row = (this.#cache.rows[name] as Map<string, Tables[Name] | null>).get(id)
    if (row === undefined) return false
    if (row === null) return true
    const rows = this.#rows as { [Other in Name]: Map<string, Tables[Name]> | undefined }
    // Not made of a list of pairs, which takes several times as long.
    const taken = rows[name] ?? (rows[name] = new Map<string, Tables[Name]>())
    taken.set(id, row)
    return true
  }

  #take(name: IdTable, ids: Iterable<string> | undefined): boolean {
    if (ids === undefined) return true
    const known = this.#cache.rows[name] as Map<string, Tables[IdTable] | null>
    const all = this.#rows as Record<IdTable, Map<string, Tables[IdTable]> | undefined>
    for (const id of ids) {
      const row = known.get(id)
      if (row === undefined) return false
      if (row !== null) (all[name] ??= new Map()).set(id, row)
    }
    return true
  }

  /** The batches, and all tasks in them. */
  #takeTasksOf(ids: readonly BatchId[] | undefined): boolean {
    if (ids === undefined) return true
    for (const id of ids) if (!this.#take('task', this.#cache.members.of(id))) return false
    return this.#take('batch', ids)
  }

  #takeTasks(ids: readonly TaskId[] | undefined): boolean {
    return this.#take('task', ids)
  }

  #takeDependencies(ids: readonly TaskId[] | undefined): boolean {
    for (const id of ids ?? nobody) {
      const edges = this.#cache.dependencies.get(id)
      if (edges === undefined || !this.#takeOne('task', id)) return false
      if (edges.length === 0) continue
      this.#dependencies ??= new Map()
      this.#dependencies.set(id, edges)
      for (const edge of edges) if (!this.#takeOne('task', edge.dependsOn)) return false
    }
    return true
  }

  #takeDependents(ids: readonly TaskId[] | undefined): boolean {
    for (const id of ids ?? nobody) {
      const edges = this.#cache.dependents.get(id)
      if (edges === undefined || !this.#takeOne('task', id)) return false
      if (edges.length === 0) continue
      this.#dependents ??= new Map()
      this.#dependents.set(id, edges)
      for (const edge of edges) if (!this.#takeOne('task', edge.taskId)) return false
    }
    return true
  }

  /** The tasks of what was named otherwise, and the attempts of requests and sessions. */
  #takeOwners(keys: SliceKeys): boolean {
    const { workOrder, request, session } = this.#rows
    if (request !== undefined && !this.#takeOwnersOf(request)) return false
    if (session !== undefined && !this.#takeOwnersOf(session)) return false
    if (workOrder !== undefined) {
      for (const { taskId } of workOrder.values()) if (!this.#takeOne('task', taskId)) return false
    }
    for (const id of keys.attempts ?? nobody) {
      const attempt = this.#cache.rows.attempt.get(id)
      if (attempt != null && !this.#takeOne('task', attempt.taskId)) return false
    }
    return true
  }

  #takeOwnersOf(
    asked: ReadonlyMap<string, { readonly attemptId: string; readonly taskId: string }>,
  ): boolean {
    for (const { attemptId, taskId } of asked.values()) {
      if (!this.#takeOne('attempt', attemptId) || !this.#takeOne('task', taskId)) return false
    }
    return true
  }

  /** Tasks bring their batch, their work order and that order's attempt. */
  #takeCompany(): boolean {
    if (this.#rows.task === undefined) return true
    for (const { batchId, workOrderId } of this.#rows.task.values()) {
      if (batchId !== null && !this.#takeOne('batch', batchId)) return false
      if (workOrderId === null) continue
      if (!this.#takeOne('workOrder', workOrderId)) return false
      const attemptId = this.#rows.workOrder?.get(workOrderId)?.attemptId
      if (attemptId != null && !this.#takeOne('attempt', attemptId)) return false
    }
    return true
  }

  #takeOpenRequests(): boolean {
    for (const id of this.#rows.task?.keys() ?? []) {
      if (!this.#cache.asked.has(id as TaskId)) return false
      for (const request of this.#cache.openRequestsOf(id as TaskId)) {
        this.#takeOne('request', request.id)
      }
    }
    return true
  }
}

/** A copy: the cache goes on with its own. */
function heldNow(holds: ReadonlyMap<string, Hold> = nothing): ReadonlyMap<string, Hold> {
  return holds.size === 0 ? nothing : byKey(new Map(holds))
}

function sorted<Row>(rows: ReadonlyMap<string, Row> | undefined): ReadonlyMap<string, Row> {
  return rows === undefined ? nothing : byKey(rows)
}
