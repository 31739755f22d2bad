import type {
  AttemptId,
  BatchId,
  ProjectId,
  RequestId,
  SessionId,
  TaskId,
  WorkOrderId,
} from '../id.ts'
import type {
  Attempt,
  Batch,
  Dependency,
  Hold,
  Project,
  Request,
  Session,
  StoredArtifact,
  StoredPlan,
  Task,
  Worker,
  WorkOrder,
} from './state.ts'

/**
 * What one command can touch. A slice is read as it was loaded: `decide` looks only at rows that
 * `sliceOf` named, never at "the whole project".
 */
export interface Slice {
  readonly project: Project | null
  readonly tasks: ReadonlyMap<TaskId, Task>
  /** Edges by the task that waits. */
  readonly dependencies: ReadonlyMap<TaskId, readonly Dependency[]>
  /** The same edges by the task that is waited for. */
  readonly dependents: ReadonlyMap<TaskId, readonly Dependency[]>
  readonly batches: ReadonlyMap<BatchId, Batch>
  readonly workOrders: ReadonlyMap<WorkOrderId, WorkOrder>
  readonly attempts: ReadonlyMap<AttemptId, Attempt>
  readonly requests: ReadonlyMap<RequestId, Request>
  /** By account. */
  readonly holds: ReadonlyMap<string, Hold>
  readonly workers: ReadonlyMap<string, Worker>
  readonly sessions: ReadonlyMap<SessionId, Session>
}

/**
 * The rows to load and lock. A loaded task brings its batch, its current work order and that
 * order's current attempt; a loaded work order, attempt, request or session brings its task, a loaded
 * session its attempt too. Unknown ids are simply absent from the slice: `decide` refuses by name.
 */
export interface SliceKeys {
  readonly projectId: ProjectId
  readonly tasks?: readonly TaskId[]
  /** Adds these tasks' own edges and the tasks they point to. */
  readonly dependenciesOf?: readonly TaskId[]
  /** Adds the edges that point to these tasks, and the tasks that wait. */
  readonly dependentsOf?: readonly TaskId[]
  /** As `dependentsOf`, followed to the end. */
  readonly allDependentsOf?: readonly TaskId[]
  readonly batches?: readonly BatchId[] | 'all'
  /** Adds every task of these batches. */
  readonly tasksOfBatches?: readonly BatchId[]
  /**
   * Adds, for every task of these batches, its own edges, the tasks they point to, and all that
   * waits for it, followed to the end.
   */
  readonly edgesOfBatches?: readonly BatchId[]
  readonly workOrders?: readonly WorkOrderId[]
  readonly attempts?: readonly AttemptId[]
  readonly requests?: readonly RequestId[]
  /** Adds the open requests of every task that the slice holds for another reason. */
  readonly openRequests?: boolean
  readonly holds?: boolean
  readonly workers?: readonly string[]
  readonly sessions?: readonly SessionId[]
  /** Adds the sessions of every task that the slice holds for another reason. */
  readonly sessionsOfTasks?: boolean
  /** Everything of the project: for replay checks and the planner, never on a hot path. */
  readonly everything?: boolean
}

/** A row-level difference, the only thing a storage writes. `set` holds just the changed fields. */
export type Change = { [Name in TableName]: ChangeOf<Name> }[TableName]

type ChangeOf<Name extends TableName> =
  | { readonly table: Name; readonly kind: 'insert'; readonly row: Tables[Name] }
  | {
      readonly table: Name
      readonly kind: 'update'
      readonly key: KeyOf<Name>
      readonly set: Partial<Tables[Name]>
    }
  | { readonly table: Name; readonly kind: 'delete'; readonly key: KeyOf<Name> }

export interface Tables {
  readonly project: Project
  readonly task: Task
  readonly dependency: Dependency
  readonly batch: Batch
  readonly workOrder: WorkOrder
  readonly attempt: Attempt
  readonly request: Request
  readonly hold: Hold
  readonly worker: Worker
  readonly session: Session
  /** Written, never part of a slice. Inserting the same artifact twice is harmless. */
  readonly plan: StoredPlan
  readonly artifact: StoredArtifact
}
export type TableName = keyof Tables

/** Most rows go by their id; an edge by both of its ends, a hold by its account. */
export type KeyOf<Name extends TableName> = Name extends 'dependency'
  ? { readonly taskId: TaskId; readonly dependsOn: TaskId }
  : Name extends 'hold'
    ? { readonly projectId: ProjectId; readonly account: string }
    : string

export const emptySlice: Slice = {
  project: null,
  tasks: new Map(),
  dependencies: new Map(),
  dependents: new Map(),
  batches: new Map(),
  workOrders: new Map(),
  attempts: new Map(),
  requests: new Map(),
  holds: new Map(),
  workers: new Map(),
  sessions: new Map(),
}
