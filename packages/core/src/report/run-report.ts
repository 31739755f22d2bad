import type { ProjectId } from '../id.ts'
import type { Failure, ProjectDelivery, TaskStatus, Verdict } from '../staging/state.ts'

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
    /** Without those that met a limit. */
    readonly failed: number
    readonly interrupted: number
    /** Put back uncharged: they yielded, or met a limit of their account or of the machine. */
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
  /** From the first promotion to the last task that settled, without `restedMs`. */
  readonly wallMs: number
  /** How long nobody was there to work in between, as from one run to the next. */
  readonly restedMs: number
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
  /**
   * 1 - wallMs / workMs: the share of the time that working at once has saved against one task after
   * the other; below 0 when it took longer.
   */
  readonly timeSaved: number | null
  /** How often finished work met what others had changed meanwhile. */
  readonly merges: {
    readonly landed: number
    readonly conflicts: number
    /** landed / (landed + conflicts). */
    readonly withoutConflict: number | null
    /** How often several were judged and landed together. */
    readonly groups: number
    /** How many fewer times merged results were judged by that; below 0 when it was more. */
    readonly gateRunsSaved: number
  }
  /** Tasks whose open work the radar saw contradict each other, or (one task) what had landed. */
  readonly overlaps: readonly {
    readonly tasks: readonly string[]
    readonly paths: readonly string[]
    readonly message: string
  }[]
  /** How well it was known which files tasks would change; null when nothing can be compared. */
  readonly touches: TouchTotals | null
  /** Where the work was handed over to people, as last seen. */
  readonly deliveries: readonly Pick<
    ProjectDelivery,
    'number' | 'url' | 'base' | 'commit' | 'state' | 'checks'
  >[]
  /** Verdicts of all attempts. */
  readonly gates: GateCounts
  /** What the plan said for the same tasks and workers, in milliseconds of real time. */
  readonly predicted: {
    readonly makespanMs: number
    readonly workMs: number
    readonly speedup: number | null
    /** No schedule for so many workers is shorter; null for a schedule that was given. */
    readonly boundMs: number | null
    /** 1 - makespanMs / workMs, and the same of the bound: what could be saved at most. */
    readonly timeSaved: number | null
    readonly boundTimeSaved: number | null
  } | null
  readonly batches: readonly BatchReport[]
  /** By lane: where attempts worked, one after the other. */
  readonly lanes: readonly LaneReport[]
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
  /** What its tasks take one after the other. */
  readonly workMs: number
  readonly speedup: number | null
  /** Lanes in which its attempts worked. */
  readonly lanes: number
  /** speedup / lanes: the share of the lanes' time that brought results. */
  readonly efficiency: number | null
  /** 1 - wallMs / workMs. */
  readonly timeSaved: number | null
  /** From the first planned start to the last planned finish of its tasks, and their sum. */
  readonly predictedMs: number | null
  readonly predictedWorkMs: number | null
}

/** One lane: attempts in it never overlap. With worktrees, each is the place of one at a time. */
export interface LaneReport {
  readonly lane: number
  readonly attempts: number
  /** Attempts that brought their task to an end. */
  readonly succeeded: number
  /** From the first start in it to the last end. */
  readonly wallMs: number
  /** Active time of all its attempts. */
  readonly busyMs: number
  /** Active time of those that succeeded. */
  readonly workMs: number
  /** workMs / the time of the whole run. */
  readonly efficiency: number | null
}

/** Predictions beside what was really touched. */
export interface TouchTotals {
  /** Tasks of which both are known. */
  readonly tasks: number
  /** Files that were changed as predicted, those that nobody predicted, predictions that did not come true. */
  readonly hit: number
  readonly missed: number
  readonly extra: number
  /** The share of the predictions that came true. */
  readonly precision: number | null
  /** The share of the changed files that were predicted. */
  readonly recall: number | null
}

/** What a task was predicted to touch beside what it did. */
export interface TaskTouches {
  /** Files and globs: declared, else those that the plan predicted. */
  readonly predicted: readonly string[]
  /** Files that its work changed; null until that is known. */
  readonly touched: number | null
  readonly hit: readonly string[]
  readonly missed: readonly string[]
  readonly extra: readonly string[]
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
  /** null where neither is known. */
  readonly touches: TaskTouches | null
  /** What the gates found in the last attempt they judged. */
  readonly gates: readonly Pick<Verdict, 'gate' | 'result' | 'summary'>[]
  readonly failure: Pick<Failure, 'class' | 'message'> | null
}
