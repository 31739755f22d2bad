import { diffPlans, type PlanDifference } from './diff-plans.ts'
import { behind } from './explain.ts'
import { indexTasks } from './index-tasks.ts'
import { inMinutes } from './in-minutes.ts'
import { isObject } from './input-problems.ts'
import { named } from './named.ts'
import type { EstimateRange, Plan, PlanOptions, PlanTask, Problem } from './plan.ts'
import { planAssuming, planTasks } from './plan-tasks.ts'
import { shown } from './shown.ts'
import { inferredAmong, withInferred } from './with-inferred.ts'

/** One thing that might be otherwise. */
export type PlanChange =
  | { readonly workers: number }
  /** So many workers more; less than 0 for fewer. */
  | { readonly addWorkers: number }
  | { readonly estimate: { readonly task: string; readonly minutes: number | EstimateRange } }
  | { readonly removeDependency: { readonly task: string; readonly dependsOn: string } }
  /** The task takes its time and fails for good: nothing behind it can start. */
  | { readonly failed: string }

export type WhatIfResult =
  | {
      readonly ok: true
      readonly before: Plan
      readonly after: Plan
      readonly difference: PlanDifference
      /** Tasks that cannot be done any more, in input order; only after a failure. */
      readonly lost: string[]
      /** The question and its answer for a reader. */
      readonly text: string
    }
  | { readonly ok: false; readonly problems: Problem[] }

/**
 * Plans the tasks twice, as they are and with the change, and says what is different. `options` are
 * those of `planTasks`. Names every problem of tasks, options and change; never throws for them.
 */
export function whatIf(
  tasks: readonly PlanTask[],
  options: PlanOptions,
  change: PlanChange,
): WhatIfResult {
  if (!isChange(change)) return { ok: false, problems: [noChange(change)] }
  const asked = changes.filter((name) => Object.hasOwn(change, name))
  if (asked.length > 1) return { ok: false, problems: [severalChanges(asked)] }
  const before = planTasks(tasks, options)
  if (!before.ok) return before
  const { facts } = before.plan
  // What is assumed stays so: an estimate that changes or goes must not move the median of the others.
  const settled = tasks.map((task, at) =>
    facts[at]!.estimated ? task : { ...task, estimate: facts[at]!.estimate },
  )
  const changed = changedBy(settled, options, before.plan, change)
  if ('problem' in changed) return { ok: false, problems: [changed.problem] }
  const assumed = new Set(facts.filter((fact) => !fact.estimated).map(({ task }) => task))
  if ('estimate' in change) assumed.delete(change.estimate.task)
  const after = planAssuming(changed.tasks, changed.options, assumed)
  if (!after.ok) return after
  const difference = diffPlans(before.plan, after.plan)
  const { lost } = changed
  const losses =
    lost.length === 0
      ? []
      : [
          `${lost.length === 1 ? '1 task behind it' : `${lost.length} tasks behind it`} can then not be done: ${named(lost)}.`,
        ]
  return {
    ok: true,
    before: before.plan,
    after: after.plan,
    difference,
    lost,
    text: [changed.text, ...losses, difference.text].join('\n'),
  }
}

interface Changed {
  readonly tasks: readonly PlanTask[]
  readonly options: PlanOptions
  readonly lost: string[]
  readonly text: string
}

function changedBy(
  tasks: readonly PlanTask[],
  options: PlanOptions,
  { workers }: Plan,
  change: PlanChange,
): Changed | { readonly problem: Problem } {
  const same = { tasks, options, lost: [] }
  if ('workers' in change || 'addWorkers' in change) {
    const wanted = 'workers' in change ? change.workers : workers + change.addWorkers
    const text = `With ${wanted} ${wanted === 1 ? 'worker' : 'workers'} instead of ${workers}:`
    return { ...same, options: { ...options, workers: wanted }, text }
  }
  const id =
    'failed' in change
      ? change.failed
      : 'estimate' in change
        ? change.estimate.task
        : change.removeDependency.task
  const { inferred } = options
  const { index } = indexTasks(withInferred(tasks, inferred).tasks)
  const at = index.positions.get(id)
  if (at === undefined) return { problem: unknownTask(id) }
  const task = tasks[at]!
  const name = named([id])

  if ('estimate' in change) {
    const { minutes } = change.estimate
    const estimate =
      typeof minutes === 'number'
        ? inMinutes(minutes)
        : `${inMinutes(minutes.min)} to ${inMinutes(minutes.max)}`
    return {
      ...same,
      tasks: tasks.with(at, { ...task, estimate: minutes }),
      text: `If ${name} takes ${estimate}:`,
    }
  }
  if ('removeDependency' in change) {
    const { dependsOn } = change.removeDependency
    const declared = task.dependsOn ?? []
    const kept = declared.filter((entry) => idOf(entry) !== dependsOn)
    const others = inferred?.filter((edge) => edge.task !== id || edge.dependsOn !== dependsOn)
    if (kept.length === declared.length && others?.length === inferred?.length) {
      return { problem: unknownDependency(id, dependsOn) }
    }
    return {
      ...same,
      options: { ...options, inferred: others },
      tasks: tasks.with(at, { ...task, dependsOn: kept }),
      text: `If ${name} did not wait for ${named([dependsOn])}:`,
    }
  }
  const gone = new Set(behind(index, at))
  const left = new Set(index.ids.filter((_, other) => !gone.has(other)))
  return {
    options: {
      ...options,
      conflicts: amongThem(options.conflicts, left),
      inferred: inferredAmong(inferred, left),
    },
    tasks: tasks.filter((_, other) => !gone.has(other)),
    lost: index.ids.filter((_, other) => gone.has(other)),
    text: `If ${name} fails for good:`,
  }
}

/** Conflicts of tasks that are there; the others are nobody's any more. */
export function amongThem(
  conflicts: PlanOptions['conflicts'],
  there: Pick<ReadonlySet<string>, 'has'>,
): PlanOptions['conflicts'] {
  return conflicts?.filter(({ tasks }) => tasks.every((id) => there.has(id)))
}

/** Whether its parts can be looked at; what they say is checked with the plan. */
function isChange(change: unknown): boolean {
  if (!isObject(change)) return false
  if ('workers' in change || 'failed' in change) return true
  if ('addWorkers' in change) return isNumber(change['addWorkers'])
  if (!('estimate' in change)) return isObject(change['removeDependency'])
  const minutes = isObject(change['estimate']) ? change['estimate']['minutes'] : undefined
  if (typeof minutes === 'number') return true
  return isObject(minutes) && [minutes['min'], minutes['max']].every(isNumber)
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}

const changes = ['workers', 'addWorkers', 'estimate', 'removeDependency', 'failed'] as const

function severalChanges(asked: readonly string[]): Problem {
  return {
    kind: 'invalid-option',
    tasks: [],
    message: `The change has ${asked.join(' and ')}. Ask for one of them at a time.`,
  }
}

function noChange(change: unknown): Problem {
  return {
    kind: 'invalid-option',
    tasks: [],
    message: `The change is ${shown(change)}, which changes nothing. Give one of workers, addWorkers, estimate with task and minutes, removeDependency with task and dependsOn, failed.`,
  }
}

function idOf(entry: NonNullable<PlanTask['dependsOn']>[number]): string {
  return typeof entry === 'string' ? entry : entry.task
}

function unknownTask(id: string): Problem {
  return {
    kind: 'missing',
    tasks: [id],
    message: `The change names task ${shown(id)}, which the plan does not have. Give the id of one of its tasks.`,
  }
}

function unknownDependency(id: string, dependsOn: string): Problem {
  return {
    kind: 'missing',
    tasks: [id, dependsOn],
    message: `Task ${shown(id)} does not wait for ${shown(dependsOn)}, so that cannot be taken away. Name one of its direct dependencies.`,
  }
}
