import type { TaskId } from '../id.ts'
import { copySlice } from './apply-changes.ts'
import { emptySlice, type Slice, type SliceKeys } from './slice.ts'

/**
 * Loads from the whole state exactly what the keys name, by the words of `SliceKeys` and nothing
 * more, so that a decision which looks at rows that nobody named goes wrong in a test.
 */
export function honestSlice(world: Slice, keys: SliceKeys): Slice {
  const slice = copySlice({ ...emptySlice, project: world.project })
  const tasks = new Set<TaskId>(keys.tasks)
  const ofBatch = (batchId: string) =>
    [...world.tasks.values()].filter((t) => t.batchId === batchId)

  const addDependencies = (id: TaskId) => {
    tasks.add(id)
    const edges = world.dependencies.get(id)
    if (edges === undefined) return
    slice.dependencies.set(id, edges)
    for (const edge of edges) tasks.add(edge.dependsOn)
  }
  const addDependents = (id: TaskId): TaskId[] => {
    tasks.add(id)
    const edges = world.dependents.get(id) ?? []
    if (edges.length > 0) slice.dependents.set(id, edges)
    for (const edge of edges) tasks.add(edge.taskId)
    return edges.map((edge) => edge.taskId)
  }
  const addAllDependents = (start: readonly TaskId[]) => {
    const seen = new Set(start)
    for (const id of seen) for (const next of addDependents(id)) seen.add(next)
  }

  for (const id of keys.dependenciesOf ?? []) addDependencies(id)
  for (const id of keys.dependentsOf ?? []) addDependents(id)
  addAllDependents(keys.allDependentsOf ?? [])
  for (const id of keys.tasksOfBatches ?? []) for (const task of ofBatch(id)) tasks.add(task.id)
  for (const id of keys.edgesOfBatches ?? []) {
    for (const task of ofBatch(id)) addDependencies(task.id)
    addAllDependents(ofBatch(id).map((task) => task.id))
  }
  for (const id of keys.workOrders ?? []) {
    const order = world.workOrders.get(id)
    if (order === undefined) continue
    slice.workOrders.set(id, order)
    tasks.add(order.taskId)
  }
  for (const id of keys.attempts ?? []) {
    const attempt = world.attempts.get(id)
    if (attempt === undefined) continue
    slice.attempts.set(id, attempt)
    tasks.add(attempt.taskId)
  }
  for (const id of keys.requests ?? []) {
    const request = world.requests.get(id)
    if (request === undefined) continue
    slice.requests.set(id, request)
    tasks.add(request.taskId)
  }
  for (const id of keys.sessions ?? []) {
    const session = world.sessions.get(id)
    if (session === undefined) continue
    slice.sessions.set(id, session)
    tasks.add(session.taskId)
    const attempt = world.attempts.get(session.attemptId)
    if (attempt !== undefined) slice.attempts.set(attempt.id, attempt)
  }
  const batches = keys.batches === 'all' ? world.batches.keys() : (keys.batches ?? [])
  for (const id of batches) {
    const batch = world.batches.get(id)
    if (batch !== undefined) slice.batches.set(id, batch)
  }
  for (const id of tasks) {
    const task = world.tasks.get(id)
    if (task === undefined) continue
    slice.tasks.set(id, task)
    const batch = task.batchId === null ? undefined : world.batches.get(task.batchId)
    if (batch !== undefined) slice.batches.set(batch.id, batch)
    const order = task.workOrderId === null ? undefined : world.workOrders.get(task.workOrderId)
    if (order === undefined) continue
    slice.workOrders.set(order.id, order)
    const attempt = order.attemptId === null ? undefined : world.attempts.get(order.attemptId)
    if (attempt !== undefined) slice.attempts.set(attempt.id, attempt)
  }
  if (keys.openRequests === true) {
    for (const request of world.requests.values()) {
      if (request.status === 'open' && slice.tasks.has(request.taskId)) {
        slice.requests.set(request.id, request)
      }
    }
  }
  if (keys.sessionsOfTasks === true) {
    for (const session of world.sessions.values()) {
      if (slice.tasks.has(session.taskId)) slice.sessions.set(session.id, session)
    }
  }
  if (keys.holds === true) for (const [key, hold] of world.holds) slice.holds.set(key, hold)
  for (const id of keys.workers ?? []) {
    const worker = world.workers.get(id)
    if (worker !== undefined) slice.workers.set(id, worker)
  }
  return slice
}
