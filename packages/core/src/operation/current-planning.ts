import type { ProjectId } from '../id.ts'
import type { Plan, PlanOptions, PlanTask } from '../plan/index.ts'
import type { Slice } from '../staging/slice.ts'
import type { Project } from '../staging/state.ts'
import type { StorageTransaction } from '../storage/storage.ts'
import { openTasks } from './open-tasks.ts'
import { type ProjectPlan, toProjectPlan } from './project-plan.ts'
import { requireProject } from './resolve.ts'

/** What a project would be planned from right now. */
export interface CurrentPlanning {
  readonly project: Project
  readonly slice: Slice
  /** The open tasks, by code. */
  readonly tasks: PlanTask[]
  /** The plan that was stored last. */
  readonly stored: ProjectPlan | null
  readonly options: PlanOptions & { readonly workers: number; readonly barrier: Plan['barrier'] }
}

/** The open tasks as they are now, and how the current plan plans: its workers, the project's barrier. */
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
  return {
    project,
    slice,
    tasks: openTasks(slice),
    stored,
    options: {
      workers: input.workers ?? stored?.workers ?? 4,
      barrier: input.barrier ?? project.settings.barrier,
    },
  }
}
