import type { ProjectId } from '../id.ts'
import type { Failure, TaskStatus, Verdict } from '../staging/state.ts'

/**
 * What a run came to, folded from its event log alone. Times are milliseconds, `startMs` and the
 * like counted from the first promotion. null where the log does not say: no attempt yet, no time
 * passed, no estimate to compare with.
 */
export interface RunReport {
  readonly projectId: ProjectId
  readonly project: string
  /** `open` is everything that has not settled: todo, staged, doing, review. */
  readonly tasks: {
    readonly total: number
    readonly done: number
    readonly failed: number
    readonly cancelled: number
    readonly open: number
  }
  readonly attempts: number
  readonly attemptsByStatus: {
    readonly succeeded: number
    readonly failed: number
    readonly interrupted: number
    readonly yielded: number
    readonly open: number
  }
  /** Questions, choices and approvals that people were asked. */
  readonly requests: number
  readonly requestsByStatus: {
    readonly open: number
    readonly answered: number
    readonly cancelled: number
  }
  /** Most workers that were there at once; what `efficiency` and the prediction divide by. */
  readonly workers: number
  /** From the first promotion to the last task that settled. */
  readonly wallMs: number
  /** Active time of the attempts that succeeded: no queueing, no waiting, nothing that was lost. */
  readonly workMs: number
  /** workMs / wallMs: how many times faster than one after the other. */
  readonly speedup: number | null
  /** speedup / workers: the share of the workers' time that brought results. */
  readonly efficiency: number | null
  /**
   * The actual durations replayed in batches of `workers` tasks, over the same without barriers,
   * minus 1: 0.27 says that waiting for whole stages would have cost 27 % more time.
   */
  readonly barrierTax: number | null
  /** Verdicts of all attempts. */
  readonly gates: GateCounts
  /** What the plan said for the same tasks and workers, in milliseconds of real time. */
  readonly predicted: {
    readonly makespanMs: number
    readonly workMs: number
    readonly speedup: number | null
  } | null
  readonly batches: readonly BatchReport[]
  /** In input order. */
  readonly perTask: readonly TaskReport[]
}

export interface GateCounts {
  readonly passed: number
  readonly failed: number
  /** Gates that could not say: they broke, or did not run. They never count as passed. */
  readonly error: number
  readonly skipped: number
}

export interface BatchReport {
  readonly batch: string
  readonly tasks: number
  readonly done: number
  readonly failed: number
  /** From the first attempt at one of its tasks to its last task that settled; null before that. */
  readonly wallMs: number | null
  readonly workMs: number
  readonly speedup: number | null
}

export interface TaskReport {
  /** The code that plans and people use. */
  readonly task: string
  readonly title: string
  readonly status: TaskStatus
  /** Of the last attempt: two attempts that overlap never share a lane. */
  readonly lane: number | null
  readonly attempts: number
  readonly predictedMs: number | null
  readonly predictedStartMs: number | null
  readonly predictedFinishMs: number | null
  /** Active time of the attempt that succeeded. */
  readonly actualMs: number | null
  /** Start of the first attempt. */
  readonly startMs: number | null
  readonly finishMs: number | null
  /** Time its attempts waited for people. */
  readonly waitedMs: number
  /** What the gates found in the last attempt they judged. */
  readonly gates: readonly Pick<Verdict, 'gate' | 'result' | 'summary'>[]
  readonly failure: Pick<Failure, 'class' | 'message'> | null
}
