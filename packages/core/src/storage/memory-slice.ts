import type { AttemptId, BatchId, TaskId, WorkOrderId } from '../id.ts'
import { copySlice } from '../staging/apply-changes.ts'
import type { MutableSlice } from '../staging/apply-changes.ts'
import { emptySlice } from '../staging/slice.ts'
import type { Slice, SliceKeys } from '../staging/slice.ts'
import type { Dependency, Task } from '../staging/state.ts'
import type { ProjectRows } from './project-rows.ts'

/** Copies just what the keys name, so that a slice asked for too narrowly shows in memory too. */
export function loadSlice(rows: ProjectRows, keys: SliceKeys): Slice {
  if (keys.everything === true) return everything(rows)
  const slice = copySlice({ ...emptySlice, project: rows.slice.project })
  const tasks = new Set<TaskId>(keys.tasks)
  const ofBatches = (keys.edgesOfBatches ?? []).flatMap((id) => [...rows.tasksOfBatch.of(id)])
  for (const id of [...(keys.dependenciesOf ?? []), ...ofBatches]) {
    tasks.add(id)
    for (const edge of copyEdges(rows.slice.dependencies, slice.dependencies, id)) {
      tasks.add(edge.dependsOn)
    }
  }
  for (const id of keys.dependentsOf ?? []) {
    tasks.add(id)
    for (const edge of copyEdges(rows.slice.dependents, slice.dependents, id)) {
      tasks.add(edge.taskId)
    }
  }
  const start = [...(keys.allDependentsOf ?? []), ...ofBatches]
  for (const id of followDependents(rows, slice, start)) tasks.add(id)
  for (const batchId of keys.edgesOfBatches ?? [])
    copyRow(rows.slice.batches, slice.batches, batchId)
  for (const batchId of keys.tasksOfBatches ?? []) {
    copyRow(rows.slice.batches, slice.batches, batchId)
    for (const id of rows.tasksOfBatch.of(batchId)) tasks.add(id)
  }
  addNamed(rows, slice, keys, tasks)
  addTasks(rows, slice, tasks)
  if (keys.openRequests === true) addOpenRequests(rows, slice)
  if (keys.sessionsOfTasks === true) addSessions(rows, slice)
  return inOrder(slice)
}

function addNamed(
  rows: ProjectRows,
  slice: MutableSlice,
  keys: SliceKeys,
  tasks: Set<TaskId>,
): void {
  const batches = keys.batches === 'all' ? rows.slice.batches.keys() : keys.batches
  for (const id of batches ?? []) copyRow(rows.slice.batches, slice.batches, id)
  for (const id of keys.workOrders ?? []) {
    const order = copyRow(rows.slice.workOrders, slice.workOrders, id)
    if (order !== undefined) tasks.add(order.taskId)
  }
  for (const id of keys.attempts ?? []) {
    const attempt = copyRow(rows.slice.attempts, slice.attempts, id)
    if (attempt !== undefined) tasks.add(attempt.taskId)
  }
  for (const id of keys.requests ?? []) {
    const request = copyRow(rows.slice.requests, slice.requests, id)
    if (request === undefined) continue
    tasks.add(request.taskId)
    copyRow(rows.slice.attempts, slice.attempts, request.attemptId)
  }
  for (const id of keys.sessions ?? []) {
    const session = copyRow(rows.slice.sessions, slice.sessions, id)
    if (session === undefined) continue
    tasks.add(session.taskId)
    copyRow(rows.slice.attempts, slice.attempts, session.attemptId)
  }
  if (keys.holds === true) {
    for (const [account, hold] of rows.slice.holds) slice.holds.set(account, hold)
  }
  for (const id of keys.workers ?? []) copyRow(rows.slice.workers, slice.workers, id)
}

/** Tasks by position, each with its batch, its work order and that order's attempt. */
function addTasks(rows: ProjectRows, slice: MutableSlice, ids: ReadonlySet<TaskId>): void {
  const tasks: Task[] = []
  for (const id of ids) {
    const task = rows.slice.tasks.get(id)
    if (task !== undefined) tasks.push(task)
  }
  for (const task of tasks.toSorted(byPosition)) {
    slice.tasks.set(task.id, task)
    if (task.batchId !== null) copyRow(rows.slice.batches, slice.batches, task.batchId)
    if (task.workOrderId === null) continue
    const order = copyRow(rows.slice.workOrders, slice.workOrders, task.workOrderId)
    if (order !== undefined && order.attemptId !== null) {
      copyRow(rows.slice.attempts, slice.attempts, order.attemptId)
    }
  }
}

/** Everything but tasks by id, as other storages give it: `decide` may walk the maps. */
function inOrder(slice: MutableSlice): Slice {
  return {
    ...slice,
    batches: byKey(slice.batches),
    workOrders: byKey(slice.workOrders),
    attempts: byKey(slice.attempts),
    requests: byKey(slice.requests),
    holds: byKey(slice.holds),
    sessions: byKey(slice.sessions),
  }
}

function byKey<Id extends string, Row>(rows: ReadonlyMap<Id, Row>): ReadonlyMap<Id, Row> {
  return rows.size < 2
    ? rows
    : new Map([...rows].toSorted((left, right) => (left[0] < right[0] ? -1 : 1)))
}

function addOpenRequests(rows: ProjectRows, slice: MutableSlice): void {
  for (const taskId of slice.tasks.keys()) {
    for (const id of rows.requestsOfTask.of(taskId)) {
      const request = rows.slice.requests.get(id)
      if (request?.status === 'open') slice.requests.set(id, request)
    }
  }
}

function addSessions(rows: ProjectRows, slice: MutableSlice): void {
  for (const taskId of slice.tasks.keys()) {
    for (const id of rows.sessionsOfTask.of(taskId)) {
      copyRow(rows.slice.sessions, slice.sessions, id)
    }
  }
}

function followDependents(
  rows: ProjectRows,
  slice: MutableSlice,
  start: readonly TaskId[],
): ReadonlySet<TaskId> {
  const found = new Set(start)
  // A set visits what is added while it is walked, so it is its own queue.
  for (const id of found) {
    for (const edge of copyEdges(rows.slice.dependents, slice.dependents, id)) {
      found.add(edge.taskId)
    }
  }
  return found
}

function copyEdges(
  from: ReadonlyMap<TaskId, readonly Dependency[]>,
  to: Map<TaskId, readonly Dependency[]>,
  id: TaskId,
): readonly Dependency[] {
  const edges = from.get(id) ?? []
  if (edges.length > 0) to.set(id, edges)
  return edges
}

function copyRow<Id extends TaskId | BatchId | WorkOrderId | AttemptId | string, Row>(
  from: ReadonlyMap<Id, Row>,
  to: Map<Id, Row>,
  id: Id,
): Row | undefined {
  const row = from.get(id)
  if (row !== undefined) to.set(id, row)
  return row
}

function everything(rows: ProjectRows): Slice {
  const slice = copySlice(rows.slice)
  slice.tasks.clear()
  for (const task of [...rows.slice.tasks.values()].toSorted(byPosition)) {
    slice.tasks.set(task.id, task)
  }
  for (const edges of [slice.dependencies, slice.dependents]) {
    for (const [id, list] of edges) if (list.length === 0) edges.delete(id)
  }
  return inOrder(slice)
}

export function byPosition(left: Task, right: Task): number {
  return left.position - right.position || (left.id < right.id ? -1 : 1)
}
