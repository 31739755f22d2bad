import { CuelineError } from '../error.ts'
import type { BatchId, TaskId, WorkOrderId } from '../id.ts'
import { applyChanges, copySlice } from '../staging/apply-changes.ts'
import type { MutableSlice } from '../staging/apply-changes.ts'
import { emptySlice } from '../staging/slice.ts'
import type { Change, TableName } from '../staging/slice.ts'
import type {
  Attempt,
  Request,
  Session,
  StoredArtifact,
  StoredPlan,
  Task,
  WorkOrder,
} from '../staging/state.ts'
import { BatchCounts } from './batch-counts.ts'
import { ClaimIndex } from './claim-index.ts'
import { Grouped } from './grouped.ts'
import { MovingBatches } from './moving-batches.ts'
import { SortedList } from './sorted-list.ts'
import { compareText } from './compare-text.ts'

/** Puts one thing back as it was; a transaction that fails runs its undos last first. */
export type Undo = () => void

interface Touched {
  readonly table: TableName | 'dependencies' | 'dependents'
  readonly key: string
  readonly before: unknown
  after: unknown
  exists: boolean
  /** Another row with the same key, of another table. */
  readonly other: Touched | undefined
  /** When a task's row had changed last, before. */
  changedAt: number
}

/** The rows of one project, with the indexes that keep every read as small as its answer. */
export class ProjectRows {
  readonly slice: MutableSlice = copySlice(emptySlice)
  readonly plans = new Map<string, StoredPlan>()
  /** Links by the hash of their bytes. */
  readonly artifacts = new Map<string, readonly StoredArtifact[]>()
  readonly tasksOfBatch = new Grouped<BatchId, TaskId>()
  readonly ordersOfTask = new Grouped<TaskId, WorkOrderId>()
  readonly attemptsOfTask = new Grouped<TaskId, Attempt['id']>()
  readonly requestsOfTask = new Grouped<TaskId, Request['id']>()
  readonly sessionsOfTask = new Grouped<TaskId, Session['id']>()
  readonly taskByCode = new Map<string, TaskId>()
  readonly claimed = new Set<WorkOrderId>()
  /** Queued work orders with a time, by that time. */
  readonly timed = new SortedList<WorkOrder>(
    (left, right) => left.notBefore - right.notBefore || compareText(left.id, right.id),
  )
  readonly claims = new ClaimIndex()
  readonly counts = new BatchCounts()
  readonly moving = new MovingBatches()

  /**
   * Applies the changes and the indexes that follow from them. Throws `conflict` for an id or task
   * code that is taken; what was applied until then is undone by `undos`.
   */
  apply(changes: readonly Change[], now: number, undos: Undo[]): void {
    const touched = this.#touch(changes)
    const slice = this.slice
    const projectBefore = slice.project
    let indexed = false
    undos.push(() => {
      for (const { table, before, after, changedAt } of touched) {
        if (indexed) this.#index(table, after, before, changedAt)
      }
      slice.project = projectBefore
      for (const { table, key, before } of touched) {
        if (before === undefined) this.#rows(table).delete(key)
        else this.#rows(table).set(key, before)
      }
      this.#reindexClaims(touched)
      this.#reindexBatches(touched)
    })
    applyChanges(slice, changes)
    for (const change of changes) this.#applyUnsliced(change)
    this.#checkCodes(touched)
    indexed = true
    for (const entry of touched) {
      const { table, key, before } = entry
      entry.after = this.#rows(table).get(key)
      if (table === 'task') entry.changedAt = this.counts.changedAt(key as TaskId)
      this.#index(table, before, entry.after, now)
    }
    this.#reindexClaims(touched)
    this.#reindexBatches(touched)
  }

  /** Whether there is such a row; of tables that `hasOwnId`. */
  has(table: TableName, id: string): boolean {
    return hasOwnId(table) && this.#rows(table).has(id)
  }

  /** Whether a batch, plan, request, task, work order, attempt or session has this id. */
  knows(id: string): boolean {
    return idTables.some((table) => this.#rows(table).has(id))
  }

  #rows(table: Touched['table']): Map<string, unknown> {
    switch (table) {
      case 'task':
        return this.slice.tasks
      case 'dependencies':
        return this.slice.dependencies
      case 'dependents':
        return this.slice.dependents
      case 'batch':
        return this.slice.batches
      case 'workOrder':
        return this.slice.workOrders
      case 'attempt':
        return this.slice.attempts
      case 'request':
        return this.slice.requests
      case 'hold':
        return this.slice.holds
      case 'worker':
        return this.slice.workers
      case 'session':
        return this.slice.sessions
      case 'plan':
        return this.plans
      case 'artifact':
        return this.artifacts
      case 'project':
      case 'dependency':
        throw new CuelineError('internal', `Table ${table} has no rows by key.`)
    }
  }

  /** The rows as they are before the changes, each once. */
  #touch(changes: readonly Change[]): readonly Touched[] {
    const all: Touched[] = []
    const byKey = new Map<string, Touched>()
    const touch = (table: Touched['table'], key: string): Touched => {
      const first = byKey.get(key)
      let entry = first
      while (entry !== undefined && entry.table !== table) entry = entry.other
      if (entry === undefined) {
        const before = this.#rows(table).get(key)
        const exists = before !== undefined
        entry = { table, key, before, after: undefined, exists, changedAt: 0, other: first }
        byKey.set(key, entry)
        all.push(entry)
      }
      return entry
    }
    for (const change of changes) {
      if (change.table === 'project') {
        if (change.kind === 'insert' && this.slice.project !== null)
          taken(change.table, change.row.id)
        continue
      }
      if (change.table === 'dependency') {
        const edge = change.kind === 'insert' ? change.row : change.key
        touch('dependencies', edge.taskId)
        touch('dependents', edge.dependsOn)
        continue
      }
      const key = keyOf(change)
      const entry = touch(change.table, key)
      if (change.kind === 'insert' && entry.exists && !replaceable.has(change.table)) {
        taken(change.table, key)
      }
      if (change.kind !== 'update') entry.exists = change.kind === 'insert'
    }
    return all
  }

  /** Plans and artifacts belong to no slice, so `applyChanges` leaves them out. */
  #applyUnsliced(change: Change): void {
    if (change.table === 'plan') {
      if (change.kind === 'insert') this.plans.set(change.row.id, change.row)
      else if (change.kind === 'delete') this.plans.delete(change.key)
    } else if (change.table === 'artifact') {
      if (change.kind === 'delete') this.artifacts.delete(change.key)
      else if (change.kind === 'insert') this.#addArtifact(change.row)
    }
  }

  #addArtifact(row: StoredArtifact): void {
    const links = this.artifacts.get(row.hash) ?? []
    const known = links.some(
      (link) =>
        link.name === row.name && link.taskId === row.taskId && link.attemptId === row.attemptId,
    )
    if (known) return
    const bytes = links[0]?.bytes ?? row.bytes.slice()
    this.artifacts.set(row.hash, [...links, { ...row, bytes }])
  }

  #checkCodes(touched: readonly Touched[]): void {
    let codes: Map<string, TaskId> | undefined
    for (const { table, key, before } of touched) {
      if (table !== 'task') continue
      const task = this.slice.tasks.get(key as TaskId)
      if (task === undefined || task.code === (before as Task | undefined)?.code) continue
      const other = codes?.get(task.code) ?? this.taskByCode.get(task.code)
      if (other !== undefined && other !== task.id) {
        if (this.slice.tasks.get(other)?.code === task.code) taken('task', task.code)
      }
      codes ??= new Map()
      codes.set(task.code, task.id)
    }
  }

  #index(table: Touched['table'], before: unknown, after: unknown, changedAt: number): void {
    if (before === after) return
    if (table === 'task') {
      this.#indexTask(before as Task | undefined, after as Task | undefined, changedAt)
    } else if (table === 'workOrder') {
      this.#indexOrder(before as WorkOrder | undefined, after as WorkOrder | undefined)
    } else if (table === 'attempt') {
      this.#indexAttempt(before as Attempt | undefined, after as Attempt | undefined)
    } else if (table === 'request') {
      this.#indexRequest(before as Request | undefined, after as Request | undefined)
    } else if (table === 'session') {
      const [old, now] = [before as Session | undefined, after as Session | undefined]
      this.sessionsOfTask.move(old?.taskId, now?.taskId, (old ?? now)?.id)
    }
  }

  #indexTask(before: Task | undefined, after: Task | undefined, changedAt: number): void {
    const task = after ?? before
    if (task === undefined) return
    this.tasksOfBatch.move(before?.batchId, after?.batchId, task.id)
    if (before !== undefined && before.code !== after?.code) {
      if (this.taskByCode.get(before.code) === before.id) this.taskByCode.delete(before.code)
    }
    if (after !== undefined && after.code !== before?.code)
      this.taskByCode.set(after.code, after.id)
    this.counts.update(before, after)
    this.counts.touch(before, after, changedAt)
  }

  #indexOrder(before: WorkOrder | undefined, after: WorkOrder | undefined): void {
    this.ordersOfTask.move(before?.taskId, after?.taskId, (before ?? after)?.id)
    if (before?.status === 'claimed') this.claimed.delete(before.id)
    if (after?.status === 'claimed') this.claimed.add(after.id)
    if (before !== undefined) this.timed.remove(before)
    if (after?.status === 'queued' && after.notBefore > 0) this.timed.add(after)
  }

  #indexAttempt(before: Attempt | undefined, after: Attempt | undefined): void {
    this.attemptsOfTask.move(before?.taskId, after?.taskId, (before ?? after)?.id)
  }

  #indexRequest(before: Request | undefined, after: Request | undefined): void {
    this.requestsOfTask.move(before?.taskId, after?.taskId, (before ?? after)?.id)
  }

  /** Afterwards, because a task and its work order may come in either order. */
  #reindexClaims(touched: readonly Touched[]): void {
    const ids = new Set<WorkOrderId>()
    for (const { table, key, before, after } of touched) {
      if (table === 'workOrder') ids.add(key as WorkOrderId)
      else if (table === 'task') {
        addOrder(ids, before as Task | undefined)
        addOrder(ids, after as Task | undefined)
      }
    }
    for (const id of ids) this.#reindexClaim(id)
  }

  /** Afterwards: the batches of these rows, before and after, by what is known of them now. */
  #reindexBatches(touched: readonly Touched[]): void {
    const ids = new Set<BatchId>()
    for (const { table, key, before, after } of touched) {
      if (table === 'batch') ids.add(key as BatchId)
      else if (table === 'task') {
        addBatch(ids, before as Task | undefined)
        addBatch(ids, after as Task | undefined)
      } else if (table === 'workOrder') {
        const order = (after ?? before) as WorkOrder | undefined
        if (order !== undefined) addBatch(ids, this.slice.tasks.get(order.taskId))
      }
    }
    for (const id of ids) {
      const hasQueued = this.claims.hasQueued(id)
      this.moving.update(id, this.slice.batches.get(id), this.counts.of(id), hasQueued)
    }
  }

  #reindexClaim(id: WorkOrderId): void {
    const order = this.slice.workOrders.get(id)
    if (order === undefined) this.claims.remove(id)
    else this.claims.update(order, this.slice.tasks.get(order.taskId))
  }
}

/** No other work order of a task can be claimed. */
function addOrder(ids: Set<WorkOrderId>, task: Task | undefined): void {
  if (task !== undefined && task.workOrderId !== null) ids.add(task.workOrderId)
}

function addBatch(ids: Set<BatchId>, task: Task | undefined): void {
  if (task !== undefined && task.batchId !== null) ids.add(task.batchId)
}

const idTables = ['batch', 'plan', 'request', 'task', 'workOrder', 'attempt', 'session'] as const

type OwnIdTable = (typeof idTables)[number] | 'worker'

/** Whether the rows of a table have ids of their own, one for all projects. */
export function hasOwnId(table: TableName): table is OwnIdTable {
  return table === 'worker' || (idTables as readonly TableName[]).includes(table)
}

/** Rows that a second insert replaces or leaves as they are. */
const replaceable: ReadonlySet<TableName> = new Set(['hold', 'artifact'])

function keyOf(change: Exclude<Change, { table: 'project' | 'dependency' }>): string {
  if (change.table === 'hold') {
    return change.kind === 'insert' ? change.row.account : change.key.account
  }
  if (change.table === 'artifact') {
    return change.kind === 'insert' ? change.row.hash : change.key
  }
  return change.kind === 'insert' ? change.row.id : change.key
}

export function taken(table: string, key: string): never {
  throw new CuelineError(
    'conflict',
    `A ${table} with the id or code "${key}" is already stored; load it and update it instead.`,
    { details: { table, key } },
  )
}
