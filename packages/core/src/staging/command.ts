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
import type { Load } from '../limit/admission.ts'
import type {
  Batch,
  Dependency,
  Failure,
  PlannedTask,
  ProjectDelivery,
  ProjectSettings,
  Request,
  Task,
  Touched,
  Verdict,
  Worker,
} from './state.ts'

/** What may be asked of a project, imperative. `decide` answers with events or a refusal. */
export type Command = { readonly projectId: ProjectId } & (
  | { readonly type: 'project.create'; readonly name: string; readonly settings: ProjectSettings }
  | {
      readonly type: 'project.update'
      readonly name?: string
      readonly settings?: Partial<ProjectSettings>
    }
  | { readonly type: 'project.pause' }
  | { readonly type: 'project.resume' }
  | {
      /** What was delivered, or has become of it; nothing happens when all of it is known. */
      readonly type: 'delivery.record'
      readonly delivery: Omit<ProjectDelivery, 'openedAt' | 'changedAt'>
    }
  | {
      /** What has become of the workspace of an attempt; it changes no row. */
      readonly type: 'workspace.record'
      readonly attemptId: AttemptId
      readonly taskId: TaskId
      readonly happened:
        | { readonly what: 'created'; readonly base: string; readonly path: string | null }
        | { readonly what: 'removed'; readonly salvaged: string | null }
        | { readonly what: 'restored'; readonly kept: string; readonly branch: string }
        | {
            readonly what: 'pruned'
            readonly kept: readonly { readonly name: string; readonly commit: string }[]
          }
    }
  /** Says so in the log; whoever prunes does it in the same transaction. */
  | { readonly type: 'log.prune'; readonly through: number; readonly events: number }
  | {
      readonly type: 'tasks.add'
      readonly tasks: readonly NewTask[]
      readonly dependencies: readonly Dependency[]
    }
  | { readonly type: 'task.update'; readonly taskId: TaskId; readonly set: TaskPatch }
  | {
      readonly type: 'task.depend'
      readonly taskId: TaskId
      /** The whole list of its dependencies from now on. */
      readonly dependencies: readonly Dependency[]
    }
  | {
      readonly type: 'tasks.plan'
      readonly planId: PlanId
      readonly revision: number
      readonly hash: string
      readonly tasks: readonly PlannedTask[]
    }
  | {
      readonly type: 'tasks.stage'
      readonly batchId: BatchId
      readonly tasks: readonly { readonly id: TaskId; readonly stagePriority: number }[]
      /** Stage and dispatch tasks although their context is incomplete. */
      readonly force: boolean
    }
  | { readonly type: 'tasks.unstage'; readonly taskIds: readonly TaskId[] }
  | { readonly type: 'tasks.retry'; readonly taskIds: readonly TaskId[] }
  | { readonly type: 'task.cancel'; readonly taskId: TaskId; readonly reason: string }
  | { readonly type: 'task.complete'; readonly taskId: TaskId; readonly summary: string }
  | { readonly type: 'batch.create'; readonly batch: Batch }
  | {
      readonly type: 'batch.update'
      readonly batchId: BatchId
      readonly set: Partial<
        Pick<Batch, 'name' | 'description' | 'maxParallelTasks' | 'autoPromote'>
      >
    }
  | { readonly type: 'batch.delete'; readonly batchId: BatchId }
  | { readonly type: 'batches.reorder'; readonly order: readonly BatchId[] }
  | {
      readonly type: 'batch.promote'
      readonly batchId: BatchId
      readonly auto: boolean
      readonly reason: string
      /**
       * Promote only if a task of these batches, which rest, waits for a task of this one: a barrier
       * must not keep work apart that can only move together.
       */
      readonly awaitedBy?: readonly BatchId[]
    }
  | { readonly type: 'batch.open-layer'; readonly batchId: BatchId; readonly layer: number }
  | { readonly type: 'batch.pause'; readonly batchId: BatchId }
  | { readonly type: 'batch.resume'; readonly batchId: BatchId }
  | {
      /** Look whether the batch is stuck, say why, and follow the project's policy. */
      readonly type: 'batch.unstick'
      readonly batchId: BatchId
      readonly silentMs: number
      /** Nothing of the project runs or could be claimed, now or after a pause before a retry. */
      readonly idle: boolean
    }
  | {
      readonly type: 'work.claim'
      readonly workers: readonly WorkerId[]
      /** In the order in which they should be claimed. */
      readonly candidates: readonly WorkOrderId[]
      readonly load: Load
      /** What these workers can do; left out, they can do everything. */
      readonly capabilities?: readonly string[]
    }
  | {
      /** Leases that lapsed: the attempts are interrupted and their work returns to the queue. */
      readonly type: 'work.reclaim'
      readonly workOrderIds: readonly WorkOrderId[]
      /** Attempts of these whose process is the one that asks: it stood still and is not lost. */
      readonly alive?: readonly AttemptId[]
      /** Attempts of these of which nothing ran any more: they waited for their turn to merge. */
      readonly waited?: readonly AttemptId[]
      /** Of these, the ones whose work turned out to be merged already, and what contains it. */
      readonly landed: readonly {
        readonly workOrderId: WorkOrderId
        readonly taskId: TaskId
        readonly merged: string
        readonly touched?: Touched
      }[]
    }
  | {
      /**
       * The process of an attempt that was taken for lost is heard of again, so that its task did not kill
       * it. Nothing happens where that was not counted, has been taken back or is settled.
       */
      readonly type: 'attempt.survive'
      readonly attemptId: AttemptId
    }
  | (AttemptWrite &
      (
        | { readonly type: 'attempt.wait'; readonly request: RequestDraft }
        | { readonly type: 'attempt.resume'; readonly load: Load }
        | { readonly type: 'attempt.verify'; readonly summary: string }
        | {
            /** Into the merge queue of the target; the end of it is `attempt.succeed` or `attempt.fail`. */
            readonly type: 'attempt.merge'
            readonly verdicts: readonly Verdict[]
            /** `WorkspaceProvider.mergeTarget`. */
            readonly target: string
            /** Others can start from the verified work before it has landed. */
            readonly releases?: boolean
          }
        | {
            readonly type: 'attempt.succeed'
            readonly verdicts: readonly Verdict[]
            readonly merged: string | null
            readonly touched?: Touched
          }
        | {
            readonly type: 'attempt.fail'
            readonly failure: Failure
            readonly verdicts: readonly Verdict[]
            readonly touched?: Touched
            readonly retryAfterMs?: number
          }
        | { readonly type: 'attempt.interrupt'; readonly reason: string }
        | {
            readonly type: 'attempt.yield'
            readonly reason: string
            /** At once when left out. */
            readonly retryAfterMs?: number
          }
        | {
            /** Somebody has seen that its open work contradicts other work. */
            readonly type: 'attempt.overlap'
            readonly with: { readonly attemptId: AttemptId; readonly taskId: TaskId } | null
            readonly paths: readonly string[]
            readonly message: string
          }
        | {
            /** It was judged together with others, before it lands or fails. */
            readonly type: 'attempt.group'
            readonly attempts: readonly AttemptId[]
            readonly landed: number
            readonly gateRuns: number
            readonly gateRunsSaved: number
          }
        | {
            readonly type: 'attempt.output'
            readonly stream: 'stdout' | 'stderr' | 'progress'
            readonly text: string
          }
        /** The agent says under which id of its own it works. */
        | { readonly type: 'session.use'; readonly agentSessionId: string }
      ))
  | {
      readonly type: 'session.end'
      readonly sessionId: SessionId
      /** Also while work is in flight. */
      readonly force: boolean
    }
  | {
      /** Ends those of these sessions that have been kept long enough. */
      readonly type: 'sessions.expire'
      readonly sessionIds: readonly SessionId[]
    }
  | {
      readonly type: 'request.answer'
      readonly requestId: RequestId
      readonly answer: string
      readonly by: string
    }
  | { readonly type: 'account.release'; readonly account: string }
  | { readonly type: 'worker.register'; readonly workerId: WorkerId; readonly name: string }
  | {
      /** An offline worker was heard of again; nothing happens to one that is not offline. */
      readonly type: 'worker.revive'
      readonly workerId: WorkerId
    }
  | {
      readonly type: 'worker.change'
      readonly workerId: WorkerId
      readonly status: Worker['status']
      readonly reason: string
    }
)

/** Every write of a claim names its fence; `held` says whether its lease stood in this transaction. */
export interface AttemptWrite {
  readonly taskId: TaskId
  readonly workOrderId: WorkOrderId
  readonly attemptId: AttemptId
  readonly fence: number
  readonly held: boolean
}

export type RequestDraft = Pick<Request, 'kind' | 'text' | 'options'>

/** What people say of a task. */
type Described =
  | 'title'
  | 'description'
  | 'type'
  | 'priority'
  | 'epic'
  | 'sprint'
  | 'parent'
  | 'estimate'
  | 'touches'
  | 'resources'
  | 'repository'
  | 'baseBranch'
  | 'account'
  | 'capabilities'
  | 'context'
  | 'contextReady'

/** A task as it enters: what staging itself keeps is not given. */
export type NewTask = Pick<Task, Described | 'id' | 'code' | 'position'> & {
  readonly status: 'todo' | 'done' | 'cancelled'
}

export type TaskPatch = Partial<Pick<Task, Described | 'stagePriority' | 'summary'>>

export type CommandType = Command['type']
export type CommandOf<Type extends CommandType> = Extract<Command, { type: Type }>
