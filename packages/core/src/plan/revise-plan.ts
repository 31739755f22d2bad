import { hashPlan } from './hash-plan.ts'
import { invalid, isObject, listProblems, objectProblems } from './input-problems.ts'
import { PatchedTasks } from './patched-tasks.ts'
import type { Plan, PlanOptions, PlanTask, Problem } from './plan.ts'
import type { PatchEffect, PlanPatch, RunningPlan } from './plan-patch.ts'
import { planTasks } from './plan-tasks.ts'
import { shown } from './shown.ts'
import { amongThem } from './what-if.ts'
import { inferredAmong, withInferred } from './with-inferred.ts'

export type RevisionResult =
  | ({ readonly ok: true } & PlanRevision)
  | { readonly ok: false; readonly problems: Problem[] }

/** The plan after a patch, and what became of each part of the patch. */
export interface PlanRevision {
  /** Applied; nobody who works is disturbed. */
  readonly allowed: PatchEffect[]
  /**
   * Applied, unless `keepRunning`; the running attempt of the first task named works on what is then no
   * longer true.
   */
  readonly restart: PatchEffect[]
  /** Not applied, and why. */
  readonly refused: PatchEffect[]
  /** In the order of the input, added tasks at the end. */
  readonly tasks: PlanTask[]
  readonly plan: Plan
  /** One more than before; the same when every part of the patch was refused. */
  readonly revision: number
  readonly hash: string
  /** Tasks that may start now: neither running nor settled, and all they wait for is done. */
  readonly ready: string[]
}

/**
 * Applies a patch to the tasks of a plan while they are worked on. What is done stays as it is; what
 * runs (`doing`, `review`) can get another estimate, priority or epic, but other contents mean a
 * restart, and it cannot be removed or made to wait; everything else may change as long as the plan
 * stays one. A part that cannot be applied is left out and named, with what depends on it; the others
 * are applied.
 *
 * Pure, and never throws; `problems` when the tasks before the patch, or the options, are no plan, or when
 * the patch cannot be read.
 */
export function revisePlan(
  tasks: readonly PlanTask[],
  patch: PlanPatch,
  running: RunningPlan,
): RevisionResult {
  const unreadable = listProblems('tasks', tasks).concat(
    patchProblems(patch),
    runningProblems(running),
  )
  if (unreadable.length > 0) return { ok: false, problems: unreadable }
  const before = planTasks(tasks, beforePatch(tasks, patch, running.options))
  if (!before.ok) return before
  const statusOf = (id: string) => running.statuses?.get(id) ?? 'todo'
  const patched = new PatchedTasks(tasks, statusOf, running)
  for (const { task, dependsOn } of patch.removeDependencies ?? []) {
    patched.removeDependency(task, dependsOn)
  }
  patched.remove(patch.remove ?? [])
  for (const change of patch.change ?? []) patched.change(change)
  patched.add(patch.add ?? [], patch.addDependencies ?? [])

  const { allowed, restart, refused } = patched
  const applied = allowed.length + (running.keepRunning === true ? 0 : restart.length)
  const revised = [...patched.tasks.values()]
  const conflicts = amongThem(running.options?.conflicts, patched.tasks)
  const inferred = inferredAmong(patched.inferred, patched.tasks)
  const after = planTasks(revised, { ...running.options, conflicts, inferred })
  if (!after.ok) return after
  return {
    ok: true,
    allowed,
    restart,
    refused,
    tasks: revised,
    plan: after.plan,
    revision: running.revision + (applied > 0 ? 1 : 0),
    hash: hashPlan(after.plan),
    ready: withInferred(revised, inferred)
      .tasks.filter((task) => {
        const status = statusOf(task.id)
        const open = status === 'todo' || status === 'staged' || status === 'failed'
        return open && (task.dependsOn ?? []).every((entry) => statusOf(idOf(entry)) === 'done')
      })
      .map(({ id }) => id),
  }
}

/** What of a patch is no part of one, so that nobody can say what was meant. */
function patchProblems(patch: unknown): Problem[] {
  const problems = objectProblems('patch', patch, partsOfPatch)
  if (!isObject(patch)) return problems
  for (const name of Object.keys(patch)) {
    if (Object.hasOwn(partFields, name)) continue
    problems.push(invalid(`patch has ${shown(name)}. Give ${partsOfPatch}.`))
  }
  for (const [name, fields] of Object.entries(partFields)) {
    const part = patch[name]
    if (part === undefined) continue
    problems.push(...listProblems(`patch.${name}`, part))
    if (!Array.isArray(part) || fields === undefined) continue
    for (const [at, entry] of (part as unknown[]).entries()) {
      const place = `patch.${name}[${at}]`
      if (fields.length === 0) problems.push(...idProblems(place, entry))
      else problems.push(...objectProblems(place, entry, `an object with ${fields.join(' and ')}`))
      if (!isObject(entry)) continue
      for (const field of fields) problems.push(...idProblems(`${place}.${field}`, entry[field]))
    }
  }
  return problems
}

const partsOfPatch = 'an object with removeDependencies, remove, change, add or addDependencies'

/** Where each part of a patch names tasks; without a field the entry itself is an id. */
const partFields = {
  removeDependencies: ['task', 'dependsOn'],
  remove: [],
  change: ['task'],
  // Each added task is checked as a task, and refused by itself.
  add: undefined,
  addDependencies: ['task', 'dependsOn'],
} satisfies Record<keyof PlanPatch, string[] | undefined>

function idProblems(place: string, id: unknown): Problem[] {
  if (typeof id === 'string') return []
  return [invalid(`${place} is ${shown(id)}. Give the id of a task.`)]
}

function runningProblems(running: unknown): Problem[] {
  const problems = objectProblems('running', running, 'an object with the revision of the plan')
  if (!isObject(running)) return problems
  const { revision, statuses, keepRunning = false, options } = running
  if (!Number.isSafeInteger(revision) || (revision as number) < 0) {
    const found = `running.revision is ${shown(revision)}`
    problems.push(invalid(`${found}. Give a whole number of at least 0.`))
  }
  if (typeof keepRunning !== 'boolean') {
    problems.push(invalid(`running.keepRunning is ${shown(keepRunning)}. Give true or false.`))
  }
  if (statuses !== undefined && !(statuses instanceof Map)) {
    problems.push(invalid(`running.statuses is ${shown(statuses)}. Give a Map of statuses by id.`))
  }
  return options === undefined ? problems : problems.concat(objectProblems('options', options))
}

/** The options without conflicts and inferred dependencies of tasks that only the patch adds. */
function beforePatch(
  tasks: readonly PlanTask[],
  { add = [] }: PlanPatch,
  options: PlanOptions = {},
): PlanOptions {
  const { conflicts, inferred } = options
  const added = new Set(add.map((task) => task?.id))
  for (const task of tasks) added.delete(task?.id)
  const isLater = (ids: unknown) => Array.isArray(ids) && ids.some((id) => added.has(id))
  // What is no list is named by the planner.
  const now = <Entry>(list: readonly Entry[] | undefined, idsOf: (entry: Entry) => unknown) =>
    Array.isArray(list) ? list.filter((entry) => !isLater(idsOf(entry))) : list
  return {
    ...options,
    conflicts: now(conflicts, (conflict) => conflict?.tasks),
    inferred: now(inferred, (edge) => [edge?.task, edge?.dependsOn]),
  }
}

function idOf(entry: NonNullable<PlanTask['dependsOn']>[number]): string {
  return typeof entry === 'string' ? entry : entry.task
}
