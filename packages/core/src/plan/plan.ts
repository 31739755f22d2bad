/**
 * What the planner takes and what it gives. Times are minutes. A plan is plain JSON.
 */

/** A task as the planner sees it: everything but `id` may be left out. */
export interface PlanTask {
  /** Any non-empty string of at most 200 characters; unique in its plan. */
  readonly id: string
  readonly title?: string | undefined
  /** What has to be finished before this task may start. */
  readonly dependsOn?: readonly (string | PlanDependency)[] | undefined
  /**
   * Minutes of work, or a range that is planned at its mean. A task without one counts the median of
   * the estimates given, 1 when none are.
   */
  readonly estimate?: number | EstimateRange | undefined
  /** Declared files and globs. */
  readonly touches?: readonly string[] | undefined
  readonly epic?: string | undefined
  /** Units of the resources of `PlanOptions.resources` that it holds while it runs. */
  readonly resources?: Readonly<Record<string, number>> | undefined
  /** Decides between tasks that are equally urgent for the plan; without it the input order does. */
  readonly priority?: 'high' | 'normal' | 'low' | undefined
}

export interface PlanDependency {
  readonly task: string
}

export interface EstimateRange {
  readonly min: number
  readonly max: number
}

export interface PlanOptions {
  /** How many tasks may run at once; 4 when left out. */
  readonly workers?: number
  /** What has to settle before more is started; `none` when left out. */
  readonly barrier?: Barrier
  /**
   * How many rounds may be spent on a shorter schedule when there is no barrier: 0 is the list schedule
   * by urgency. Ends early at the lower bound. Without it as many as `budgetMs` allows, or else
   * some: up to 100, none for plans of some 50 000 tasks and dependencies.
   */
  readonly rounds?: number
  /** Milliseconds after which no further round begins. */
  readonly budgetMs?: number
  /** The clock for `budgetMs`: milliseconds from any moment on. */
  readonly now?: () => number
  /** Decides what the rounds try: a whole number, 1 when left out. */
  readonly seed?: number
  /**
   * How many units there are of what tasks share: accounts, licences, a port, a file that one at a time
   * may change. A resource without capacity here limits nothing.
   */
  readonly resources?: Readonly<Record<string, number>>
  /** Pairs of tasks that must not run at once, as `analyzeConflicts` gives them. */
  readonly conflicts?: readonly PlannedConflict[] | undefined
  /**
   * Dependencies that nobody declared, as `inferDependencies` gives them: they count like declared ones
   * and are named as `inferred` in the plan. Each points from a later task of the input to an earlier one.
   */
  readonly inferred?: readonly PlanInference[] | undefined
  /** Pairs that may run at once although they conflict. A pair that does not is ignored. */
  readonly allow?: readonly (readonly [string, string])[] | undefined
  /**
   * How many lanes - workspaces - there are: at most so many tasks run at once, however many workers
   * there are. Without it each worker can have one.
   */
  readonly lanes?: number | undefined
}

/** Two tasks that must not run at once; a `Conflict` of `analyzeConflicts` is one. */
export interface PlannedConflict {
  readonly tasks: readonly [string, string]
  /** How it is known, in a word. */
  readonly kind?: string | undefined
  /** From 0 to 1. */
  readonly confidence?: number | undefined
  /** Sentences for people. */
  readonly evidence?: readonly string[] | undefined
}

/** A dependency that was inferred; an `InferredDependency` of `inferDependencies` is one. */
export interface PlanInference {
  /** The later task. */
  readonly task: string
  /** The earlier task it waits for. */
  readonly dependsOn: string
  /** How it is known, in a word. */
  readonly source: string
  /** From 0 to 1. */
  readonly confidence: number
  /** A sentence for people. */
  readonly evidence: string
}

/**
 * `none`: a task starts as soon as what it waits for is finished and a worker is free.
 * `layer`: a layer starts when the layer before it is finished.
 * `stage`: layers are cut into the plan's batches; a batch starts when the one before it is finished.
 */
export type Barrier = 'none' | 'stage' | 'layer'

export type PlanResult =
  | { readonly ok: true; readonly plan: Plan }
  | { readonly ok: false; readonly problems: Problem[] }

export interface Plan {
  workers: number
  barrier: Barrier
  /** How many tasks and how many distinct dependencies, inferred ones among them. */
  tasks: number
  edges: number
  /** Ids by layer: layer 0 waits for nothing, layer k for at least one task of layer k − 1. */
  layers: string[][]
  /** Minutes of all tasks together: the time one worker needs. */
  work: number
  criticalPath: CriticalPath
  /** No schedule for this many workers and lanes, with these resources and conflicts, is shorter. */
  lowerBound: number
  /** Minutes until the last task of `schedule` finishes. */
  makespan: number
  /** makespan / lowerBound − 1: how far from the bound the schedule is at most from the best one. */
  gap: number
  /** What the same workers need under the two barriers, for comparison with `makespan`. */
  barrierMakespan: { stage: number; layer: number }
  /** The share of tasks that stand in layers of two or more. */
  parallelShare: number
  /**
   * The least number of workers that, without barriers, is as fast as any number of them: more buy
   * nothing. 0 for an empty plan. Found with list schedules, without resources and conflicts, and by this
   * plan itself.
   */
  smallestUsefulWorkers: number
  /** How many rounds of improvement there were, and their seed: with these the plan is the same again. */
  rounds: number
  seed: number
  /** In order of start. */
  schedule: ScheduledTask[]
  /** In input order. */
  facts: TaskFacts[]
  /**
   * Groups to review and promote together; always of one layer, at most as many tasks as run at once,
   * and no two that conflict.
   */
  batches: PlanBatch[]
  /** At most so many tasks run at once: `workers`, or the lanes where they are fewer. */
  laneCap: number
  /** The lanes that the schedule uses, from 0 on. */
  lanes: PlanLane[]
  /** The conflicts that were given, one for each pair of tasks. */
  conflicts: PlanConflict[]
  /** The dependencies that count because they were inferred, one for each pair, none that is declared. */
  inferred: PlanInference[]
  warnings: PlanWarning[]
}

export interface CriticalPath {
  /** Minutes that any number of workers needs. */
  length: number
  /** The tasks that force it, in order. */
  tasks: string[]
}

export interface ScheduledTask {
  task: string
  start: number
  finish: number
  /** 0 … laneCap − 1; two tasks of one lane never overlap. */
  lane: number
}

export interface TaskFacts {
  task: string
  layer: number
  /** Minutes from the start of this task to the end of the plan at best, itself included. */
  tail: number
  /**
   * What it is started by, the longest first: minutes the longest way to the end is expected to take when
   * assumed estimates may be wrong. Left out where it is the tail, so always when all have an estimate.
   */
  urgency?: number | undefined
  /** Minutes this task may start late before the critical path grows. */
  slack: number
  estimate: number
  /** False when the estimate was assumed. */
  estimated: boolean
}

export interface PlanBatch {
  tasks: string[]
  /** True when it holds two or more tasks; tasks of one batch never wait for each other. */
  canParallel: boolean
  /** Positions in `batches` of those that hold a direct dependency of this one. */
  dependsOn: number[]
  /** Minutes it takes by itself, with all workers. */
  duration: number
}

/** What one workspace is used for. */
export interface PlanLane {
  lane: number
  /** In order of start. */
  tasks: string[]
  /** Of its tasks, in order of their first; those without an epic have none. */
  epics: string[]
  /** Minutes in which something runs on it. */
  busy: number
}

/** A conflict as the plan keeps it. */
export interface PlanConflict {
  tasks: [string, string]
  kind?: string | undefined
  confidence?: number | undefined
  evidence: string[]
  /** Whether they may run at once all the same. */
  allowed: boolean
}

/** Why there is no plan. Every problem of the input is reported, not only the first. */
export interface Problem {
  kind: ProblemKind
  /**
   * The ids concerned. For `missing`: the task and the id it names. For `cycle`: the whole path, each
   * task waiting for the next, and the first one again at its end.
   */
  tasks: string[]
  message: string
}

export type ProblemKind =
  | 'invalid-option'
  | 'invalid-id'
  | 'invalid-dependency'
  | 'invalid-estimate'
  | 'invalid-resource'
  | 'invalid-conflict'
  /** An inferred dependency that points to a later task. */
  | 'against-order'
  | 'duplicate'
  | 'missing'
  | 'self'
  | 'cycle'

/** What the planner mended or noticed; the plan is good all the same. */
export interface PlanWarning {
  kind:
    | 'duplicate-dependency'
    | 'similar-ids'
    | 'unlimited-resource'
    | 'unused-resource'
    | 'unknown-allowed'
    | 'unknown-option'
  tasks: string[]
  message: string
}
