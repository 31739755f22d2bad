import type {
  AttemptId,
  BatchId,
  PlanId,
  ProjectId,
  RequestId,
  SessionId,
  TaskId,
  WorkerId,
  WorkOrderId,
} from '../id.ts'
import type {
  Batch,
  Dependency,
  Failure,
  PlannedTask,
  Project,
  ProjectDelivery,
  ProjectSettings,
  Reached,
  Request,
  SessionEndReason,
  Task,
  Touched,
  Verdict,
} from '../staging/state.ts'

/**
 * The log's vocabulary: what happened, past tense, with all the data that is needed to fold the
 * same state again (`evolve`). A bulk command gives one event that lists its tasks.
 */
export type Event = { readonly at: number } & (
  | { readonly type: 'project.created'; readonly project: Omit<Project, 'deliveries'> }
  | {
      readonly type: 'project.updated'
      readonly projectId: ProjectId
      readonly name?: string
      readonly settings?: Partial<ProjectSettings>
    }
  | { readonly type: 'project.paused'; readonly projectId: ProjectId }
  | { readonly type: 'project.resumed'; readonly projectId: ProjectId }
  | {
      /** Finished work is offered to people. */
      readonly type: 'delivery.opened'
      readonly projectId: ProjectId
      readonly delivery: Omit<ProjectDelivery, 'openedAt' | 'changedAt'>
    }
  | {
      /** Another commit is offered, or people or their checks did something with it. */
      readonly type: 'delivery.changed'
      readonly projectId: ProjectId
      readonly number: number
      readonly set: Partial<Pick<ProjectDelivery, 'commit' | 'url' | 'state' | 'checks'>>
    }
  | {
      /** The events up to and including `through` were taken out of the log, so many at this time. */
      readonly type: 'log.pruned'
      readonly projectId: ProjectId
      readonly through: number
      readonly events: number
    }
  | {
      readonly type: 'tasks.added'
      readonly tasks: readonly Omit<Task, 'exclusiveKeys' | 'touched'>[]
      readonly dependencies: readonly Dependency[]
    }
  | {
      readonly type: 'task.updated'
      readonly taskId: TaskId
      readonly set: Partial<Task>
    }
  | {
      readonly type: 'dependencies.changed'
      readonly taskId: TaskId
      readonly added: readonly Dependency[]
      readonly removed: readonly TaskId[]
      readonly openDependencies: number
    }
  | {
      readonly type: 'tasks.planned'
      readonly planId: PlanId
      readonly revision: number
      readonly hash: string
      readonly tasks: readonly PlannedTask[]
    }
  | {
      readonly type: 'tasks.staged'
      readonly batchId: BatchId
      readonly tasks: readonly { readonly id: TaskId; readonly stagePriority: number }[]
      readonly forced: boolean
    }
  | { readonly type: 'tasks.unstaged'; readonly taskIds: readonly TaskId[] }
  | {
      readonly type: 'task.cancelled'
      readonly taskId: TaskId
      readonly reason: string
    }
  | { readonly type: 'task.reopened'; readonly taskId: TaskId; readonly to: 'todo' | 'staged' }
  | {
      /** A person or a host says that the work is done, without an attempt. */
      readonly type: 'task.done'
      readonly taskId: TaskId
      readonly summary: string
      readonly reached: Reached
      readonly released: readonly Released[]
    }
  | { readonly type: 'task.failed'; readonly taskId: TaskId; readonly failure: Failure }
  | { readonly type: 'batch.created'; readonly batch: Batch }
  | {
      readonly type: 'batch.updated'
      readonly batchId: BatchId
      readonly set: Partial<
        Pick<Batch, 'name' | 'description' | 'maxParallelTasks' | 'autoPromote'>
      >
    }
  | { readonly type: 'batch.deleted'; readonly batchId: BatchId }
  | {
      readonly type: 'batches.reordered'
      readonly order: readonly { readonly id: BatchId; readonly order: number }[]
    }
  | {
      readonly type: 'batch.promoted'
      readonly batchId: BatchId
      readonly generation: number
      readonly openLayer: number | null
      /** True when nobody asked: the notification that auto-promotion owes people. */
      readonly auto: boolean
      readonly reason: string
    }
  | { readonly type: 'batch.layer-opened'; readonly batchId: BatchId; readonly openLayer: number }
  | { readonly type: 'batch.paused'; readonly batchId: BatchId }
  | { readonly type: 'batch.resumed'; readonly batchId: BatchId }
  | {
      readonly type: 'batch.stuck'
      readonly batchId: BatchId
      readonly reason: string
      readonly policy: 'retry' | 'skip' | 'hold'
    }
  | { readonly type: 'batch.unstuck'; readonly batchId: BatchId }
  | {
      readonly type: 'work.released'
      readonly orders: readonly { readonly id: WorkOrderId; readonly taskId: TaskId }[]
    }
  | {
      readonly type: 'work.withdrawn'
      readonly orders: readonly { readonly id: WorkOrderId; readonly taskId: TaskId }[]
    }
  | {
      readonly type: 'attempt.started'
      readonly attemptId: AttemptId
      readonly taskId: TaskId
      readonly workOrderId: WorkOrderId
      readonly workerId: WorkerId
      readonly number: number
      readonly fence: number
    }
  | {
      readonly type: 'attempt.waiting'
      readonly attemptId: AttemptId
      readonly requestId: RequestId
    }
  | { readonly type: 'attempt.resumed'; readonly attemptId: AttemptId }
  | {
      readonly type: 'attempt.verifying'
      readonly attemptId: AttemptId
      readonly taskId: TaskId
      readonly summary: string
      readonly released: readonly Released[]
    }
  | {
      /** Gates have passed; the attempt waits in the merge queue, and merges when it is its turn. */
      readonly type: 'attempt.merging'
      readonly attemptId: AttemptId
      readonly taskId: TaskId
      readonly verdicts: readonly Verdict[]
      /** What it is to land on; absent in logs from before there was a queue. */
      readonly target?: string
      /** Who may start from its verified work; absent where nobody can before it has landed. */
      readonly released?: readonly Released[]
    }
  | {
      readonly type: 'attempt.succeeded'
      readonly attemptId: AttemptId
      readonly taskId: TaskId
      readonly workOrderId: WorkOrderId
      readonly verdicts: readonly Verdict[]
      readonly merged: string | null
      /** What its work changed; left out where nobody could tell. */
      readonly touched?: Touched
      readonly reached: Reached
      readonly released: readonly Released[]
    }
  | {
      readonly type: 'attempt.failed'
      readonly attemptId: AttemptId
      readonly taskId: TaskId
      readonly workOrderId: WorkOrderId
      readonly failure: Failure
      readonly verdicts: readonly Verdict[]
      readonly charged: boolean
      /** With this one, how often work of the order has come back from the merge queue; if it did. */
      readonly mergeRounds?: number
      /** What its work changed, when it came to a merge that did not land. */
      readonly touched?: Touched
      /** When the work order may be claimed again; null when it may not. */
      readonly retryAt: number | null
    }
  | {
      /** The worker was lost or stopped: nothing it did counts, and nothing is charged. */
      readonly type: 'attempt.interrupted'
      readonly attemptId: AttemptId
      readonly taskId: TaskId
      readonly workOrderId: WorkOrderId
      readonly reason: string
      /** True when the worker was lost, so that a task that kills its workers is found out. */
      readonly counted: boolean
      readonly retryAt: number | null
    }
  | {
      /** The worker that was counted as lost is heard of again: the task is not suspected for it. */
      readonly type: 'attempt.survived'
      readonly attemptId: AttemptId
      readonly taskId: TaskId
      readonly workOrderId: WorkOrderId
      readonly reason: string
    }
  | {
      readonly type: 'attempt.yielded'
      readonly attemptId: AttemptId
      readonly taskId: TaskId
      readonly workOrderId: WorkOrderId
      readonly reason: string
      readonly retryAt: number
    }
  | {
      /**
       * Its work, which is still under way, would not merge as it stands: with that of another attempt or,
       * where `with` is null, with what has landed since it began. Advice; nothing follows from it.
       */
      readonly type: 'attempt.overlapping'
      readonly attemptId: AttemptId
      readonly taskId: TaskId
      readonly with: { readonly attemptId: AttemptId; readonly taskId: TaskId } | null
      readonly paths: readonly string[]
      /** The paths in words, with lines where there are such. */
      readonly message: string
    }
  | {
      /** It was the first of a group that was merged and judged together. Nothing follows from it. */
      readonly type: 'attempt.grouped'
      readonly attemptId: AttemptId
      readonly taskId: TaskId
      /** All of the group, itself the first. */
      readonly attempts: readonly AttemptId[]
      /** How many of these have landed by it, from the first on. */
      readonly landed: number
      /** How often merged results were judged for that. */
      readonly gateRuns: number
      /** How many fewer that were than one by one; below 0 when it was more. */
      readonly gateRunsSaved: number
    }
  | {
      readonly type: 'attempt.output'
      readonly attemptId: AttemptId
      readonly taskId: TaskId
      readonly stream: 'stdout' | 'stderr' | 'progress'
      readonly text: string
    }
  | {
      /**
       * The attempt has got a place of its own to work in. This and what follows are facts about folders
       * and branches, not claims: no lease is asked for, no state follows, and an engine that has lost the
       * attempt meanwhile tells them too. No other attempt has that id, so nobody is misled.
       */
      readonly type: 'workspace.created'
      readonly attemptId: AttemptId
      readonly taskId: TaskId
      /** Names the state that its work starts from. */
      readonly base: string
      /** Its folder; null where it has none. */
      readonly path: string | null
    }
  | {
      /** It is gone. What had not landed is kept as `salvaged`; null where there was nothing to lose. */
      readonly type: 'workspace.removed'
      readonly attemptId: AttemptId
      readonly taskId: TaskId
      readonly salvaged: string | null
    }
  | {
      /** Somebody got a branch of what is kept as `kept`. */
      readonly type: 'workspace.restored'
      readonly attemptId: AttemptId
      readonly taskId: TaskId
      readonly kept: string
      readonly branch: string
    }
  | {
      /** What was kept of it was let go, by the rules of whoever asked. */
      readonly type: 'workspace.pruned'
      readonly attemptId: AttemptId
      readonly taskId: TaskId
      /** Each with the commit that it named, by which it can be found while git still has it. */
      readonly kept: readonly { readonly name: string; readonly commit: string }[]
    }
  | { readonly type: 'request.opened'; readonly request: Request }
  | {
      readonly type: 'request.answered'
      readonly requestId: RequestId
      readonly answer: string
      readonly by: string
    }
  | { readonly type: 'request.cancelled'; readonly requestId: RequestId; readonly reason: string }
  | {
      readonly type: 'account.held'
      readonly projectId: ProjectId
      readonly account: string
      readonly until: number
      readonly reason: string
    }
  | { readonly type: 'account.released'; readonly projectId: ProjectId; readonly account: string }
  | {
      readonly type: 'worker.registered'
      readonly projectId: ProjectId
      readonly workerId: WorkerId
      readonly name: string
    }
  | {
      readonly type: 'worker.changed'
      readonly workerId: WorkerId
      readonly status: 'idle' | 'busy' | 'waiting' | 'error' | 'offline'
      readonly reason: string
    }
  | {
      readonly type: 'session.started'
      readonly sessionId: SessionId
      readonly agentSessionId: string
      readonly taskId: TaskId
      readonly attemptId: AttemptId
      readonly workerId: WorkerId
    }
  | {
      /** A later attempt took it up again. */
      readonly type: 'session.used'
      readonly sessionId: SessionId
      readonly attemptId: AttemptId
      readonly workerId: WorkerId
    }
  | {
      readonly type: 'session.ended'
      readonly sessionId: SessionId
      readonly reason: SessionEndReason
    }
)

/** A dependent with one open dependency less, and how many it has left. */
export interface Released {
  readonly id: TaskId
  readonly openDependencies: number
}

export type EventType = Event['type']
export type EventOf<Type extends EventType> = Extract<Event, { type: Type }>

/** An event in the log. `sequence` counts 1, 2, 3 … within its project, without gaps. */
export type StoredEvent = Event & {
  readonly projectId: ProjectId
  readonly sequence: number
  readonly actor: string
}
