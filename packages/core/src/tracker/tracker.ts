import type { TaskStatus } from '../staging/state.ts'

/**
 * A tracker that people already look at. Cueline mirrors its tasks there; the storage stays the
 * truth. What a tracker cannot express is said in the result of the item, never dropped silently.
 */
export interface Tracker {
  readonly name: string
  /** Statuses the tracker can show; others are shown as the nearest one and reported. */
  readonly statuses: readonly string[]
  /** Creates the project or finds the one with the same key; resolves with the tracker's own id. */
  project(project: {
    readonly key: string
    readonly name: string
  }): Promise<{ readonly id: string }>
  /**
   * Creates or updates one item per key, in order, each on its own. Sending the same item twice
   * changes nothing.
   */
  push(projectId: string, items: readonly TrackerItem[]): Promise<readonly TrackerResult[]>
  /** What the tracker holds, for drift reports. */
  pull(projectId: string): Promise<readonly TrackerItem[]>
  close(): Promise<void>
}

export interface TrackerItem {
  /** Our task code: the correlation key, stored with the item. */
  readonly key: string
  readonly title: string
  readonly description: string
  readonly status: TaskStatus
}

export type TrackerResult =
  | {
      readonly key: string
      readonly ok: true
      readonly id: string
      /** Fields or values that the tracker could not take as they are. */
      readonly unsupported: readonly string[]
    }
  | {
      readonly key: string
      readonly ok: false
      readonly reason: string
      readonly retryable: boolean
    }
