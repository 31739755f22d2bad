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
import type { TaskContext } from '../task/task-context.ts'

/**
 * The rows that staging decides about. Every time is milliseconds since the epoch by the clock of
 * the storage, every estimate and tail is minutes. Rows are plain data and never mutated.
 */

/** When a dependency counts as satisfied: the agent said so, gates passed, or the work is merged. */
export type ReleaseOn = 'completed' | 'verified' | 'merged'
/** How far a task's work has come; it only ever grows. */
export type Reached = 'nothing' | ReleaseOn
export type Priority = 'high' | 'normal' | 'low'
export type TaskType = 'feature' | 'bugfix' | 'test' | 'docs' | 'chore'
export type TaskStatus = 'todo' | 'staged' | 'doing' | 'review' | 'done' | 'failed' | 'cancelled'
export type WorkOrderStatus = 'queued' | 'claimed' | 'completed' | 'failed' | 'cancelled'
export type AttemptStatus =
  | 'running'
  | 'waiting'
  | 'verifying'
  | 'merging'
  | 'succeeded'
  | 'failed'
  | 'interrupted'
  | 'yielded'
export type SessionStatus = 'active' | 'idle' | 'ended'
/** How far the work in a workspace is; derived from facts by `workspaceState`, stored nowhere. */
export type WorkspaceState =
  | 'fresh'
  | 'dirty'
  | 'committed'
  | 'queued'
  | 'merged'
  | 'salvaged'
  | 'removed'
/** Why a session ended: unused for too long, too old, somebody asked, or the agent began another. */
export type SessionEndReason = 'idle' | 'age' | 'asked' | 'replaced'
export type Barrier = 'none' | 'stage' | 'layer'
export type StuckPolicy = 'retry' | 'skip' | 'hold'

/** Errors are sorted into these classes once, at the edge; each has a policy (limit/error-policy). */
export type ErrorClass =
  | 'transient'
  | 'rate-limit'
  | 'quota'
  | 'timeout'
  | 'agent-crash'
  | 'invalid-output'
  | 'gate-failed'
  | 'merge-conflict'
  | 'human-needed'
  | 'cancelled'
  | 'permanent'

export interface ProjectSettings {
  readonly barrier: Barrier
  /** Tasks of the whole project that may run at once, those that wait to merge included. */
  readonly maxParallelTasks: number
  /** Tasks of an account that may run at once; an account that is not named here has no limit. */
  readonly accountLimits?: Readonly<Record<string, number>>
  /**
   * Units of each resource. A resource of one unit is exclusive; one that is not named here limits
   * nothing.
   */
  readonly resources?: Readonly<Record<string, number>>
  /** What a dependency without its own `releaseOn` waits for. */
  readonly releaseOn: ReleaseOn
  /** Charged attempts before a task fails. */
  readonly maxAttempts: number
  /**
   * How often verified work may come back from the merge queue - a conflict, gates red on the merged
   * result - before a review takes it up, and after that a person is asked; 3 when left out. These
   * rounds are not charged.
   */
  readonly mergeRounds?: number
  /** What only workers who review can do: they alone take up reviews. Everybody does when left out. */
  readonly reviewCapability?: string
  /** Lost leases and crashes of the worker before a task counts as poison and fails. */
  readonly maxInterruptions: number
  /**
   * Work that has waited longer than this gets one claim in eight before all other, milliseconds: an hour
   * when left out, 0: never.
   */
  readonly ageingMs?: number
  /** First and longest pause before a retry, milliseconds. */
  readonly retryBaseMs: number
  readonly retryMaxMs: number
  /** A promoted batch without any progress for this long is stuck, milliseconds. */
  readonly stuckAfterMs: number
  readonly stuckPolicy: StuckPolicy
  /** A session that nobody used for longer ends, milliseconds; 30 minutes when left out. */
  readonly sessionIdleMs?: number
  /** A session that is older ends, milliseconds; an hour when left out. */
  readonly sessionMaxAgeMs?: number
}

export interface Project {
  readonly id: ProjectId
  readonly name: string
  readonly settings: ProjectSettings
  readonly pausedAt: number | null
  /** Where its finished work was handed over to people; the newest last, at most fifty. */
  readonly deliveries: readonly ProjectDelivery[]
  readonly createdAt: number
}

/** A commit of a project that is offered to people, as a pull request for instance. */
export interface ProjectDelivery {
  /** Its number within the project: 1 for the first. */
  readonly number: number
  readonly provider: string
  /** What the provider calls it. */
  readonly id: string
  readonly url: string
  readonly branch: string
  readonly base: string
  readonly commit: string
  readonly state: 'open' | 'merged' | 'closed'
  readonly checks: 'none' | 'pending' | 'passing' | 'failing'
  readonly openedAt: number
  readonly changedAt: number
}

export interface Task {
  readonly id: TaskId
  readonly projectId: ProjectId
  /** The id people and plans use, unique in its project. */
  readonly code: string
  /** Input order; the last tie-breaker everywhere. */
  readonly position: number
  readonly title: string
  readonly description: string
  readonly type: TaskType
  readonly status: TaskStatus
  readonly priority: Priority
  readonly epic: string | null
  readonly sprint: string | null
  readonly parent: string | null
  readonly estimate: number | { readonly min: number; readonly max: number } | null
  readonly touches: readonly string[]
  readonly resources: Readonly<Record<string, number>>
  readonly repository: string | null
  readonly baseBranch: string | null
  readonly account: string | null
  readonly capabilities: readonly string[]
  readonly context: TaskContext | null
  /** The context says all that an agent needs (`isStatelessReady`). */
  readonly contextReady: boolean
  /** Staged although its context is incomplete. */
  readonly forced: boolean
  readonly batchId: BatchId | null
  readonly stagedAt: number | null
  readonly stagePriority: number
  /** Dependencies whose release condition is not met; kept by the transaction that settles one. */
  readonly openDependencies: number
  readonly reached: Reached
  /**
   * From the current plan: its layer, and its urgency, by which work is claimed - its tail, or where
   * estimates are missing the minutes that the longest way from its start to the end is expected to take.
   */
  readonly layer: number
  readonly tail: number
  /** From the current plan: no two tasks that have one of these in common may run at once. */
  readonly exclusiveKeys: readonly string[]
  /** What its last attempt that came to a merge really changed; null where nobody could tell. */
  readonly touched: Touched | null
  /** The current work order: the one that is queued or claimed, else null. */
  readonly workOrderId: WorkOrderId | null
  /** Attempts so far, over all work orders. */
  readonly attemptCount: number
  readonly summary: string | null
  readonly failure: Failure | null
  readonly revision: number
  readonly createdAt: number
  readonly startedAt: number | null
  readonly settledAt: number | null
}

/** Files that an attempt changed. */
export interface Touched {
  /** In order; the first ones when there are very many. */
  readonly paths: readonly string[]
  /** How many there are. */
  readonly total: number
}

export interface Failure {
  readonly class: ErrorClass
  readonly message: string
  /** Bounded tail of what shows it: output, a gate's report, conflicting paths. */
  readonly evidence: string
}

/** `taskId` waits until `dependsOn` has reached `releaseOn`. */
export interface Dependency {
  readonly projectId: ProjectId
  readonly taskId: TaskId
  readonly dependsOn: TaskId
  readonly releaseOn: ReleaseOn
  readonly source: 'declared' | 'file' | 'symbol' | 'text'
  readonly confidence: number
  readonly evidence: string | null
}

export interface Batch {
  readonly id: BatchId
  readonly projectId: ProjectId
  readonly name: string
  readonly description: string
  readonly order: number
  readonly maxParallelTasks: number
  readonly autoPromote: boolean
  readonly promotedAt: number | null
  readonly pausedAt: number | null
  /** How often the batch was promoted; the promotion's identity. */
  readonly generation: number
  /** Under the layer barrier: tasks of later layers wait. null = no such gate. */
  readonly openLayer: number | null
  readonly stuckSince: number | null
  readonly stuckReason: string | null
  /** How often the stuck policy acted on this promotion. */
  readonly stuckCount: number
  readonly createdAt: number
}

/** What a plan says of a task. */
export interface PlannedTask extends Pick<Task, 'id' | 'layer' | 'tail'> {
  /** As `Task.exclusiveKeys`; none when left out. */
  readonly exclusiveKeys?: readonly string[]
  /** Files that it is predicted to change, where it declares none. */
  readonly expects?: readonly string[]
}

/** One per release of a task. */
export interface WorkOrder {
  readonly id: WorkOrderId
  readonly projectId: ProjectId
  readonly taskId: TaskId
  readonly status: WorkOrderStatus
  /** Increased by every claim and compared by every write of that claim. */
  readonly fence: number
  readonly attemptId: AttemptId | null
  readonly workerId: WorkerId | null
  readonly chargedAttempts: number
  readonly unchargedAttempts: number
  /** Attempts whose worker was lost; too many make the task poison. */
  readonly interruptions: number
  /** How often finished work came back from the merge queue: a conflict, or gates red on the merged result. */
  readonly mergeRounds: number
  /** Not claimable before this time. */
  readonly notBefore: number
  readonly enqueuedAt: number
  readonly settledAt: number | null
}

export interface Attempt {
  readonly id: AttemptId
  readonly projectId: ProjectId
  readonly taskId: TaskId
  readonly workOrderId: WorkOrderId
  /** 1 for the first attempt of the task. */
  readonly number: number
  readonly workerId: WorkerId
  readonly fence: number
  readonly status: AttemptStatus
  readonly startedAt: number
  readonly waitingSince: number | null
  /** Milliseconds spent waiting so far; active time = ended - started - waited. */
  readonly waitedMs: number
  readonly endedAt: number | null
  readonly summary: string | null
  readonly failure: Failure | null
  readonly verdicts: readonly Verdict[]
  /** The commit or digest that contains the work, once merged. */
  readonly merged: string | null
  /** What its work is to land on, from when it entered the merge queue; see `mergeQueue`. */
  readonly mergeTarget: string | null
  readonly mergeQueuedAt: number | null
  /** The session that it was the last to use, as long as that has not ended. */
  readonly sessionId: SessionId | null
}

/** What a gate found. Only `pass` passes. */
export interface Verdict {
  readonly gate: string
  readonly result: 'pass' | 'fail' | 'error' | 'skipped'
  readonly summary: string
  readonly durationMs: number
  /** Why it failed, when known: the code, a flaky check, or the environment. */
  readonly cause: 'code' | 'flaky' | 'environment' | null
  /** Tail of what the gate printed, bounded and redacted. */
  readonly evidence: string
}

/** A question, choice or approval that a person answers. */
export interface Request {
  readonly id: RequestId
  readonly projectId: ProjectId
  readonly taskId: TaskId
  readonly attemptId: AttemptId
  readonly kind: 'question' | 'choice' | 'approval'
  readonly text: string
  readonly options: readonly string[]
  readonly status: 'open' | 'answered' | 'cancelled'
  readonly answer: string | null
  readonly answeredBy: string | null
  readonly askedAt: number
  readonly answeredAt: number | null
}

/** An account that a provider has limited; its tasks are not claimed until then. */
export interface Hold {
  readonly projectId: ProjectId
  readonly account: string
  readonly until: number
  readonly reason: string
}

/** Who claims work: one slot of one engine process. */
export interface Worker {
  readonly id: WorkerId
  readonly projectId: ProjectId
  readonly name: string
  readonly status: 'idle' | 'busy' | 'waiting' | 'error' | 'offline'
  readonly registeredAt: number
}

/**
 * What an agent calls a session of its own, with the task that it works on: a later attempt may
 * resume it. A task has at most one that has not ended. `active` while its attempt is under way.
 */
export interface Session {
  readonly id: SessionId
  readonly projectId: ProjectId
  /** The agent's own id for it: any text that the agent understands, never a name to look up here. */
  readonly agentSessionId: string
  /** The worker and the attempt that used it last. */
  readonly workerId: WorkerId
  readonly taskId: TaskId
  readonly attemptId: AttemptId
  readonly status: SessionStatus
  readonly endReason: SessionEndReason | null
  readonly startedAt: number
  /** When an attempt last took it up, or ended with it. */
  readonly lastUsedAt: number
  readonly endedAt: number | null
}

/** A plan as `planTasks` gave it, with the hash of its canonical JSON. Never changed once stored. */
export interface StoredPlan {
  readonly id: PlanId
  readonly projectId: ProjectId
  readonly revision: number
  readonly hash: string
  readonly createdAt: number
  readonly plan: unknown
}

/** Bytes addressed by their sha256 (hex), linked to what they belong to. */
export interface StoredArtifact {
  readonly projectId: ProjectId
  readonly hash: string
  readonly name: string
  readonly taskId: TaskId | null
  readonly attemptId: AttemptId | null
  readonly size: number
  readonly createdAt: number
  readonly bytes: Uint8Array
}

/** The account of tasks that name none. */
export const defaultAccount = 'default'
