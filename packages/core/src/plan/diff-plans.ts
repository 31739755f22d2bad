import { atMinute, inMinutes } from './in-minutes.ts'
import { named } from './named.ts'
import type { CriticalPath, Plan } from './plan.ts'
import { requirePlan } from './require-plan.ts'

/** What is different between two plans. Times are minutes. */
export interface PlanDifference {
  /** Whether the plans say the same in everything compared here. */
  same: boolean
  workers: NumberChange
  tasks: NumberChange
  edges: NumberChange
  work: NumberChange
  makespan: NumberChange
  lowerBound: NumberChange
  smallestUsefulWorkers: NumberChange
  criticalPath: { before: CriticalPath; after: CriticalPath; changed: boolean }
  barrier: { before: Plan['barrier']; after: Plan['barrier'] }
  /** Tasks that only the second plan holds, in its input order. */
  added: string[]
  /** Tasks that only the first plan holds, in its input order. */
  removed: string[]
  /** Tasks of both that start at another minute or on another lane, in the second plan's order of start. */
  moved: MovedTask[]
  /** Tasks of both that are planned with other minutes. */
  reestimated: { task: string; before: number; after: number }[]
  /** Tasks of both that stand in another layer. */
  relayered: { task: string; before: number; after: number }[]
  /** All of it for a reader, one change a line. */
  text: string
}

export interface NumberChange {
  before: number
  after: number
  /** after − before */
  change: number
}

export interface MovedTask {
  task: string
  before: Place
  after: Place
  /** Minutes later; less than 0 for earlier. */
  later: number
}

export interface Place {
  start: number
  lane: number
}

/**
 * Compares two plans task by task, by id; takes time linear in both. Neither needs to be newer.
 *
 * @throws CuelineError `invalid-input`, naming the place, for what is no plan.
 */
export function diffPlans(before: Plan, after: Plan): PlanDifference {
  requirePlan('before', before)
  requirePlan('after', after)
  const change = (of: (plan: Plan) => number): NumberChange => ({
    before: of(before),
    after: of(after),
    change: of(after) - of(before),
  })
  const numbers = {
    workers: change((plan) => plan.workers),
    tasks: change((plan) => plan.tasks),
    edges: change((plan) => plan.edges),
    work: change((plan) => plan.work),
    makespan: change((plan) => plan.makespan),
    lowerBound: change((plan) => plan.lowerBound),
    smallestUsefulWorkers: change((plan) => plan.smallestUsefulWorkers),
  }
  const factsBefore = new Map(before.facts.map((fact) => [fact.task, fact]))
  const factsAfter = new Map(after.facts.map((fact) => [fact.task, fact]))
  const placesBefore = new Map(before.schedule.map((entry) => [entry.task, entry]))
  const reestimated: PlanDifference['reestimated'] = []
  const relayered: PlanDifference['relayered'] = []
  for (const { task, estimate, layer } of after.facts) {
    const old = factsBefore.get(task)
    if (old === undefined) continue
    if (old.estimate !== estimate) reestimated.push({ task, before: old.estimate, after: estimate })
    if (old.layer !== layer) relayered.push({ task, before: old.layer, after: layer })
  }
  const moved: MovedTask[] = []
  for (const { task, start, lane } of after.schedule) {
    const old = placesBefore.get(task)
    if (old === undefined || (old.start === start && old.lane === lane)) continue
    moved.push({
      task,
      before: { start: old.start, lane: old.lane },
      after: { start, lane },
      later: start - old.start,
    })
  }
  const found = {
    ...numbers,
    criticalPath: {
      before: before.criticalPath,
      after: after.criticalPath,
      changed:
        before.criticalPath.length !== after.criticalPath.length ||
        !equalLists(before.criticalPath.tasks, after.criticalPath.tasks),
    },
    barrier: { before: before.barrier, after: after.barrier },
    added: after.facts.filter(({ task }) => !factsBefore.has(task)).map(({ task }) => task),
    removed: before.facts.filter(({ task }) => !factsAfter.has(task)).map(({ task }) => task),
    moved,
    reestimated,
    relayered,
  }
  const same =
    Object.values(numbers).every((number) => number.change === 0) &&
    before.barrier === after.barrier &&
    !found.criticalPath.changed &&
    [found.added, found.removed, moved, reestimated, relayered].every((list) => list.length === 0)
  return { same, ...found, text: same ? 'Nothing changes.' : textOf(found) }
}

function equalLists(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((entry, nth) => entry === right[nth])
}

function textOf(found: Omit<PlanDifference, 'same' | 'text'>): string {
  const { makespan, criticalPath, lowerBound, workers, barrier, edges, moved } = found
  const lines: string[] = []
  const less = found.tasks.change < 0 && makespan.change < 0
  lines.push(
    less
      ? `Less gets done, and that ends ${laterBy(makespan.change)}: ${found.tasks.after} of ${found.tasks.before} tasks by ${atMinute(makespan.after)}, all of them by ${atMinute(makespan.before)}.`
      : makespan.change === 0
        ? `It still finishes at ${atMinute(makespan.after)}.`
        : `It finishes ${laterBy(makespan.change)}: at ${atMinute(makespan.after)} instead of ${atMinute(makespan.before)}.`,
  )
  if (workers.change !== 0) lines.push(`Workers: ${workers.after} instead of ${workers.before}.`)
  if (barrier.before !== barrier.after) {
    lines.push(`Barrier: ${barrier.after} instead of ${barrier.before}.`)
  }
  if (found.added.length > 0) lines.push(`Added: ${named(found.added)}.`)
  if (found.removed.length > 0) lines.push(`Gone: ${named(found.removed)}.`)
  if (edges.change !== 0) lines.push(`Dependencies: ${edges.after} instead of ${edges.before}.`)
  for (const { task, before, after } of found.reestimated.slice(0, 5)) {
    lines.push(
      `${named([task])} is planned with ${inMinutes(after)} instead of ${inMinutes(before)}.`,
    )
  }
  if (found.reestimated.length > 5) {
    lines.push(`${found.reestimated.length - 5} more tasks are planned with other minutes.`)
  }
  if (criticalPath.changed) {
    const { before, after } = criticalPath
    const length =
      before.length === after.length
        ? `still ${inMinutes(after.length)}`
        : `${inMinutes(after.length)} instead of ${inMinutes(before.length)}`
    const path = equalLists(before.tasks, after.tasks) ? '' : `, now ${named(after.tasks)}`
    lines.push(`Critical path: ${length}${path}.`)
  }
  if (lowerBound.change !== 0) {
    lines.push(
      `No schedule can be shorter than ${inMinutes(lowerBound.after)}; before it was ${inMinutes(lowerBound.before)}.`,
    )
  }
  const later = moved.filter((move) => move.later > 0).map(({ task }) => task)
  const earlier = moved.filter((move) => move.later < 0).map(({ task }) => task)
  if (earlier.length > 0) lines.push(`${tasksStart(earlier)} earlier: ${named(earlier)}.`)
  if (later.length > 0) lines.push(`${tasksStart(later)} later: ${named(later)}.`)
  return lines.join('\n')
}

function laterBy(change: number): string {
  return `${inMinutes(Math.abs(change))} ${change > 0 ? 'later' : 'earlier'}`
}

function tasksStart({ length }: readonly string[]): string {
  return length === 1 ? '1 task starts' : `${length} tasks start`
}
