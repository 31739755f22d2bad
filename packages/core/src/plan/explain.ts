import { CuelineError } from '../error.ts'
import { textOf } from './explanation-text.ts'
import { indexTasks, type TaskIndex } from './index-tasks.ts'
import type { Plan, PlanConflict, PlanInference, PlanTask, ScheduledTask } from './plan.ts'
import { requireList, requireNumber } from './require-input.ts'
import { requirePlan, requirePlanTasks } from './require-plan.ts'
import { shown } from './shown.ts'
import { withInferred } from './with-inferred.ts'

/** Why a task stands where it stands in the schedule of its plan. Times are minutes. */
export interface TaskExplanation {
  task: string
  start: number
  finish: number
  lane: number
  decidedBy: StartDecision
  /** When the last of its dependencies is finished; 0 for a task without any. */
  readyAt: number
  /** Its direct dependencies, the latest first; `binding` where one is finished only when it starts. */
  waitsFor: {
    task: string
    finish: number
    binding: boolean
    /** Only where nobody declared it: how it is known. */
    inferred?: Pick<PlanInference, 'source' | 'confidence' | 'evidence'>
  }[]
  /** Tasks that were started while this one was ready and waited for its turn, in order of start. */
  overtakenBy: string[]
  /** The conflicts of the plan that it takes part in, those that decide its start first. */
  conflicts: TaskConflict[]
  /** Minutes it may start late before the critical path grows, whatever the number of workers. */
  slack: number
  /** Whether `slack` is 0: later here is later everywhere. */
  critical: boolean
  unlocks: {
    /** Its direct dependents, in input order. */
    directly: string[]
    /** Those of them that wait for nothing later than this task. */
    last: string[]
    /** How many tasks cannot start before it is finished, however far behind. */
    behind: number
  }
  estimate: number
  /** False when the estimate was assumed. */
  estimated: boolean
  /** All of it for a reader. */
  text: string
}

/**
 * What a start waits for.
 * `nothing`: it is the start of the plan. `dependencies`: `tasks` are what it waited for to the end.
 * `workers`: all were busy, or all lanes taken; `tasks` are those whose end freed one. `barrier`: what was started before
 * had to finish first. `conflicts`: `tasks` finish then, and the plan keeps them apart from it.
 * `shared`: `tasks` finish then and share a resource. `order`: none of these; the order chosen leaves it
 * for later.
 */
export interface StartDecision {
  kind: 'nothing' | 'dependencies' | 'workers' | 'barrier' | 'conflicts' | 'shared' | 'order'
  tasks: string[]
}

/** Another task that this one conflicts with, as the plan has it. */
export interface TaskConflict extends Omit<PlanConflict, 'tasks'> {
  with: string
  /** Whether this one starts only when the other is finished, because of it. */
  binding: boolean
}

/**
 * Explains one task of a plan that was made from these tasks. Takes one pass over tasks and
 * dependencies.
 *
 * @throws CuelineError `not-found` when the plan or the tasks do not hold the task, `invalid-input`
 *   when the plan was made from other tasks, or one of them cannot be read.
 */
export function explain(tasks: readonly PlanTask[], plan: Plan, taskId: string): TaskExplanation {
  requirePlanTasks('tasks', tasks)
  requirePlan('plan', plan)
  requireNumber('plan.laneCap', plan.laneCap)
  requireList('plan.conflicts', plan.conflicts)
  const { index } = indexTasks(withInferred(tasks, plan.inferred).tasks)
  const at = index.positions.get(taskId)
  const scheduled = new Map(plan.schedule.map((entry) => [entry.task, entry]))
  const entry = scheduled.get(taskId)
  if (entry === undefined) {
    throw new CuelineError(
      'not-found',
      `The plan has no task ${shown(taskId)}. Give one of its ${plan.tasks} tasks, or build the plan anew.`,
      { details: { task: taskId } },
    )
  }
  const fact = at === undefined ? undefined : plan.facts[at]
  if (
    at === undefined ||
    index.size !== plan.tasks ||
    index.dependencies.length !== plan.edges ||
    fact?.task !== taskId
  ) {
    throw new CuelineError(
      'invalid-input',
      `The plan was made from ${plan.tasks} tasks with ${plan.edges} ${plan.edges === 1 ? 'dependency' : 'dependencies'}; given are others (${index.size} with ${index.dependencies.length}). Give the tasks it was made from, or build the plan anew.`,
      { details: { task: taskId } },
    )
  }

  const { start, finish, lane } = entry
  const earlier = isEarlier(plan)
  const finishOf = (task: number) => scheduled.get(index.ids[task]!)!.finish
  const before = neighbours(index.dependencyOffsets, index.dependencies, at)
  const readyAt = before.reduce((latest, other) => Math.max(latest, finishOf(other)), 0)
  const inferred = inferredOf(plan, taskId)
  const waitsFor = before
    .map((other) => ({
      task: index.ids[other]!,
      finish: finishOf(other),
      binding: start > 0 && !earlier(finishOf(other), start),
      ...inferred.get(index.ids[other]!),
    }))
    .sort((left, right) => right.finish - left.finish)

  const directly = neighbours(index.dependentOffsets, index.dependents, at)
  const last = directly.filter((dependent) =>
    neighbours(index.dependencyOffsets, index.dependencies, dependent).every(
      (other) => !earlier(finish, finishOf(other)),
    ),
  )
  const idOf = (task: number) => index.ids[task]!
  const decidedBy = decisionOf(tasks, plan, entry, { at, readyAt, waitsFor, index })
  const found = {
    task: taskId,
    start,
    finish,
    lane,
    decidedBy,
    readyAt,
    waitsFor,
    overtakenBy: plan.schedule
      .filter((other) => !earlier(other.start, readyAt) && earlier(other.start, start))
      .map(({ task }) => task),
    conflicts: conflictsOf(plan, taskId, decidedBy),
    slack: fact.slack,
    critical: fact.slack === 0,
    unlocks: {
      directly: directly.map(idOf),
      last: last.map(idOf),
      behind: behind(index, at).length,
    },
    estimate: fact.estimate,
    estimated: fact.estimated,
  }
  return { ...found, text: textOf(found, plan) }
}

/** By what the task waits for: what shows it, where nobody declared it. */
function inferredOf({ inferred = [] }: Partial<Plan>, id: string) {
  return new Map(
    inferred
      .filter(({ task }) => task === id)
      .map(({ dependsOn, source, confidence, evidence }) => [
        dependsOn,
        { inferred: { source, confidence, evidence } },
      ]),
  )
}

/** All tasks that cannot start before this one is finished, the near ones first. */
export function behind(index: TaskIndex, from: number): number[] {
  const seen = new Uint8Array(index.size)
  const found: number[] = []
  for (let nth = -1; nth < found.length; nth++) {
    const task = nth < 0 ? from : found[nth]!
    for (const dependent of neighbours(index.dependentOffsets, index.dependents, task)) {
      if (seen[dependent] === 1) continue
      seen[dependent] = 1
      found.push(dependent)
    }
  }
  return found
}

function neighbours(offsets: Int32Array, list: Int32Array, task: number): number[] {
  return Array.from(list.subarray(offsets[task], offsets[task + 1]))
}

function decisionOf(
  tasks: readonly PlanTask[],
  plan: Plan,
  { start }: ScheduledTask,
  known: {
    readonly at: number
    readonly readyAt: number
    readonly waitsFor: TaskExplanation['waitsFor']
    readonly index: TaskIndex
  },
): StartDecision {
  if (start === 0) return { kind: 'nothing', tasks: [] }
  const earlier = isEarlier(plan)
  if (!earlier(known.readyAt, start)) {
    const binding = known.waitsFor.filter((other) => other.binding)
    return { kind: 'dependencies', tasks: binding.map((other) => other.task) }
  }
  const busy = plan.schedule.filter(
    (other) => earlier(other.start, start) && !earlier(other.finish, start),
  )
  const freed = busy.filter((other) => !earlier(start, other.finish))
  if (busy.length >= Math.min(plan.workers, plan.laneCap) && freed.length > 0) {
    return { kind: 'workers', tasks: freed.map((other) => other.task) }
  }
  if (plan.barrier !== 'none') return { kind: 'barrier', tasks: freed.map((other) => other.task) }
  const own = tasks[known.at]!
  const apart = new Set(
    plan.conflicts.flatMap(({ tasks: pair, allowed }) =>
      allowed || !pair.includes(own.id) ? [] : pair.filter((id) => id !== own.id),
    ),
  )
  const conflicting = freed.filter((other) => apart.has(other.task))
  if (conflicting.length > 0) {
    return { kind: 'conflicts', tasks: conflicting.map((other) => other.task) }
  }
  const sharing = freed.filter((other) =>
    share(own, tasks[known.index.positions.get(other.task)!]!),
  )
  return sharing.length > 0
    ? { kind: 'shared', tasks: sharing.map((other) => other.task) }
    : { kind: 'order', tasks: [] }
}

/** Sums in another order may differ in their last digit, which makes nobody wait. */
function isEarlier({ makespan }: Plan) {
  const tolerance = makespan * 1e-9
  return (left: number, right: number) => right - left > tolerance
}

function share(left: PlanTask, right: PlanTask): boolean {
  const resources = new Set(Object.keys(left.resources ?? {}))
  return Object.keys(right.resources ?? {}).some((name) => resources.has(name))
}

function conflictsOf(plan: Plan, id: string, { kind, tasks }: StartDecision): TaskConflict[] {
  const binding = new Set(kind === 'conflicts' ? tasks : [])
  return plan.conflicts
    .filter(({ tasks: pair }) => pair.includes(id))
    .map(({ tasks: [one, other], ...conflict }) => {
      const rival = one === id ? other : one
      return { with: rival, ...conflict, binding: binding.has(rival) }
    })
    .sort((left, right) => Number(right.binding) - Number(left.binding))
}
