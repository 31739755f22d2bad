import type { ProjectId, WorkOrderId } from '../id.ts'

/**
 * Moves references to work orders towards free slots; the storage decides who gets them. A delivery
 * is a hint: lost, doubled, late or reordered ones are harmless, because claim, lease, fence, limits
 * and re-dispatch are the storage's. Losing the dispatcher costs latency only.
 */
export interface Dispatcher {
  readonly name: string
  /**
   * Tells that these work orders can be claimed, now or from `notBefore` on. May repeat itself. No
   * references at all: something else may let work start, so it is time to look again.
   */
  dispatch(references: readonly DispatchReference[]): Promise<void>
  /**
   * Calls `deliver` whenever there may be work, at most `slots()` calls at a time, until `signal`
   * aborts. `slots` may change while it runs. A call that resolves `empty` tells that nothing was
   * to be had; the next dispatch or poll starts over.
   */
  consume(options: ConsumeOptions, deliver: (delivery: Delivery) => Promise<Disposition>): Consumer
  /** Whether deliveries can be expected. */
  health(): Promise<{ readonly ok: boolean; readonly reason?: string }>
  close(): Promise<void>
}

export interface DispatchReference {
  readonly projectId: ProjectId
  readonly workOrderId: WorkOrderId
  /** The fence at dispatch; the same reference twice is one delivery at least. */
  readonly fence: number
  /** Milliseconds since the epoch. */
  readonly notBefore?: number
}

export interface ConsumeOptions {
  /** Whose work orders the deliveries are for; those of other projects find nothing here. */
  readonly projectId: ProjectId
  readonly slots: () => number
  readonly signal: AbortSignal
}

/** Without ids: claim whatever is best. */
export interface Delivery {
  readonly workOrderIds?: readonly WorkOrderId[]
}

export type Disposition = 'done' | 'empty'

export interface Consumer {
  /** Looks for work again: after a timer, a freed slot, a changed cap. */
  wake(): void
  /** Resolves when `signal` has aborted and no delivery is in flight; rejects when it broke. */
  readonly done: Promise<void>
}
