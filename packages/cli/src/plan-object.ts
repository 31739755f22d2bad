import type { CuelineError } from '@cueline/core'
import type { ImportReport, ImportResult } from '@cueline/core/formats'
import { type Barrier, type Plan, planTasks, type ScheduledTask } from '@cueline/core/planner'

/** What `cueline plan --json` prints; documented in docs/cli.md. null where nothing can be said. */
export interface PlanObject {
  readonly problems: readonly PlanProblem[]
  readonly tasks: number | null
  readonly edges: number | null
  /** How many layers there are. */
  readonly layers: number | null
  /** Ids by layer: layer 0 waits for nothing. */
  readonly layerTasks: readonly (readonly string[])[] | null
  /** This and every other time: minutes. */
  readonly work: number | null
  readonly criticalPath: { readonly length: number; readonly tasks: readonly string[] } | null
  readonly lowerBound: number | null
  readonly makespan: number | null
  readonly gap: number | null
  readonly barrierMakespan: { readonly stage: number; readonly layer: number } | null
  readonly parallelShare: number | null
  readonly smallestUsefulWorkers: number | null
  readonly schedule: readonly ScheduledTask[] | null
  readonly importReport: ImportReport | null
}

/** A problem of the planner, or the error that kept the input from being read. */
export interface PlanProblem {
  readonly kind: string
  readonly tasks: readonly string[]
  readonly message: string
}

export interface PlannedDocument {
  readonly object: PlanObject
  /** null when there are problems. */
  readonly plan: Plan | null
}

/** Plans an imported document. A plan with problems still says what can be said. */
export function planObject(
  { document, report }: ImportResult,
  options: { readonly workers: number; readonly barrier: Barrier },
): PlannedDocument {
  const result = planTasks(document.tasks, options)
  if (!result.ok) {
    return {
      plan: null,
      object: {
        ...nothing,
        problems: result.problems,
        tasks: document.tasks.length,
        importReport: report,
      },
    }
  }
  const { plan } = result
  return {
    plan,
    object: {
      problems: [],
      tasks: plan.tasks,
      edges: plan.edges,
      layers: plan.layers.length,
      layerTasks: plan.layers,
      work: plan.work,
      criticalPath: plan.criticalPath,
      lowerBound: plan.lowerBound,
      makespan: plan.makespan,
      gap: plan.gap,
      barrierMakespan: plan.barrierMakespan,
      parallelShare: plan.parallelShare,
      smallestUsefulWorkers: plan.smallestUsefulWorkers,
      schedule: plan.schedule,
      importReport: report,
    },
  }
}

/** The same keys when the input could not be read at all. */
export function unreadablePlan({ code, message }: CuelineError): PlanObject {
  return { ...nothing, problems: [{ kind: code, tasks: [], message }] }
}

const nothing: PlanObject = {
  problems: [],
  tasks: null,
  edges: null,
  layers: null,
  layerTasks: null,
  work: null,
  criticalPath: null,
  lowerBound: null,
  makespan: null,
  gap: null,
  barrierMakespan: null,
  parallelShare: null,
  smallestUsefulWorkers: null,
  schedule: null,
  importReport: null,
}
