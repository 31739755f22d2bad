import type { ProjectId } from '../id.ts'
import type { Plan, PlanOptions } from '../plan/index.ts'
import type { Slice } from '../staging/slice.ts'
import type { Project } from '../staging/state.ts'
import type { StorageTransaction } from '../storage/storage.ts'
import { landedChanges } from './landed-changes.ts'
import { openTasks } from './open-tasks.ts'
import { type ChosenTasks, chosenTasks, type PlanChoices, usualChoices } from './plan-choices.ts'
import { type ProjectPlan, toProjectPlan } from './project-plan.ts'
import { requireProject } from './resolve.ts'

/** What a project would be planned from right now. */
export interface CurrentPlanning {
  readonly project: Project
  readonly slice: Slice
  /** The open tasks, by code, and what keeps them apart. */
  readonly chosen: ChosenTasks
  /** The plan that was stored last, and what it was made with. */
  readonly stored: ProjectPlan | null
  readonly choices: PlanChoices
  /** How the tasks are planned, their conflicts included. */
  readonly options: PlanOptions & { readonly workers: number; readonly barrier: Plan['barrier'] }
}

/** The open tasks as they are now, and how the current plan plans: its workers and choices, the project's barrier. */
export async function currentPlanning(
  storage: StorageTransaction,
  input: {
    readonly projectId: ProjectId
    readonly workers?: number | undefined
    readonly barrier?: Plan['barrier'] | undefined
  },
): Promise<CurrentPlanning> {
  const project = await requireProject(storage, input.projectId)
  const slice = await storage.load({ projectId: input.projectId, everything: true })
  const last = await storage.query('plan', { projectId: input.projectId })
  const stored = last === null ? null : toProjectPlan(last)
  const choices = stored?.choices ?? usualChoices
  const chosen = chosenTasks(openTasks(slice), choices, {
    landed: landedChanges(slice),
    before: stored?.conflicts,
  })
  return {
    project,
    slice,
    stored,
    choices,
    chosen,
    options: {
      workers: input.workers ?? stored?.workers ?? 4,
      barrier: input.barrier ?? project.settings.barrier,
      seed: stored?.seed ?? 1,
      resources: chosen.resources,
      conflicts: chosen.conflicts,
      inferred: chosen.inferred,
      allow: choices.allow,
      lanes: choices.lanes ?? undefined,
    },
  }
}
