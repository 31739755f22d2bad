import type { BatchId, RequestId, SessionId, TaskId, WorkOrderId, AttemptId } from '../id.ts'
import type { Change, Slice } from './slice.ts'
import type {
  Attempt,
  Batch,
  Dependency,
  Hold,
  Project,
  Request,
  Session,
  Task,
  Worker,
  WorkOrder,
} from './state.ts'

/** A slice that can be changed in place: the working copy of `decide`, the world of a replay. */
export interface MutableSlice extends Slice {
  project: Project | null
  readonly tasks: Map<TaskId, Task>
  readonly dependencies: Map<TaskId, readonly Dependency[]>
  readonly dependents: Map<TaskId, readonly Dependency[]>
  readonly batches: Map<BatchId, Batch>
  readonly workOrders: Map<WorkOrderId, WorkOrder>
  readonly attempts: Map<AttemptId, Attempt>
  readonly requests: Map<RequestId, Request>
  readonly holds: Map<string, Hold>
  readonly workers: Map<string, Worker>
  readonly sessions: Map<SessionId, Session>
}

/** A shallow copy: the rows are shared, the maps are not. */
export function copySlice(slice: Slice): MutableSlice {
  return {
    project: slice.project,
    tasks: copyOf(slice.tasks),
    dependencies: copyOf(slice.dependencies),
    dependents: copyOf(slice.dependents),
    batches: copyOf(slice.batches),
    workOrders: copyOf(slice.workOrders),
    attempts: copyOf(slice.attempts),
    requests: copyOf(slice.requests),
    holds: copyOf(slice.holds),
    workers: copyOf(slice.workers),
    sessions: copyOf(slice.sessions),
  }
}

/** Most maps of a slice are empty, and an empty one is made faster than copied. */
function copyOf<Key, Value>(map: ReadonlyMap<Key, Value>): Map<Key, Value> {
  return map.size === 0 ? new Map() : new Map(map)
}

/** Applies row changes in place. An update of a row that the slice does not hold is left out. */
export function applyChanges(slice: MutableSlice, changes: readonly Change[]): void {
  const edges: Dependency[] = []
  for (const change of changes) {
    if (change.table === 'dependency' && change.kind === 'insert') {
      edges.push(change.row)
      continue
    }
    // An edge that was added before must be there to be taken away.
    if (change.table === 'dependency') addDependencies(slice, edges.splice(0))
    applyChange(slice, change)
  }
  if (edges.length > 0) addDependencies(slice, edges)
}

function applyChange(slice: MutableSlice, change: Change): void {
  switch (change.table) {
    case 'project':
      if (change.kind === 'insert') slice.project = change.row
      else if (change.kind === 'delete') slice.project = null
      else if (slice.project !== null) slice.project = { ...slice.project, ...change.set }
      return
    case 'dependency':
      if (change.kind === 'delete') removeDependency(slice, change.key)
      return
    case 'hold':
      if (change.kind === 'insert') slice.holds.set(change.row.account, change.row)
      else if (change.kind === 'delete') slice.holds.delete(change.key.account)
      else updateRow(slice.holds, change.key.account, change.set)
      return
    case 'task':
      return applyToRows(slice.tasks as Map<string, Task>, change)
    case 'batch':
      return applyToRows(slice.batches as Map<string, Batch>, change)
    case 'workOrder':
      return applyToRows(slice.workOrders as Map<string, WorkOrder>, change)
    case 'attempt':
      return applyToRows(slice.attempts as Map<string, Attempt>, change)
    case 'request':
      return applyToRows(slice.requests as Map<string, Request>, change)
    case 'worker':
      return applyToRows(slice.workers, change)
    case 'session':
      return applyToRows(slice.sessions as Map<string, Session>, change)
    case 'plan':
    case 'artifact':
      return
  }
}

function applyToRows<Row extends { readonly id: string }>(
  rows: Map<string, Row>,
  change:
    | { readonly kind: 'insert'; readonly row: Row }
    | { readonly kind: 'update'; readonly key: string; readonly set: Partial<Row> }
    | { readonly kind: 'delete'; readonly key: string },
): void {
  if (change.kind === 'insert') rows.set(change.row.id, change.row)
  else if (change.kind === 'delete') rows.delete(change.key)
  else updateRow(rows, change.key, change.set)
}

function updateRow<Row>(rows: Map<string, Row>, key: string, set: Partial<Row>): void {
  const row = rows.get(key)
  // A spread that meets the rows of many tables takes six times as long.
  if (row !== undefined) rows.set(key, Object.assign({}, row, set))
}

/** All at once: one by one, a task with many dependents would copy its list for each of them. */
function addDependencies(slice: MutableSlice, edges: readonly Dependency[]): void {
  mergeEdges(slice.dependencies, edges, 'taskId', 'dependsOn')
  mergeEdges(slice.dependents, edges, 'dependsOn', 'taskId')
}

function mergeEdges(
  lists: Map<TaskId, readonly Dependency[]>,
  edges: readonly Dependency[],
  by: 'taskId' | 'dependsOn',
  other: 'taskId' | 'dependsOn',
): void {
  const touched = new Map<TaskId, Map<TaskId, Dependency>>()
  for (const edge of edges) {
    let list = touched.get(edge[by])
    if (list === undefined) {
      list = new Map((lists.get(edge[by]) ?? []).map((known) => [known[other], known]))
      touched.set(edge[by], list)
    }
    list.set(edge[other], edge)
  }
  for (const [id, list] of touched) lists.set(id, [...list.values()])
}

function removeDependency(
  slice: MutableSlice,
  key: { readonly taskId: TaskId; readonly dependsOn: TaskId },
): void {
  const own = slice.dependencies.get(key.taskId)
  if (own !== undefined) {
    slice.dependencies.set(
      key.taskId,
      own.filter((edge) => edge.dependsOn !== key.dependsOn),
    )
  }
  const back = slice.dependents.get(key.dependsOn)
  if (back !== undefined) {
    slice.dependents.set(
      key.dependsOn,
      back.filter((edge) => edge.taskId !== key.taskId),
    )
  }
}
