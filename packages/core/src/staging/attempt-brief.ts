import type { AttemptId, ProjectId, TaskId, WorkOrderId } from '../id.ts'
import type { Role } from '../merge/merge-rounds.ts'
import type { TaskContext } from '../task/task-context.ts'
import type { ErrorClass, Priority, TaskType } from './state.ts'

/** All that an agent needs to know, and nothing that it would have to look up. */
export interface AttemptBrief {
  readonly projectId: ProjectId
  readonly taskId: TaskId
  readonly workOrderId: WorkOrderId
  readonly attemptId: AttemptId
  /** 1 for the first attempt of the task. */
  readonly number: number
  /** Increases with every claim of the work order; put it where late writes must be told apart. */
  readonly fence: number
  readonly task: {
    readonly code: string
    readonly title: string
    readonly description: string
    readonly type: TaskType
    readonly priority: Priority
    readonly estimateMinutes: number | null
    readonly touches: readonly string[]
    readonly account: string | null
    readonly context: TaskContext | null
  }
  /**
   * `review` once the work has come back from the merge queue too often: somebody else should look
   * at why it and what has landed do not go together. All of it is in `feedback`.
   */
  readonly role: Role
  /**
   * Where to work. `path` is absent when the workspace is not a folder; `env` are variables to set,
   * on top of all others, for every command that works there.
   */
  readonly workspace: {
    readonly path?: string
    readonly base?: string
    readonly env?: Readonly<Record<string, string>>
  }
  /**
   * What the agent itself calls the session of an earlier attempt of this task, when it can still be
   * resumed. Going on with it is the runner's choice.
   */
  readonly session?: string
  /** What went wrong before, oldest first, so that this attempt can do better. */
  readonly feedback: readonly {
    readonly attempt: number
    readonly class: ErrorClass
    readonly message: string
    readonly evidence: string
  }[]
  /**
   * Work of others that contradicted what an earlier attempt of this task was doing, as far as this
   * process saw: advice about where to be careful. Left out when there is none.
   */
  readonly overlaps?: readonly {
    /** Code of the other task; null where it is what had landed. */
    readonly task: string | null
    /** Paths, with lines where there are such. */
    readonly message: string
  }[]
  /** Answers that people gave to this task's questions, oldest first. */
  readonly answers: readonly { readonly question: string; readonly answer: string }[]
}
