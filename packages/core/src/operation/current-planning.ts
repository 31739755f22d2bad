import type { ProjectId } from '../id.ts'
import type { Plan, PlanOptions, PlanTask } from '../plan/index.ts'
import type { Slice } from '../staging/slice.ts'
import type { Project } from '../staging/state.ts'
import type { StorageTransaction } from '../storage/storage.ts'
import { openTasks } from './open-tasks.ts'
import { requireProject } from './resolve.ts'

/** What a project would be planned from right now. */
export interface CurrentPlanning {
  readonly project: Project
  readonly slice: Slice
  /** The open tasks, by code. */
  readonly tasks: PlanTask[]
  /** The plan that was stored last. */
  readonly plan: Plan | null
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
  const stored = await storage.query('plan', { projectId: input.projectId })
  const plan = (stored?.plan as Plan | undefined) ?? null
  return {
    project,
    slice,
    tasks: openTasks(slice),
    plan,
    options: {
      workers: input.workers ?? plan?.workers ?? 4,
      barrier: input.barrier ?? project.settings.barrier,
    },
  }
}
