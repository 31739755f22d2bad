import type { Batch } from './state.ts'

/** A batch with its tasks counted, as promotion looks at it. */
export interface BatchSummary {
  readonly batch: Batch
  readonly total: number
  readonly todo: number
  readonly staged: number
  /** Of the staged ones: ready by `readiness`, with a queued work order. */
  readonly queued: number
  readonly doing: number
  readonly review: number
  readonly done: number
  readonly failed: number
  readonly cancelled: number
  /** The least layer that still has a task which has not settled; null when all have. */
  readonly lowestOpenLayer: number | null
  /** Time of the last change of one of its tasks, milliseconds. */
  readonly lastProgressAt: number
}
