import type { TaskStatus } from '../staging/state.ts'
import { CuelineError } from '../error.ts'
import type { Tracker, TrackerItem, TrackerResult } from './tracker.ts'

/** The statuses of a task; a tracker without restrictions shows them all. */
const everyStatus: readonly TaskStatus[] = [
  'todo',
  'staged',
  'doing',
  'review',
  'done',
  'failed',
  'cancelled',
]

export interface MemoryTracker extends Tracker {
  /** How many items were created or really changed; a repeated push adds nothing. */
  readonly writes: number
}

/** A tracker that keeps its items in memory, for tests and as an example. */
export function memoryTracker(): MemoryTracker {
  const projects = new Map<
    string,
    { id: string; items: Map<string, TrackerItem & { id: string }> }
  >()
  let writes = 0

  const open = (projectId: string) => {
    for (const project of projects.values()) if (project.id === projectId) return project.items
    throw new CuelineError(
      'not-found',
      `The tracker has no project with the id "${projectId}"; call project() first.`,
      { details: { projectId } },
    )
  }

  return {
    name: 'memory',
    statuses: everyStatus,
    get writes() {
      return writes
    },
    async project({ key }) {
      const known = projects.get(key)
      if (known !== undefined) return { id: known.id }
      const id = `project-${projects.size + 1}`
      projects.set(key, { id, items: new Map() })
      return { id }
    },
    async push(projectId, items) {
      const held = open(projectId)
      return items.map(({ key, title, description, status }): TrackerResult => {
        const known = held.get(key)
        const id = known?.id ?? `item-${held.size + 1}`
        const same =
          known?.title === title && known.description === description && known.status === status
        if (!same) {
          held.set(key, { id, key, title, description, status })
          writes += 1
        }
        return { key, ok: true, id, unsupported: [] }
      })
    },
    async pull(projectId) {
      return [...open(projectId).values()].map(({ key, title, description, status }) => ({
        key,
        title,
        description,
        status,
      }))
    },
    async close() {},
  }
}
