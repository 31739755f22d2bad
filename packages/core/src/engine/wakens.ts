import type { StoredEvent } from '../event/event.ts'

/** New, changed or blocked tasks and batches. */
const wakening: ReadonlySet<StoredEvent['type']> = new Set([
  'project.updated',
  'project.resumed',
  'tasks.staged',
  'tasks.unstaged',
  'task.cancelled',
  'task.failed',
  'task.reopened',
  'batch.created',
  'batch.promoted',
  'batch.updated',
  'batch.deleted',
  'batch.resumed',
  'batches.reordered',
])

/** Whether a quiet project may advance after this event. */
export function wakens({ type }: StoredEvent): boolean {
  return wakening.has(type)
}
