import type { ProjectId } from '../id.ts'
import { queueWords } from '../merge/queue-words.ts'
import type { Obstacle } from '../staging/readiness.ts'
import type { Slice } from '../staging/slice.ts'
import type { Task } from '../staging/state.ts'
import { whyNotReady } from '../staging/why-not-ready.ts'
import type { StorageTransaction } from '../storage/storage.ts'
import { isStatelessReady, type StatelessReadiness } from '../task/stateless-ready.ts'
import { resolveTask } from './resolve.ts'

export interface Why {
  readonly task: Task
  readonly ready: boolean
  readonly obstacles: readonly Obstacle[]
}

export async function why(
  storage: StorageTransaction,
  projectId: ProjectId,
  reference: string,
): Promise<Why> {
  const task = await resolveTask(storage, projectId, reference)
  const slice = await storage.load({
    projectId,
    tasks: [task.id],
    dependenciesOf: [task.id],
    openRequests: true,
    holds: true,
  })
  const load = await storage.query('load', { projectId })
  const merging = await mergingWords(storage, slice, task)
  const obstacles = whyNotReady(task, slice, load, storage.now).flatMap((obstacle) => {
    if (obstacle.kind === 'running' && merging !== null) return [{ ...obstacle, message: merging }]
    if (obstacle.kind !== 'incomplete-context') return [obstacle]
    const missing = readinessOf(task).missing.map((part) => part.part)
    return [{ ...obstacle, message: `${obstacle.message} (missing: ${missing.join(', ')})` }]
  })
  return { task, ready: obstacles.length === 0, obstacles }
}

/** Where its attempt stands in the merge queue; null when it is not in it. */
async function mergingWords(
  storage: StorageTransaction,
  { workOrders }: Slice,
  { projectId, id: taskId, workOrderId }: Task,
): Promise<string | null> {
  const order = workOrderId === null ? undefined : workOrders.get(workOrderId)
  if (order === undefined) return null
  const given = { projectId, taskId, status: ['merging'] } as const
  const [attempt] = await storage.query('attempts', given)
  const target = attempt?.mergeTarget ?? null
  if (target === null) return null
  const queue = await storage.query('mergeQueue', { target, limit: mostQueued })
  const place = queue.findIndex(({ attemptId }) => attemptId === attempt?.id)
  return place === -1 ? null : `it is ${queueWords(place + 1, target)}`
}

/** Behind so many nobody counts places any more. */
const mostQueued = 1_000

export function readinessOf(task: Task): StatelessReadiness {
  return isStatelessReady({
    id: task.code,
    type: task.type,
    description: task.description,
    ...(task.context !== null && { context: task.context }),
  })
}
