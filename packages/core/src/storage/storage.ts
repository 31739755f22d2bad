import type { Event, StoredEvent } from '../event/event.ts'
import type { AttemptId, BatchId, PlanId, ProjectId, TaskId, WorkerId, WorkOrderId } from '../id.ts'
import type { Load, ResourceUse } from '../limit/admission.ts'
import type { BatchSummary } from '../staging/batch-summary.ts'
import type { Change, Slice, SliceKeys } from '../staging/slice.ts'
import type {
  Attempt,
  Priority,
  Project,
  Request,
  Session,
  StoredArtifact,
  StoredPlan,
  Task,
  Worker,
  WorkOrder,
} from '../staging/state.ts'

/**
 * Where state and events live: the only truth. State and its events are written in one
 * transaction. Expiry of leases is decided by the storage's own clock (`transaction.now`).
 */
export interface Storage {
  /**
   * Runs `work` in one serialisable transaction and resolves with its result once it is durable.
   * When `work` rejects, nothing of it is stored. `work` may run more than once (a busy database,
   * a serialisation failure), so it must not have effects of its own. It waits for each call, but
   * several reads may be under way at once. Where the host can tell (`workScope`), calls of `transaction`,
   * `renew` and `eventsAfter` inside `work` reject with `refused`: they would wait for it. `projectId` is a hint: all of it will be about that project
   * and will write, so that the project can be locked as the transaction begins.
   */
  transaction<Result>(
    work: (transaction: StorageTransaction) => Promise<Result>,
    projectId?: ProjectId,
  ): Promise<Result>
  /**
   * Extends the leases of these claims to `leaseMs` from the storage's now, each on its own, and
   * records that these workers are alive. A claim whose fence is no longer current, or whose lease
   * has already lapsed, is named in `lost` and stays lost.
   */
  renew(
    claims: readonly LeaseClaim[],
    leaseMs: number,
    workerIds?: readonly WorkerId[],
  ): Promise<{ readonly lost: readonly WorkOrderId[] }>
  /**
   * The events of a project after `cursor` (a sequence, 0 = from the start) in order, without gaps,
   * at most `limit` (default 1 000). Rejects with `pruned` when the event after the cursor was
   * pruned: what is gone is never left out silently (`prunedError`).
   */
  eventsAfter(projectId: ProjectId, cursor: number, limit?: number): Promise<readonly StoredEvent[]>
  /**
   * Follows the log from `cursor`: every event once, in order, also those that other processes
   * write, within the storage's poll interval. Ends when `signal` aborts or the storage closes;
   * throws `pruned` when the event that comes next was pruned before it was read.
   */
  watch(projectId: ProjectId, cursor: number, signal: AbortSignal): AsyncIterable<StoredEvent>
  /**
   * Calls `wake` soon after another process may have written - a hint that may be lost or repeat
   * itself - until the function it returns is called. Absent where no other process can write.
   */
  subscribe?(wake: () => void): () => void
  /** Releases files, connections and timers; calls after it reject. Closing twice is harmless. */
  close(): Promise<void>
}

export interface LeaseClaim {
  readonly workOrderId: WorkOrderId
  readonly fence: number
}

export interface StorageTransaction {
  /**
   * Milliseconds since the epoch by the storage's clock; the same from the first call of the
   * transaction on, and not before what others have written to the project of that call.
   */
  readonly now: number
  /** Loads and locks the rows, own writes of this transaction included. */
  load(keys: SliceKeys): Promise<Slice>
  /**
   * A hint: later calls of this transaction will ask for these rows and leases, so they may be read
   * in one go. Changes no answer; absent where reading ahead saves nothing.
   */
  readAhead?(keys: SliceKeys, claims: readonly LeaseClaim[]): Promise<void>
  /**
   * Writes the changes and appends the events of one project, numbering them without a gap.
   * Resolves with the events as stored. Reads see it at once, but it may be sent to the database
   * only with the next query or at the end: a conflict rejects the transaction in any case.
   */
  write(
    projectId: ProjectId,
    changes: readonly Change[],
    events: readonly Event[],
    actor: string,
  ): Promise<readonly StoredEvent[]>
  /** Grants a lease until `now + leaseMs` for the fence that the claim has just written. */
  lease(claims: readonly LeaseClaim[], workerId: WorkerId, leaseMs: number): Promise<void>
  /** Ends leases early; unknown ones are ignored. */
  release(workOrderIds: readonly WorkOrderId[]): Promise<void>
  /** Of these claims, the ones whose fence is current and whose lease has not lapsed. */
  held(claims: readonly LeaseClaim[]): Promise<ReadonlySet<WorkOrderId>>
  /**
   * Takes the events up to and including `sequence` out of the log and keeps `base` in their place,
   * a list of JSON values that each are small; what an earlier prune kept goes away. The numbering
   * goes on as before. Whoever prunes makes sure that `base` says all that readers need of those
   * events. Rejects with `refused` for a sequence that is no event of the log, or is pruned already.
   */
  prune(projectId: ProjectId, sequence: number, base: readonly unknown[]): Promise<void>
  query<Name extends QueryName>(
    name: Name,
    input: Queries[Name]['input'],
  ): Promise<Queries[Name]['output']>
}

/**
 * The reads that no slice serves. Lists are in the order stated, and what is equal in that by id
 * (`compareText`); all see own writes.
 */
export interface Queries {
  readonly projects: { input: object; output: readonly Project[] }
  /**
   * Queued work orders that may be claimed now: task staged and ready (`readiness`), not before
   * `notBefore`, account not held. Order: priority class, stage priority (higher first), urgency
   * by the plan, position. Caps are not applied here but in `admission`; tasks that have one of `keysInUse`
   * are left out already, since a thousand of them may stand before the first that is free, and so are
   * work orders that have lost as many workers as `interruptionsBelow`, tasks of `fullAccounts` and
   * `fullBatches`, tasks that ask for more of one of `scarceResources` than is left (`hasRoom`), and
   * those that ask for something else than these `capabilities`. With `enqueuedUntil`: only those
   * enqueued until then, the oldest first, equally old ones in the usual order.
   */
  readonly claimable: {
    input: {
      readonly projectId: ProjectId
      readonly limit: number
      readonly workOrderIds?: readonly WorkOrderId[]
      readonly keysInUse?: readonly string[]
      readonly interruptionsBelow?: number
      readonly fullAccounts?: readonly string[]
      readonly fullBatches?: readonly BatchId[]
      readonly scarceResources?: readonly ResourceUse[]
      readonly capabilities?: readonly string[]
      /** Never together with `workOrderIds`. */
      readonly enqueuedUntil?: number
    }
    output: readonly WorkOrderId[]
  }
  /** Tasks for which `readiness` holds, by SQL over stored facts alone, in claim order. */
  readonly ready: { input: { readonly projectId: ProjectId }; output: readonly TaskId[] }
  /** What runs now: the attempts that claimed work orders name, waiting ones not counted. */
  readonly load: { input: { readonly projectId: ProjectId }; output: Load }
  /** Claimed work orders whose lease has lapsed or is missing. */
  readonly expired: {
    input: { readonly projectId: ProjectId; readonly limit: number }
    output: readonly WorkOrderId[]
  }
  /**
   * The merge queue: attempts that are `merging` and whose claim still stands - the work order's, with
   * a lease that has not lapsed - of all projects, since several may land on one target. By target, by
   * when they were queued, by id: the first of a target is the one that may merge.
   */
  readonly mergeQueue: {
    /** All targets when none is named. */
    input: { readonly target?: string; readonly limit: number }
    output: readonly QueuedMerge[]
  }
  /** Workers last heard of (registered, renewed) more than `silentMs` ago, offline ones not counted. */
  readonly silentWorkers: {
    input: { readonly projectId: ProjectId; readonly silentMs: number }
    output: readonly WorkerId[]
  }
  /**
   * One row per batch, by order, with its tasks counted by status. With `moving` a storage may leave out
   * those of which nothing runs, is queued, has failed or was cancelled, that do not count as stuck and
   * open no layer by layer - but not the first that is promoted and has tasks left and, of those that are
   * not promoted, the first with staged tasks and the first of these that may be promoted by itself.
   */
  readonly batches: {
    input: { readonly projectId: ProjectId; readonly moving?: boolean }
    output: readonly BatchSummary[]
  }
  /** The work orders of open tasks, counted by priority: `high`, `normal`, `low`, each of them. */
  readonly queues: { input: { readonly projectId: ProjectId }; output: readonly QueueCounts[] }
  /** When the next queued work order may be claimed or hold ends; null when none waits for a time. */
  readonly nextTime: { input: { readonly projectId: ProjectId }; output: number | null }
  /** Tasks by position; filters combine with "and". */
  readonly tasks: {
    input: {
      readonly projectId: ProjectId
      readonly status?: readonly Task['status'][]
      readonly batchId?: BatchId
      readonly codes?: readonly string[]
    }
    output: readonly Task[]
  }
  readonly workOrders: {
    input: { readonly projectId: ProjectId; readonly taskId?: TaskId }
    output: readonly WorkOrder[]
  }
  /**
   * By when they began; filters combine with "and". Asked for none but open ones (running, waiting,
   * verifying, merging) a storage may look only at those that claimed work orders name.
   */
  readonly attempts: {
    input: {
      readonly projectId: ProjectId
      readonly taskId?: TaskId
      readonly status?: readonly Attempt['status'][]
    }
    output: readonly Attempt[]
  }
  readonly requests: {
    input: {
      readonly projectId: ProjectId
      readonly status?: readonly Request['status'][]
      readonly taskId?: TaskId
    }
    output: readonly Request[]
  }
  readonly workers: { input: { readonly projectId: ProjectId }; output: readonly Worker[] }
  /** By when they began; filters combine with "and". */
  readonly sessions: {
    input: {
      readonly projectId: ProjectId
      readonly status?: readonly Session['status'][]
      readonly taskId?: TaskId
      /** The worker that used it last. */
      readonly workerId?: WorkerId
    }
    output: readonly Session[]
  }
  /** The stored plan, newest revision unless one is named; null when there is none. */
  readonly plan: {
    input: { readonly projectId: ProjectId; readonly planId?: PlanId }
    output: StoredPlan | null
  }
  readonly artifact: {
    input: { readonly projectId: ProjectId; readonly hash: string }
    output: StoredArtifact | null
  }
  readonly artifacts: {
    input: { readonly projectId: ProjectId; readonly taskId?: TaskId }
    output: readonly Omit<StoredArtifact, 'bytes'>[]
  }
  /** The project that a batch, plan, request, task, work order, attempt or session is of, or null. */
  readonly projectOf: { input: { readonly id: string }; output: ProjectId | null }
  /** Last sequence of the project's log, 0 when empty. */
  readonly lastSequence: { input: { readonly projectId: ProjectId }; output: number }
  /** The last sequence that was pruned, 0 when the log is whole. */
  readonly prunedThrough: { input: { readonly projectId: ProjectId }; output: number }
  /** What the last prune kept in place of the events, in its order; empty when the log is whole. */
  readonly logBase: { input: { readonly projectId: ProjectId }; output: readonly unknown[] }
}
export type QueryName = keyof Queries

/** An attempt whose gates have passed and that waits to land, or lands. */
export interface QueuedMerge {
  /** `WorkspaceProvider.mergeTarget` of its process. */
  readonly target: string
  readonly projectId: ProjectId
  readonly taskId: TaskId
  readonly code: string
  readonly workOrderId: WorkOrderId
  readonly attemptId: AttemptId
  /** Which attempt of the task it is. */
  readonly number: number
  readonly queuedAt: number
}

/** One priority class of a project's work orders that have not settled. */
export interface QueueCounts {
  readonly priority: Priority
  /** Released and not claimed, those that wait for a time included. */
  readonly queued: number
  /** Of the queued ones: not claimable before a later time. */
  readonly later: number
  /** Of the queued ones: had an attempt before. */
  readonly retried: number
  readonly claimed: number
  /** When the oldest queued one was queued; null when none is. */
  readonly oldestAt: number | null
}
