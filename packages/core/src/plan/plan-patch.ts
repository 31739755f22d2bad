import type { TaskStatus } from '../staging/state.ts'
import type { PlanOptions, PlanTask, Problem } from './plan.ts'

/**
 * What shall be otherwise. Its parts are applied in this order: dependencies go, tasks go, tasks
 * change, tasks come, dependencies come; inside each part in the order given.
 */
export interface PlanPatch {
  readonly removeDependencies?: readonly DependencyChange[] | undefined
  readonly remove?: readonly string[] | undefined
  readonly change?: readonly TaskChange[] | undefined
  readonly add?: readonly PlanTask[] | undefined
  readonly addDependencies?: readonly DependencyChange[] | undefined
}

export interface DependencyChange {
  readonly task: string
  readonly dependsOn: string
}

/** The fields that are there replace those of the task; one that is there and undefined is taken away. */
export interface TaskChange extends Omit<Partial<PlanTask>, 'id' | 'dependsOn'> {
  readonly task: string
}

/** How far the work on a plan is. */
export interface RunningPlan {
  /** The revision of the plan that is patched. */
  readonly revision: number
  /** Statuses by task id; a task without one is `todo`. */
  readonly statuses?: ReadonlyMap<string, TaskStatus>
  /** How the revised tasks are planned. */
  readonly options?: PlanOptions
  /** Do not apply what needs a restart, only name it. */
  readonly keepRunning?: boolean
}

/** What became of one part of a patch. */
export interface PatchEffect {
  kind: 'remove-dependency' | 'remove' | 'change' | 'add' | 'add-dependency'
  /** The task; for dependencies the task and what it waits for. */
  tasks: string[]
  /** For refusals: what of the plan or the work stands against it. */
  problem?: Problem['kind'] | 'done' | 'running'
  /** For a `cycle`: each task waits for the next, the last is the first again. */
  path?: string[]
  message: string
}
