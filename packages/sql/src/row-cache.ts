import { compareBatches, MovingBatches } from '@cueline/core'
import type {
  Attempt,
  AttemptId,
  Batch,
  BatchId,
  Change,
  Dependency,
  Hold,
  Project,
  ProjectId,
  Request,
  Session,
  TableName,
  Tables,
  Task,
  TaskId,
  Worker,
  WorkOrder,
  WorkOrderId,
} from '@cueline/core'

import { BatchMembers } from './batch-members.ts'
import { KnownQueue } from './known-queue.ts'
import { copied, emptyRow, hasFields } from './rows.ts'
import { tables } from './tables.ts'
import type { TaskCounts } from './task-counts.ts'

/** The tables whose rows are found by an id. */
export const idTables = [
  'task',
  'batch',
  'workOrder',
  'attempt',
  'request',
  'worker',
  'session',
] as const
export type IdTable = (typeof idTables)[number]

export interface KnownLease {
  readonly fence: number
  readonly until: number
}

/**
 * What a transaction knows of the database: the rows it has read, with what it has written since.
 * It holds as long as nobody else can write, so it may outlive a transaction where that is certain.
 */
export class RowCache {
  /** Leases of work orders that are not known. */
  readonly #otherLeases = new Map<WorkOrderId, KnownLease | null>()
  readonly #projects = new Map<ProjectId, ProjectCache>()

  of(projectId: ProjectId): ProjectCache {
    let project = this.#projects.get(projectId)
    if (project === undefined) {
      project = new ProjectCache()
      this.#projects.set(projectId, project)
    }
    return project
  }

  /** Puts in what was known of a project before. */
  use(projectId: ProjectId, project: ProjectCache): void {
    // What this transaction has released before it came to the project is newer.
    for (const [id, lease] of this.#otherLeases) {
      if (project.rows.workOrder.has(id)) project.setLease(id, lease)
    }
    this.#projects.set(projectId, project)
  }

  /** The project of a batch that is known. */
  projectOfBatch(id: string): ProjectId | undefined {
    for (const { rows } of this.#projects.values()) {
      const batch = rows.batch.get(id)
      if (batch != null) return batch.projectId
    }
    return undefined
  }

  /** The fence of a work order that is known, null for one that is known not to be there. */
  fenceOf(id: WorkOrderId): number | null | undefined {
    let found: null | undefined
    for (const { rows } of this.#projects.values()) {
      const order = rows.workOrder.get(id)
      if (order === null) found = null
      else if (order !== undefined) return order.fence
    }
    return found
  }

  /**
   * What is known of a lease, null when there is none. It may have been renewed since by its holder,
   * who alone can do so: one that has lapsed has to be looked at again.
   */
  leaseOf(id: WorkOrderId): KnownLease | null | undefined {
    for (const project of this.#projects.values()) {
      if (project.rows.workOrder.has(id)) return project.leases.get(id)
    }
    return this.#otherLeases.get(id)
  }

  setLease(id: WorkOrderId, lease: KnownLease | null): void {
    for (const project of this.#projects.values()) {
      if (project.rows.workOrder.has(id)) return project.setLease(id, lease)
    }
    this.#otherLeases.set(id, lease)
  }

  forgetLeases(): void {
    this.#otherLeases.clear()
    for (const project of this.#projects.values()) project.leases.clear()
  }

  /** Forgets what is over, before it is kept: it would only grow. */
  prune(): void {
    this.#otherLeases.clear()
    for (const project of this.#projects.values()) project.prune()
  }

  get size(): number {
    let size = this.#otherLeases.size
    for (const project of this.#projects.values()) size += project.size
    return size
  }
}

/** The known rows of one project. */
export class ProjectCache {
  project: Project | null | undefined
  lastSequence: number | undefined
  holds: Map<string, Hold> | undefined
  /** Whether every batch of the project is among the rows. */
  allBatches = false
  taskCounts: TaskCounts | undefined
  /** Who runs and who comes next. */
  readonly queue = new KnownQueue(this)
  readonly members = new BatchMembers()
  #byOrder: Batch[] | undefined
  /** What moves by these counts, and the batches that have changed since it was looked at. */
  #moving:
    | {
        readonly batches: MovingBatches
        readonly counts: TaskCounts
        readonly changed: Set<BatchId>
      }
    | undefined
  /** By id; null for a row that is known not to be there. */
  readonly rows: { readonly [Name in IdTable]: Map<string, Tables[Name] | null> } = {
    task: new Map(),
    batch: new Map(),
    workOrder: new Map(),
    attempt: new Map(),
    request: new Map(),
    worker: new Map(),
    session: new Map(),
  }
  /** By work order; null where there is no lease. */
  readonly leases = new Map<WorkOrderId, KnownLease | null>()
  /** Of leases that have ended since the last pruning. */
  readonly #ended: WorkOrderId[] = []
  /** Whole lists, by the task that waits. */
  readonly dependencies = new Map<TaskId, readonly Dependency[]>()
  /** Whole lists, by the task that is waited for. */
  readonly dependents = new Map<TaskId, readonly Dependency[]>()
  /** Tasks whose open requests are all among the rows. */
  readonly asked = new Set<TaskId>()
  readonly #requestsOfTask = new Map<TaskId, Set<string>>()
  /** Rows that have settled since the last pruning; hardly any command asks for them again. */
  readonly #settled: { readonly name: IdTable; readonly id: string }[] = []
  /** Workers as they are stored, of those that have changed since. */
  readonly #storedWorkers = new Map<string, Worker | null>()
  /** Changes that wait to be written of rows that have not been read. */
  readonly #waiting = new Map<string, Change[]>()

  get size(): number {
    let size = this.dependencies.size + this.dependents.size + this.leases.size
    for (const name of idTables) size += this.rows[name].size
    return size
  }

  /** The batches that are known, by order. */
  batchesByOrder(): readonly Batch[] {
    if (this.#byOrder !== undefined) return this.#byOrder
    const batches: Batch[] = []
    for (const batch of this.rows.batch.values()) if (batch !== null) batches.push(batch)
    this.#byOrder = batches.toSorted(compareBatches)
    return this.#byOrder
  }

  /** Those of the known batches that may change by themselves, but for what is queued of them. */
  movingBatches(counts: TaskCounts): MovingBatches {
    if (this.#moving?.counts !== counts) {
      const changed = new Set(this.rows.batch.keys() as Iterable<BatchId>)
      this.#moving = { batches: new MovingBatches(), counts, changed }
    }
    const { batches, changed } = this.#moving
    for (const id of changed) {
      batches.update(id, this.rows.batch.get(id) ?? undefined, counts.of(id), false)
    }
    changed.clear()
    return batches
  }

  setLease(id: WorkOrderId, lease: KnownLease | null): void {
    this.leases.set(id, lease)
    if (lease === null) this.#ended.push(id)
  }

  openRequestsOf(taskId: TaskId): readonly Request[] {
    const open: Request[] = []
    for (const id of this.#requestsOfTask.get(taskId) ?? []) {
      const request = this.rows.request.get(id)
      if (request?.status === 'open' && request.taskId === taskId) open.push(request)
    }
    return open
  }

  /** Takes in a row that was read; what is known already is newer, because writes may wait. */
  learn<Name extends IdTable>(name: Name, row: Tables[Name]): void {
    const rows = this.rows[name] as Map<string, Tables[Name] | null>
    if (rows.has(row.id)) return
    this.#put(name, row)
    for (const change of this.#waiting.get(`${name} ${row.id}`) ?? []) this.#apply(change)
  }

  /** Forgets the rows that have settled, and what is known of them. */
  prune(): void {
    for (const id of this.#ended) if (this.leases.get(id) === null) this.leases.delete(id)
    this.#ended.length = 0
    for (const { name, id } of this.#settled) {
      const row = this.rows[name].get(id)
      if (row !== undefined && row !== null && !isSettled(name, row)) continue
      if (name === 'attempt' && row != null) this.queue.forgetAttempt(row as Attempt)
      this.rows[name].delete(id)
      if (name !== 'task') continue
      // The list would only grow, and a batch whose tasks settle is hardly asked for any more.
      const { batchId = null } = (row as Task | null | undefined) ?? {}
      if (batchId !== null) this.members.forget(batchId)
      this.dependencies.delete(id as TaskId)
      this.dependents.delete(id as TaskId)
      this.asked.delete(id as TaskId)
      for (const request of this.#requestsOfTask.get(id as TaskId) ?? []) {
        this.rows.request.delete(request)
      }
      this.#requestsOfTask.delete(id as TaskId)
    }
    this.#settled.length = 0
  }

  /** Changes without those that come to nothing: a worker that goes on at once was never idle. */
  worthWriting(changes: readonly Change[]): readonly Change[] {
    if (this.#storedWorkers.size === 0) return changes
    const same = new Set<string>()
    for (const [id, stored] of this.#storedWorkers) {
      const now = this.rows.worker.get(id)
      if (stored != null && now != null && isSameWorker(stored, now)) same.add(id)
    }
    if (same.size === 0) return changes
    return changes.filter(
      (change) => change.table !== 'worker' || change.kind !== 'update' || !same.has(change.key),
    )
  }

  /** Nothing waits to be written any more. */
  flushed(): void {
    if (this.#storedWorkers.size > 0) this.#storedWorkers.clear()
    if (this.#waiting.size > 0) this.#waiting.clear()
  }

  /**
   * Takes changes over; false when some of them concern rows that are not known, so that only the
   * database can tell what comes of them.
   */
  apply(changes: readonly Change[], now: number): boolean {
    let known = true
    for (const change of changes) if (!this.#apply(change, now)) known = false
    return known
  }

  /** A task's row was written at this time: null before it was there and after, undefined if unknown. */
  #count(before: Task | null | undefined, after: Task | null, now: number): void {
    if (this.taskCounts === undefined || (before === null && after === null)) return
    if (before === undefined || !this.taskCounts.move(before, after, now)) {
      this.taskCounts = undefined
    }
    // One that loses a task has all of them counted anew.
    if (after?.batchId) this.#moving?.changed.add(after.batchId)
  }

  /** `now` for what is new; what has waited for its row was counted when it came. */
  #apply(change: Change, now?: number): boolean {
    switch (change.table) {
      case 'project':
        this.queue.changed(change, true)
        if (change.kind === 'insert') this.project = rowOf('project', change.row)
        else if (change.kind === 'delete') this.project = null
        else if (this.project === undefined) return false
        else if (this.project !== null) this.project = patched('project', this.project, change.set)
        return true
      case 'dependency': {
        const { taskId, dependsOn } = change.kind === 'insert' ? change.row : change.key
        this.dependencies.delete(taskId)
        this.dependents.delete(dependsOn)
        return false
      }
      case 'hold':
        return this.#applyHold(change)
      case 'plan':
      case 'artifact':
        return true
      case 'task':
      case 'batch':
      case 'workOrder':
      case 'attempt':
      case 'request':
      case 'worker':
      case 'session':
        return this.#applyRow(change, now)
    }
  }

  #applyHold(change: Extract<Change, { table: 'hold' }>): boolean {
    if (this.holds === undefined) return false
    if (change.kind === 'insert') {
      this.holds.set(change.row.account, rowOf('hold', change.row))
    } else if (change.kind === 'delete') {
      this.holds.delete(change.key.account)
    } else {
      const hold = this.holds.get(change.key.account)
      if (hold !== undefined) this.holds.set(hold.account, patched('hold', hold, change.set))
    }
    return true
  }

  #applyRow(change: Extract<Change, { table: IdTable }>, now?: number): boolean {
    const name = change.table
    const rows = this.rows[name] as Map<string, Tables[IdTable] | null>
    if (change.table === 'batch' && !keepsOrder(change)) this.#byOrder = undefined
    if (change.kind === 'insert') {
      const row = rowOf(name, change.row)
      // What it was before is gone, so all that follows counts.
      if (name === 'worker') this.#storedWorkers.set(change.row.id, null)
      this.#put(name, row)
      // Tasks may name a batch that is not there yet, or not any more.
      const isEmpty = change.table === 'batch' && this.taskCounts?.of(change.row.id).total === 0
      if (isEmpty) this.members.learn(change.row.id, [])
      if (name === 'task') {
        if (now !== undefined) this.#count(null, row as Task, now)
        this.members.changed(null, row as Task)
        this.queue.taskChanged(null, row as Task)
      } else this.queue.changed(change, true)
      return true
    }
    const row = rows.get(change.key)
    if (name === 'worker' && row !== undefined && !this.#storedWorkers.has(change.key)) {
      this.#storedWorkers.set(change.key, row as Worker | null)
    }
    if (name !== 'task') this.queue.changed(change, row !== undefined)
    if (row === undefined) {
      if (name === 'task' && now !== undefined) this.#count(undefined, null, now)
      return this.#wait(change)
    }
    const isGone = change.kind === 'delete' || row === null
    const next = isGone ? null : patched(name, row, change.set)
    if (next !== null || row !== null) rows.set(change.key, next)
    if (name === 'batch') {
      this.#replace(row as Batch | null, next as Batch | null)
      if (change.kind === 'delete') this.members.forget(change.key as BatchId)
      this.#moving?.changed.add(change.key as BatchId)
    }
    if (name === 'attempt') {
      this.queue.attemptChanged(change.key as AttemptId, next as Attempt | null)
    }
    if (name === 'task') {
      const before = row as Task | null
      const after = next as Task | null
      if (now !== undefined) this.#count(before, after, now)
      this.members.changed(before, after)
      this.queue.taskChanged(before, after)
    }
    if (next !== null && !isSettled(name, next)) return true
    this.#settled.push({ name, id: change.key })
    return true
  }

  /** Puts a batch that has changed where it was in their order. */
  #replace(before: Batch | null, after: Batch | null): void {
    const at = before === null ? -1 : (this.#byOrder?.indexOf(before) ?? -1)
    if (at >= 0 && after && this.#byOrder !== undefined) this.#byOrder[at] = after
  }

  /** A row that is not known gets the change when it is read; open requests are found otherwise. */
  #wait(change: Extract<Change, { table: IdTable; kind: 'update' | 'delete' }>): boolean {
    if (change.table === 'request') {
      // It may be open now, of any task.
      this.asked.clear()
      return false
    }
    if (change.table === 'task') {
      this.queue.taskChanged(undefined, undefined)
      this.members.changedUnseen()
    }
    const name = `${change.table} ${change.key}`
    const waiting = this.#waiting.get(name)
    if (waiting === undefined) this.#waiting.set(name, [change])
    else waiting.push(change)
    return true
  }

  #put<Name extends IdTable>(name: Name, row: Tables[Name]): void {
    const rows = this.rows[name] as Map<string, Tables[Name] | null>
    rows.set(row.id, row)
    if (isSettled(name, row)) this.#settled.push({ name, id: row.id })
    if (name === 'batch') {
      this.#byOrder = undefined
      this.#moving?.changed.add(row.id as BatchId)
    }
    if (name === 'attempt') this.queue.attemptChanged(row.id as AttemptId, row as Attempt)
    if (name !== 'request') return
    const { taskId } = row as Request
    const ids = this.#requestsOfTask.get(taskId)
    if (ids === undefined) this.#requestsOfTask.set(taskId, new Set([row.id]))
    else ids.add(row.id)
  }
}

/** Whether it takes tasks to a batch or away from one. */
export function regroups(change: Change): boolean {
  return change.table === 'task' && (change.kind !== 'update' || 'batchId' in change.set)
}

function keepsOrder(change: Extract<Change, { table: 'batch' }>): boolean {
  return change.kind === 'update' && !('order' in change.set)
}

function isSameWorker(one: Worker, other: Worker): boolean {
  return tables.worker.columns.every(({ field }) => {
    const name = field as keyof Worker
    return one[name] === other[name]
  })
}

/** Tasks, work orders, attempts and sessions come to an end; batches, workers and requests stay. */
function isSettled(name: IdTable, row: object): boolean {
  if (name === 'task' || name === 'workOrder') return (row as Task | WorkOrder).settledAt !== null
  if (name === 'attempt' || name === 'session') return (row as Attempt | Session).endedAt !== null
  return false
}

/** A row as the database gives it back: every column, and no more. Nobody writes to it: it is no copy. */
function rowOf<Name extends TableName>(name: Name, row: Tables[Name]): Tables[Name] {
  if (isComplete(name, row)) return row
  const given = row as unknown as Readonly<Record<string, unknown>>
  const stored = emptyRow(name)
  for (const { field } of tables[name].columns) stored[field] = given[field] ?? null
  return stored as unknown as Tables[Name]
}

/** The fields of the last row of each table that had every column and no more. */
const completeFields = new Map<TableName, readonly string[]>()

function isComplete(name: TableName, row: object): boolean {
  // Rows that are inserted together have their fields in the same order.
  const known = completeFields.get(name)
  if (known !== undefined && hasFields(row, known)) return true
  const fields = Object.keys(row)
  const { columns, byField } = tables[name]
  const isEvery = fields.length === columns.length && fields.every((field) => byField.has(field))
  if (isEvery) completeFields.set(name, fields)
  return isEvery
}

function patched<Name extends TableName>(
  name: Name,
  row: Tables[Name],
  set: Partial<Tables[Name]>,
): Tables[Name] {
  const next = copied(name, row) as unknown as Record<string, unknown>
  const given = set as Readonly<Record<string, unknown>>
  const { byField } = tables[name]
  for (const field in given) if (byField.has(field)) next[field] = given[field]
  return next as unknown as Tables[Name]
}
