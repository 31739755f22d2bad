import { limits, type Load } from '../limit/admission.ts'
import { isReleased, isSettled, type Obstacle, readiness } from './readiness.ts'
import type { Slice } from './slice.ts'
import type { Task } from './state.ts'

/**
 * Everything that keeps a task from starting right now, the durable facts first (`readiness`), then
 * limits of the moment (`admission`). Empty exactly when the task may start. The slice must hold
 * the task, its dependencies and their targets, its batch and the holds.
 */
export function whyNotReady(
  task: Task,
  slice: Slice,
  load: Load,
  now: number,
): readonly Obstacle[] {
  const { project } = slice
  if (project === null) return []
  if (isSettled(task)) return [{ kind: 'settled', message: `it is ${task.status}` }]
  if (task.status === 'doing' || task.status === 'review') {
    return [{ kind: 'running', message: `it is being worked on (${task.status})` }]
  }
  const obstacles: Obstacle[] = []
  const batch = task.batchId === null ? undefined : slice.batches.get(task.batchId)
  if (task.status === 'todo' || batch === undefined) {
    obstacles.push({ kind: 'not-staged', message: 'it is not staged in a batch' })
  } else if (batch.promotedAt === null) {
    obstacles.push({ kind: 'not-promoted', message: `batch "${batch.name}" is not promoted yet` })
  } else if (batch.openLayer !== null && task.layer > batch.openLayer) {
    obstacles.push({
      kind: 'layer-closed',
      message: `layer ${task.layer} opens when layer ${batch.openLayer} of batch "${batch.name}" has settled`,
    })
  }
  if (project.pausedAt !== null) {
    obstacles.push({ kind: 'project-paused', message: `project "${project.name}" is paused` })
  }
  if (batch !== undefined && batch.pausedAt !== null) {
    obstacles.push({ kind: 'batch-paused', message: `batch "${batch.name}" is paused` })
  }
  obstacles.push(...openDependencies(task, slice))
  if (!task.contextReady && !task.forced) {
    obstacles.push({
      kind: 'incomplete-context',
      message: 'its context is incomplete; complete it, or stage it with force',
    })
  }
  if (batch === undefined) return obstacles
  if (obstacles.length === 0) {
    if (!readiness(task, batch, project)) {
      obstacles.push({
        kind: 'waiting-on',
        message: `its counter says that ${task.openDependencies} dependencies are open, although none is; let the doctor repair it`,
        tasks: [],
      })
    }
    const order = task.workOrderId === null ? undefined : slice.workOrders.get(task.workOrderId)
    if (order !== undefined && order.notBefore > now)
      obstacles.push(retryLater(task, slice, order.notBefore - now))
    obstacles.push(...limits(task, batch, project, load, slice.holds, now, order))
  }
  return obstacles
}

function retryLater(task: Task, slice: Slice, ms: number): Obstacle {
  const open = [...slice.requests.values()].find(
    (request) => request.taskId === task.id && request.status === 'open',
  )
  return {
    kind: 'retry-later',
    message:
      open === undefined
        ? `it is retried in ${Math.ceil(ms / 1000)} s`
        : `it waits for the answer to request "${open.id}": ${open.text}`,
  }
}

function openDependencies(task: Task, slice: Slice): Obstacle[] {
  const waiting: string[] = []
  const failed: string[] = []
  for (const edge of slice.dependencies.get(task.id) ?? []) {
    const target = slice.tasks.get(edge.dependsOn)
    if (target !== undefined && isReleased(target, edge.releaseOn)) continue
    const code = target?.code ?? edge.dependsOn
    if (target?.status === 'failed' || target?.status === 'cancelled') failed.push(code)
    else if (target?.status === 'done') waiting.push(`${code} (done, but not ${edge.releaseOn})`)
    else waiting.push(code)
  }
  const obstacles: Obstacle[] = []
  if (waiting.length > 0) {
    obstacles.push({
      kind: 'waiting-on',
      message: `waiting on ${waiting.join(', ')}`,
      tasks: waiting,
    })
  }
  if (failed.length > 0) {
    obstacles.push({
      kind: 'dependency-failed',
      message: `${failed.join(', ')} will not finish; retry it, or remove the dependency`,
      tasks: failed,
    })
  }
  return obstacles
}
