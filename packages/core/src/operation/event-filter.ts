import { CuelineError } from '../error.ts'
import type { Event, StoredEvent } from '../event/event.ts'
import type { ProjectId } from '../id.ts'
import type { Storage, StorageTransaction } from '../storage/storage.ts'
import { resolveTask } from './resolve.ts'

/** Whose events are wanted; both together mean the events of this worker about this task. */
export interface EventFilterOptions {
  /** Id or code. */
  readonly task?: string | undefined
  /** Id or name; workers of several runs may share a name. */
  readonly worker?: string | undefined
}

/**
 * Tells which events are about a task or a worker: those that name it, its attempts or its requests.
 * Give it the events in their order, so that it hears of new attempts. Throws `not-found` for a task
 * or a worker that does not exist.
 */
export async function eventFilter(
  storage: Storage,
  projectId: ProjectId,
  { task, worker }: EventFilterOptions,
): Promise<(event: StoredEvent) => boolean> {
  if (task === undefined && worker === undefined) return () => true
  const subjects = await storage.transaction(async (transaction) => [
    ...(task === undefined ? [] : [await idsOfTask(transaction, projectId, task)]),
    ...(worker === undefined ? [] : [await idsOfWorker(transaction, projectId, worker)]),
  ])
  return (event) => {
    // All of them, also after one has said no: each hears of what is new.
    const answers = subjects.map((ids) => concerns(event, ids))
    return !answers.includes(false)
  }
}

async function idsOfTask(
  transaction: StorageTransaction,
  projectId: ProjectId,
  reference: string,
): Promise<Set<string>> {
  const { id: taskId } = await resolveTask(transaction, projectId, reference)
  const attempts = await transaction.query('attempts', { projectId, taskId })
  const requests = await transaction.query('requests', { projectId, taskId })
  return new Set<string>([taskId, ...attempts.map(({ id }) => id), ...requests.map(({ id }) => id)])
}

async function idsOfWorker(
  transaction: StorageTransaction,
  projectId: ProjectId,
  reference: string,
): Promise<Set<string>> {
  const workers = await transaction.query('workers', { projectId })
  const meant = workers.filter(({ id, name }) => id === reference || name === reference)
  if (meant.length === 0) throw noWorker(projectId, reference)
  const ids = new Set<string>(meant.map(({ id }) => id))
  for (const { id, workerId } of await transaction.query('attempts', { projectId })) {
    if (ids.has(workerId)) ids.add(id)
  }
  for (const { id, attemptId } of await transaction.query('requests', { projectId })) {
    if (ids.has(attemptId)) ids.add(id)
  }
  return ids
}

/** What happens to others because of an event is told by events of their own. */
const consequences: ReadonlySet<string> = new Set(['released', 'dependencies', 'added', 'removed'])

function concerns(event: StoredEvent, ids: Set<string>): boolean {
  const about = Object.entries(event).some(([field, value]) => {
    if (typeof value === 'string') return field.endsWith('Id') && ids.has(value)
    if (typeof value !== 'object' || value === null || consequences.has(field)) return false
    return (Array.isArray(value) ? value : [value]).some((part) => names(part, ids))
  })
  if (about) addTo(ids, event)
  return about
}

function names(part: unknown, ids: ReadonlySet<string>): boolean {
  if (typeof part === 'string') return ids.has(part)
  if (typeof part !== 'object' || part === null) return false
  const { id, taskId, attemptId, workerId } = part as Readonly<Record<string, unknown>>
  return [id, taskId, attemptId, workerId].some((one) => typeof one === 'string' && ids.has(one))
}

function addTo(ids: Set<string>, event: Event): void {
  if (event.type === 'attempt.started') ids.add(event.attemptId)
  else if (event.type === 'request.opened') ids.add(event.request.id)
}

function noWorker(projectId: ProjectId, worker: string): CuelineError {
  return new CuelineError(
    'not-found',
    `Project "${projectId}" has no worker "${worker}". \`workers.list\` (\`cueline workers --all\`) names those it has; give the name or the id of one.`,
    { details: { projectId, worker } },
  )
}
