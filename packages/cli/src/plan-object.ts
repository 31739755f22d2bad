import { chosenTasks, type CuelineError } from '@cueline/core'
import type { ImportReport, ImportResult } from '@cueline/core/formats'
import { type Barrier, type Plan, planTasks, type ScheduledTask } from '@cueline/core/planner'

import type { Planning } from './planning-options.ts'

const nothingChosen: Planning = { conflicts: 'none', allow: [] }

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
  /** How many rounds of improvement there were, and from which seed: with both the plan comes out again. */
  readonly rounds: number | null
  readonly seed: number | null
  readonly schedule: readonly ScheduledTask[] | null
  /** Tasks to review and promote together, and the batches they wait for. */
  readonly batches: Plan['batches'] | null
  /** Which workspace does what: its tasks in order, their epics, its busy minutes. */
  readonly lanes: Plan['lanes'] | null
  /** Pairs of tasks that would change a common file; kept apart unless allowed. */
  readonly conflicts: Plan['conflicts'] | null
  /** Dependencies that count because the texts imply them. */
  readonly inferred: Plan['inferred'] | null
  /** What the planner mended or noticed. */
  readonly warnings: Plan['warnings'] | null
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
  { document, report, capacities }: ImportResult,
  options: { readonly workers: number; readonly barrier: Barrier; readonly planning?: Planning },
): PlannedDocument {
  const { workers, barrier, planning = nothingChosen } = options
  const { conflicts: mode, infer = null, allow, files, history, lanes, rounds, seed } = planning
  const { tasks, inferred, conflicts, resources } = chosenTasks(
    document.tasks,
    { conflicts: mode, infer, resources: { ...capacities, ...planning.resources } },
    { files, history },
  )
  const { budgetMs } = planning
  const result = planTasks(tasks, {
    workers,
    barrier,
    conflicts,
    inferred,
    allow,
    lanes,
    resources,
    ...(rounds !== undefined && { rounds }),
    ...(budgetMs !== undefined && { budgetMs }),
    ...(seed !== undefined && { seed }),
  })
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
      rounds: plan.rounds,
      seed: plan.seed,
      schedule: plan.schedule,
      batches: plan.batches,
      lanes: plan.lanes,
      conflicts: plan.conflicts,
      inferred: plan.inferred,
      warnings: plan.warnings,
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
  rounds: null,
  seed: null,
  schedule: null,
  batches: null,
  lanes: null,
  conflicts: null,
  inferred: null,
  warnings: null,
  importReport: null,
}
