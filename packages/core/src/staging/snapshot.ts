import { applyChanges, copySlice, type MutableSlice } from './apply-changes.ts'
import { emptySlice, type Slice } from './slice.ts'
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

/** A whole project at one moment, as plain JSON. Events after `cursor` carry on from here. */
export interface Snapshot {
  /** Sequence of the last event that the snapshot contains. */
  readonly cursor: number
  readonly project: Project
  readonly tasks: readonly Task[]
  readonly dependencies: readonly Dependency[]
  readonly batches: readonly Batch[]
  readonly workOrders: readonly WorkOrder[]
  readonly attempts: readonly Attempt[]
  readonly requests: readonly Request[]
  readonly holds: readonly Hold[]
  readonly workers: readonly Worker[]
  readonly sessions: readonly Session[]
}

export function toSnapshot(project: Project, slice: Slice, cursor: number): Snapshot {
  return {
    cursor,
    project,
    tasks: [...slice.tasks.values()],
    dependencies: [...slice.dependencies.values()].flat(),
    batches: [...slice.batches.values()],
    workOrders: [...slice.workOrders.values()],
    attempts: [...slice.attempts.values()],
    requests: [...slice.requests.values()],
    holds: [...slice.holds.values()],
    workers: [...slice.workers.values()],
    sessions: [...slice.sessions.values()],
  }
}

/** The state of a snapshot, ready to be folded on. */
export function fromSnapshot(snapshot: Snapshot): MutableSlice {
  const slice = copySlice(emptySlice)
  slice.project = snapshot.project
  for (const row of snapshot.tasks) slice.tasks.set(row.id, row)
  for (const row of snapshot.batches) slice.batches.set(row.id, row)
  for (const row of snapshot.workOrders) slice.workOrders.set(row.id, row)
  for (const row of snapshot.attempts) slice.attempts.set(row.id, row)
  for (const row of snapshot.requests) slice.requests.set(row.id, row)
  for (const row of snapshot.holds) slice.holds.set(row.account, row)
  for (const row of snapshot.workers) slice.workers.set(row.id, row)
  for (const row of snapshot.sessions) slice.sessions.set(row.id, row)
  applyChanges(
    slice,
    snapshot.dependencies.map((row) => ({ table: 'dependency', kind: 'insert', row })),
  )
  return slice
}
