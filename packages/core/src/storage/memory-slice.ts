import type { TaskId } from '../id.ts'
import { copySlice } from '../staging/apply-changes.ts'
import type { MutableSlice } from '../staging/apply-changes.ts'
import { emptySlice } from '../staging/slice.ts'
import type { Slice, SliceKeys } from '../staging/slice.ts'
import type { Dependency, Task } from '../staging/state.ts'
import type { ProjectRows } from './project-rows.ts'
import { compareText } from './compare-text.ts'

/** Copies just what the keys name, so that a slice asked for too narrowly shows in memory too. */
export function loadSlice(rows: ProjectRows, keys: SliceKeys): Slice {
  if (keys.everything === true) return everything(rows)
  const slice: Slice = { ...emptySlice, project: rows.slice.project }
  const tasks = new Set<TaskId>(keys.tasks)
  for (const id of keys.dependenciesOf ?? []) addDependencies(rows, slice, tasks, id)
  for (const id of keys.dependentsOf ?? []) addDependents(rows, slice, tasks, id)
  if (keys.allDependentsOf !== undefined) {
    followDependents(rows, slice, tasks, keys.allDependentsOf)
  }
  for (const batchId of keys.edgesOfBatches ?? []) {
    addRow(rows, slice, 'batches', batchId)
    const ids = rows.tasksOfBatch.of(batchId)
    for (const id of ids) addDependencies(rows, slice, tasks, id)
    followDependents(rows, slice, tasks, ids)
  }
  for (const batchId of keys.tasksOfBatches ?? []) {
    addRow(rows, slice, 'batches', batchId)
    for (const id of rows.tasksOfBatch.of(batchId)) tasks.add(id)
  }
  addNamed(rows, slice, keys, tasks)
  addTasks(rows, slice, tasks)
  if (keys.openRequests === true) addOpenRequests(rows, slice)
  if (keys.sessionsOfTasks === true) addSessions(rows, slice)
  return inOrder(slice)
}

function addNamed(rows: ProjectRows, slice: Slice, keys: SliceKeys, tasks: Set<TaskId>): void {
  const batches = keys.batches === 'all' ? rows.slice.batches.keys() : keys.batches
  for (const id of batches ?? []) addRow(rows, slice, 'batches', id)
  for (const id of keys.workOrders ?? []) {
    const order = addRow(rows, slice, 'workOrders', id)
    if (order !== undefined) tasks.add(order.taskId)
  }
  for (const id of keys.attempts ?? []) {
    const attempt = addRow(rows, slice, 'attempts', id)
    if (attempt !== undefined) tasks.add(attempt.taskId)
  }
  for (const id of keys.requests ?? []) {
    const request = addRow(rows, slice, 'requests', id)
    if (request === undefined) continue
    tasks.add(request.taskId)
    addRow(rows, slice, 'attempts', request.attemptId)
  }
  for (const id of keys.sessions ?? []) {
    const session = addRow(rows, slice, 'sessions', id)
    if (session === undefined) continue
    tasks.add(session.taskId)
    addRow(rows, slice, 'attempts', session.attemptId)
  }
  if (keys.holds === true) {
    for (const account of rows.slice.holds.keys()) addRow(rows, slice, 'holds', account)
  }
  for (const id of keys.workers ?? []) addRow(rows, slice, 'workers', id)
}

/** Tasks by position, each with its batch, its work order and that order's attempt. */
function addTasks(rows: ProjectRows, slice: Slice, ids: ReadonlySet<TaskId>): void {
  const tasks: Task[] = []
  for (const id of ids) {
    const task = rows.slice.tasks.get(id)
    if (task !== undefined) tasks.push(task)
  }
  if (!isInOrder(tasks)) tasks.sort(byPosition)
  for (const task of tasks) {
    mapIn(slice, 'tasks').set(task.id, task)
    if (task.batchId !== null) addRow(rows, slice, 'batches', task.batchId)
    if (task.workOrderId === null) continue
    const order = addRow(rows, slice, 'workOrders', task.workOrderId)
    if (order !== undefined && order.attemptId !== null) {
      addRow(rows, slice, 'attempts', order.attemptId)
    }
  }
}

/** Mostly they are, and sorting makes a list of its own. */
function isInOrder(tasks: readonly Task[]): boolean {
  for (let at = 1; at < tasks.length; at += 1) {
    if (byPosition(tasks[at - 1] as Task, tasks[at] as Task) > 0) return false
  }
  return true
}

/** Everything but tasks by id, as other storages give it: `decide` may walk the maps. */
function inOrder(slice: Slice): Slice {
  const mutable = slice as MutableSlice
  mutable.batches = byKey(mutable.batches)
  mutable.workOrders = byKey(mutable.workOrders)
  mutable.attempts = byKey(mutable.attempts)
  mutable.requests = byKey(mutable.requests)
  mutable.holds = byKey(mutable.holds)
  mutable.sessions = byKey(mutable.sessions)
  return slice
}

function byKey<Id extends string, Row>(rows: Map<Id, Row>): Map<Id, Row> {
  if (rows.size < 2 || areSorted(rows.keys())) return rows
  const sorted = new Map<Id, Row>()
  for (const id of [...rows.keys()].sort(compareText)) sorted.set(id, rows.get(id) as Row)
  return sorted
}

/** Mostly they are: ids grow with time. */
function areSorted(ids: Iterable<string>): boolean {
  let last = ''
  for (const id of ids) {
    if (compareText(last, id) > 0) return false
    last = id
  }
  return true
}

function addOpenRequests(rows: ProjectRows, slice: Slice): void {
  if (rows.requestsOfTask.isEmpty) return
  for (const taskId of slice.tasks.keys()) {
    for (const id of rows.requestsOfTask.of(taskId)) {
      if (rows.slice.requests.get(id)?.status === 'open') addRow(rows, slice, 'requests', id)
    }
  }
}

function addSessions(rows: ProjectRows, slice: Slice): void {
  for (const taskId of slice.tasks.keys()) {
    for (const id of rows.sessionsOfTask.of(taskId)) addRow(rows, slice, 'sessions', id)
  }
}

function addDependencies(rows: ProjectRows, slice: Slice, tasks: Set<TaskId>, id: TaskId): void {
  tasks.add(id)
  for (const edge of addEdges(rows, slice, 'dependencies', id)) tasks.add(edge.dependsOn)
}

function addDependents(rows: ProjectRows, slice: Slice, tasks: Set<TaskId>, id: TaskId): void {
  tasks.add(id)
  for (const edge of addEdges(rows, slice, 'dependents', id)) tasks.add(edge.taskId)
}

function followDependents(
  rows: ProjectRows,
  slice: Slice,
  tasks: Set<TaskId>,
  start: Iterable<TaskId>,
): void {
  const found = new Set(start)
  // A set visits what is added while it is walked, so it is its own queue.
  for (const id of found) {
    tasks.add(id)
    for (const edge of addEdges(rows, slice, 'dependents', id)) found.add(edge.taskId)
  }
}

function addEdges(
  rows: ProjectRows,
  slice: Slice,
  name: 'dependencies' | 'dependents',
  id: TaskId,
): readonly Dependency[] {
  const edges = rows.slice[name].get(id) ?? []
  if (edges.length > 0) mapIn(slice, name).set(id, edges)
  return edges
}

type Maps = Omit<MutableSlice, 'project'>
type RowOf<Name extends keyof Maps> = Maps[Name] extends Map<string, infer Row> ? Row : never

function addRow<Name extends keyof Maps>(
  rows: ProjectRows,
  slice: Slice,
  name: Name,
  id: string,
): RowOf<Name> | undefined {
  const row = (rows.slice[name] as Map<string, RowOf<Name>>).get(id)
  if (row !== undefined) mapIn(slice, name).set(id, row)
  return row
}

/** The map to put rows in; most maps of a slice stay empty, and those are the empty slice's. */
function mapIn<Name extends keyof Maps>(slice: Slice, name: Name): Map<string, RowOf<Name>> {
  const maps = slice as unknown as Record<Name, ReadonlyMap<string, RowOf<Name>>>
  if (maps[name] === (emptySlice as unknown as typeof maps)[name]) maps[name] = new Map()
  return maps[name] as Map<string, RowOf<Name>>
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
  return left.position - right.position || compareText(left.id, right.id)
}
