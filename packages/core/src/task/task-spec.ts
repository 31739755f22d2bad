import type { GateSpec, PartialTaskContext } from './task-context.ts'

/**
 * What a host or an importer gives for one task. Data only: the matching schema is
 * `taskSpecSchema`, checked by `parseTaskSpecs`.
 */
export interface TaskSpec {
  /** Any string of 1 to 200 characters, unique inside its project. */
  readonly id: string
  readonly title: string
  readonly description?: string | undefined
  /** `feature` when absent. */
  readonly type?: TaskType | undefined
  /** `normal` when absent. */
  readonly priority?: TaskPriority | undefined
  readonly epic?: string | undefined
  readonly sprint?: string | undefined
  /** Id of the task this one is a part of. Grouping only: it is not a dependency. */
  readonly parent?: string | undefined
  readonly estimate?: Estimate | undefined
  readonly dependsOn?: readonly DependencySpec[] | undefined
  /** Files or globs the task is going to change, relative to the repository. */
  readonly touches?: readonly string[] | undefined
  /** Units of each named resource the task holds while it runs. */
  readonly resources?: Readonly<Record<string, number>> | undefined
  readonly repository?: string | undefined
  readonly baseBranch?: string | undefined
  readonly account?: string | undefined
  readonly capabilities?: readonly string[] | undefined
  /** May be partial; `isStatelessReady` says what is missing. */
  readonly context?: PartialTaskContext | undefined
  /** Where an import found the task; `todo` when absent. */
  readonly status?: TaskSpecStatus | undefined
}

export type TaskType = 'feature' | 'bugfix' | 'test' | 'docs' | 'chore'
export type TaskPriority = 'high' | 'normal' | 'low'
export type TaskSpecStatus = 'todo' | 'done' | 'cancelled'

/** Minutes, or a range of minutes that is planned at its mean. */
export type Estimate = number | { readonly min: number; readonly max: number }

/** What the task waits for: the id alone, or the id with how and why. */
export type DependencySpec = string | DetailedDependencySpec

export interface DetailedDependencySpec {
  readonly task: string
  /** What must have happened to `task`: its work completed, verified by gates, or merged. */
  readonly releaseOn?: ReleaseOn | undefined
  /** Where the dependency comes from; `declared` when absent. */
  readonly source?: DependencySource | undefined
  /** From 0 to 1; 1 when absent. */
  readonly confidence?: number | undefined
  readonly evidence?: string | undefined
}

export type ReleaseOn = 'completed' | 'verified' | 'merged'
export type DependencySource = 'declared' | 'file' | 'symbol' | 'text'

/** A whole plan: what every importer produces and `Cueline JSON` looks like. */
export interface PlanDocument {
  readonly project?: PlanProject | undefined
  readonly tasks: readonly TaskSpec[]
}

/** What holds for every task of a plan. */
export interface PlanProject {
  readonly name?: string | undefined
  readonly background?: string | undefined
  readonly architecture?: string | undefined
  readonly guidance?: string | undefined
  readonly gates?: readonly GateSpec[] | undefined
}
