import { analyzeAssuming } from './analyze-assuming.ts'
import type { TaskAnalysis } from './analyze-tasks.ts'
import { bestBatch, conflictsOf, fittingFirst, isApart, triesFor } from './best-batch.ts'
import { behind } from './explain.ts'
import { inMinutes } from './in-minutes.ts'
import { idsProblems, objectProblems } from './input-problems.ts'
import { afterDependencies, listSchedule } from './list-schedule.ts'
import { named } from './named.ts'
import type { PlanOptions, PlanTask, Problem } from './plan.ts'
import { plannedConflicts } from './planned-conflicts.ts'
import { ranks, ranksApart } from './ranks.ts'
import { noDemands } from './resource-demands.ts'
import { resourceListSchedule } from './resource-list-schedule.ts'
import { shown } from './shown.ts'
import { urgencies } from './urgencies.ts'

export interface SuggestionOptions {
  /** How many tasks the batch may hold; as many as workers when left out. */
  readonly size?: number
  /** How many tasks may run at once; 4 when left out. */
  readonly workers?: number
  /** Tasks that run already: they keep their workers and are counted as just begun. */
  readonly running?: Iterable<string>
  /** Pairs that shall not run at once: never both in the batch, never beside one that runs. */
  readonly conflicts?: readonly { readonly tasks: readonly [string, string] }[]
  /** Those of them that may run at once all the same. */
  readonly allow?: PlanOptions['allow']
  /** Dependencies that nobody declared, as in `PlanOptions`. */
  readonly inferred?: PlanOptions['inferred']
}

export type SuggestionResult =
  | { readonly ok: true; readonly suggestion: BatchSuggestion }
  | { readonly ok: false; readonly problems: Problem[] }

/** What to promote next, and why. Times are minutes from now. */
export interface BatchSuggestion {
  /** The most urgent first. */
  tasks: SuggestedTask[]
  /** How long the batch alone takes with these workers. */
  duration: number
  /** When everything is expected to be finished. */
  finish: number
  /** The same if the batch were the first ready tasks in input order. */
  finishInInputOrder: number
  /** Ready tasks that are left out, the most urgent first. */
  leftOut: string[]
  /** Those of them that conflict with a task of the batch, or one that runs: the most urgent such. */
  keptApart: { task: string; from: string }[]
  /** Whether every possible batch was compared; otherwise it may be the best only nearly. */
  exhaustive: boolean
  /** All of it for a reader. */
  text: string
}

export interface SuggestedTask {
  task: string
  /** Minutes from its start to the end of the plan at best, itself included. */
  tail: number
  /** Whether the longest way to the end begins with it. */
  critical: boolean
  /** Tasks that can start when the batch is finished and wait for this one, in input order. */
  unlocks: string[]
  /** How many tasks stand behind it in all. */
  behind: number
  reason: string
}

/**
 * The ready tasks - all they wait for is done - that together shorten the expected finish most when
 * they go first and everything else follows by its urgency. All batches are compared when there
 * are few enough, else the most urgent tasks are exchanged one by one as long as that helps; of equally
 * good batches the most urgent tasks win, then the input order. Conflicting tasks are never in one batch,
 * nor expected to run at once later.
 *
 * Pure. Barriers and resources are left out. Takes at most some hundred thousand task starts beyond the first schedules.
 */
export function suggestNextBatch(
  tasks: readonly PlanTask[],
  done: Iterable<string>,
  options: SuggestionOptions = {},
): SuggestionResult {
  const unreadable = objectProblems('options', options).concat(
    idsProblems('done', done),
    idsProblems('running', options?.running ?? []),
  )
  if (unreadable.length > 0) return { ok: false, problems: unreadable }
  const { workers = 4, size = workers } = options
  const all = analyzeAssuming(tasks, undefined, options.inferred)
  const settled = new Set(done)
  const running = new Set(options.running)
  const problems = [
    ...countProblems('workers', workers),
    ...countProblems('size', size),
    ...(all.ok ? [] : all.problems),
    ...(all.ok ? unknownTasks(all, settled, running) : []),
    ...(all.ok ? brokenConflicts(all, options) : []),
  ]
  if (!all.ok || problems.length > 0) return { ok: false, problems }

  const rest = analyzeAssuming(
    all.tasks.flatMap((task, at) =>
      settled.has(task.id) ? [] : [withoutDone(task, settled, all.durations[at]!)],
    ),
    new Set(all.index.ids.filter((_, at) => all.estimated[at] === 0)),
  )
  if (!rest.ok) return rest
  const { index, durations, tails } = rest
  const runs = (id: string) => running.has(id)
  const there = ({ tasks: pair }: { readonly tasks: readonly [string, string] }) =>
    // Of one that is done nobody has to keep away; two that run already are not kept apart any more.
    pair[0] !== pair[1] && pair.every((id) => index.positions.has(id)) && !pair.every(runs)
  const given = (options.conflicts ?? []).filter(there).map(({ tasks: pair }) => ({ tasks: pair }))
  const { apart: kept, conflicts } = plannedConflicts(index, given, options.allow)
  const urgent = urgencies(rest)
  const urgency = kept === undefined ? ranks(urgent) : ranksApart(urgent, kept)
  const ready = index.ids
    .map((_, task) => task)
    .filter(
      (task) =>
        !running.has(index.ids[task]!) &&
        index.dependencyOffsets[task] === index.dependencyOffsets[task + 1],
    )
  const apart = conflictsOf(
    index,
    conflicts.filter(({ allowed }) => !allowed),
  )
  const runningTasks = [...running].flatMap((id) => index.positions.get(id) ?? [])
  const free = ready.filter((task) => isApart(apart, task, runningTasks))
  const inOrder = fittingFirst(free, size, apart)
  const byUrgency = (left: number, right: number) => urgency[left]! - urgency[right]!
  ready.sort(byUrgency)
  free.sort(byUrgency)

  const finishWith = (batch: readonly number[]) => {
    const keys = urgency.slice()
    for (const task of batch) keys[task]! -= index.size
    for (const task of runningTasks) keys[task]! -= 2 * index.size
    const release = afterDependencies(index)
    return kept === undefined
      ? listSchedule(durations, keys, workers, release)!.makespan
      : resourceListSchedule(durations, keys, workers, release, noDemands, kept).makespan
  }
  const best = bestBatch(free, size, triesFor(index.size), apart, finishWith)
  const chosen = new Set(best.batch)
  const batch = best.batch.toSorted((left, right) => urgency[left]! - urgency[right]!)
  const tail = ready.reduce((most, task) => Math.max(most, tails[task]!), 0)
  const suggestion = {
    tasks: batch.map((task) => suggestedTask(rest, task, chosen, tail)),
    duration: durationOf(batch, durations, workers),
    finish: best.finish,
    finishInInputOrder: finishWith(inOrder),
    leftOut: ready.filter((task) => !chosen.has(task)).map((task) => index.ids[task]!),
    keptApart: ready.flatMap((task) => {
      if (chosen.has(task)) return []
      const from = [...runningTasks, ...batch].find((other) => apart.get(task)?.has(other))
      return from === undefined ? [] : [{ task: index.ids[task]!, from: index.ids[from]! }]
    }),
    exhaustive: best.exhaustive,
  }
  return { ok: true, suggestion: { ...suggestion, text: textOf(suggestion, running.size) } }
}

function suggestedTask(
  { index, tails }: TaskAnalysis,
  task: number,
  batch: ReadonlySet<number>,
  longest: number,
): SuggestedTask {
  const { ids, dependencyOffsets, dependencies, dependentOffsets, dependents } = index
  const tail = tails[task]!
  const unlocks = Array.from(
    dependents.subarray(dependentOffsets[task], dependentOffsets[task + 1]),
  ).filter((dependent) =>
    dependencies
      .subarray(dependencyOffsets[dependent], dependencyOffsets[dependent + 1])
      .every((other) => batch.has(other)),
  )
  const found = {
    task: ids[task]!,
    tail,
    critical: tail === longest,
    unlocks: unlocks.map((dependent) => ids[dependent]!),
    behind: behind(index, task).length,
  }
  return { ...found, reason: reasonOf(found) }
}

function reasonOf({ tail, critical, unlocks, behind: count }: Omit<SuggestedTask, 'reason'>) {
  const way = critical
    ? `the longest way to the end begins with it: ${inMinutes(tail)}`
    : `${inMinutes(tail)} from its start to the end at best`
  const after =
    count === 0
      ? 'nothing waits for it'
      : `${count} ${count === 1 ? 'task stands' : 'tasks stand'} behind it`
  const next = unlocks.length === 0 ? '' : `, and ${named(unlocks)} can start after this batch`
  return `${way}; ${after}${next}`
}

function durationOf(batch: readonly number[], durations: Float64Array, workers: number): number {
  const own = Float64Array.from(batch, (task) => durations[task]!)
  return listSchedule(own, ranks(own), workers, (finished, ready) => {
    if (finished < 0) for (let task = 0; task < own.length; task++) ready.push(task)
  })!.makespan
}

function withoutDone(task: PlanTask, done: ReadonlySet<string>, estimate: number): PlanTask {
  const dependsOn = (task.dependsOn ?? []).filter(
    (entry) => !done.has(typeof entry === 'string' ? entry : entry.task),
  )
  return { ...task, dependsOn, estimate }
}

function countProblems(name: string, value: number): Problem[] {
  if (Number.isSafeInteger(value) && value >= 1) return []
  const message = `${name} is ${shown(value)}. Give a whole number of at least 1.`
  return [{ kind: 'invalid-option', tasks: [], message }]
}

function unknownTasks(
  { index }: TaskAnalysis,
  done: ReadonlySet<string>,
  running: ReadonlySet<string>,
): Problem[] {
  return [...done, ...running]
    .filter((id) => !index.positions.has(id))
    .map((id) => ({
      kind: 'missing',
      tasks: [id],
      message: `Task ${shown(id)} is named as done or running, but is not among the tasks. Give only ids of the plan.`,
    }))
}

/** Conflicts that name no two tasks at all; those of tasks that are gone are nobody's any more. */
function brokenConflicts({ index }: TaskAnalysis, options: SuggestionOptions): Problem[] {
  const { problems } = plannedConflicts(index, options.conflicts, options.allow)
  return problems.filter(({ kind, tasks }) => kind === 'invalid-option' || tasks.length === 0)
}

function textOf(found: Omit<BatchSuggestion, 'text'>, running: number): string {
  const { tasks, duration, finish, finishInInputOrder, leftOut, keptApart } = found
  const kept = keptApart
    .slice(0, 10)
    .map(({ task, from }) => `Kept apart: ${named([task])} conflicts with ${named([from])}.`)
  if (tasks.length === 0) {
    return running > 0
      ? ['No task is ready: the rest waits for what is running.', ...kept].join('\n')
      : 'No task is left to promote.'
  }
  const conflicting = new Set(keptApart.map(({ task }) => task))
  const lessUrgent = leftOut.filter((task) => !conflicting.has(task))
  const sooner = finishInInputOrder - finish
  return [
    `Next: ${named(tasks.map(({ task }) => task))}, about ${inMinutes(duration)}. With them first, everything is expected to be finished in ${inMinutes(finish)}${sooner > 0 ? `, ${inMinutes(sooner)} sooner than in input order` : ''}.`,
    ...tasks.slice(0, 10).map(({ task, reason }) => `- ${named([task])}: ${reason}.`),
    ...(tasks.length > 10 ? [`- and ${tasks.length - 10} more`] : []),
    ...(lessUrgent.length > 0 ? [`Ready too, but less urgent: ${named(lessUrgent)}.`] : []),
    ...kept,
  ].join('\n')
}
