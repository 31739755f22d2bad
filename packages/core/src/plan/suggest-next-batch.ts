import { analyzeTasks, type TaskAnalysis } from './analyze-tasks.ts'
import { behind } from './explain.ts'
import { inMinutes } from './in-minutes.ts'
import { afterDependencies, listSchedule } from './list-schedule.ts'
import { named } from './named.ts'
import type { PlanTask, Problem } from './plan.ts'
import { ranks } from './ranks.ts'
import { shown } from './shown.ts'

export interface SuggestionOptions {
  /** How many tasks the batch may hold; as many as workers when left out. */
  readonly size?: number
  /** How many tasks may run at once; 4 when left out. */
  readonly workers?: number
  /** Tasks that run already: they keep their workers and are counted as just begun. */
  readonly running?: Iterable<string>
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
 * they go first and everything else follows by its longest tail. All batches are compared when there
 * are few enough, else the most urgent tasks are exchanged one by one as long as that helps; of equally
 * good batches the most urgent tasks win, then the input order.
 *
 * Pure. Barriers and resources are left out. Takes at most some hundred thousand task starts beyond the first schedules.
 */
export function suggestNextBatch(
  tasks: readonly PlanTask[],
  done: Iterable<string>,
  options: SuggestionOptions = {},
): SuggestionResult {
  const { workers = 4, size = workers } = options
  const all = analyzeTasks(tasks)
  const settled = new Set(done)
  const running = new Set(options.running)
  const problems = [
    ...countProblems('workers', workers),
    ...countProblems('size', size),
    ...(all.ok ? [] : all.problems),
    ...(all.ok ? unknownTasks(all, settled, running) : []),
  ]
  if (!all.ok || problems.length > 0) return { ok: false, problems }

  const rest = analyzeTasks(
    tasks.flatMap((task, at) =>
      settled.has(task.id) ? [] : [withoutDone(task, settled, all.durations[at]!)],
    ),
  )
  if (!rest.ok) return rest
  const { index, durations, tails } = rest
  const urgency = ranks(tails)
  const ready = index.ids
    .map((_, task) => task)
    .filter(
      (task) =>
        !running.has(index.ids[task]!) &&
        index.dependencyOffsets[task] === index.dependencyOffsets[task + 1],
    )
  const inOrder = ready.slice(0, size)
  ready.sort((left, right) => urgency[left]! - urgency[right]!)

  const finishWith = (batch: readonly number[]) => {
    const keys = urgency.slice()
    for (const task of batch) keys[task]! -= index.size
    for (const id of running) {
      const task = index.positions.get(id)
      if (task !== undefined) keys[task]! -= 2 * index.size
    }
    return listSchedule(durations, keys, workers, afterDependencies(index))!.makespan
  }
  const best = bestBatch(ready, size, triesFor(index.size), finishWith)
  const chosen = new Set(best.batch)
  const batch = best.batch.toSorted((left, right) => urgency[left]! - urgency[right]!)
  const tail = Math.max(0, ...ready.slice(0, 1).map((task) => tails[task]!))
  const suggestion = {
    tasks: batch.map((task) => suggestedTask(rest, task, chosen, tail)),
    duration: durationOf(batch, durations, workers),
    finish: best.finish,
    finishInInputOrder: finishWith(inOrder),
    leftOut: ready.filter((task) => !chosen.has(task)).map((task) => index.ids[task]!),
    exhaustive: best.exhaustive,
  }
  return { ok: true, suggestion: { ...suggestion, text: textOf(suggestion, running.size) } }
}

/** Batches to compare: fewer of larger plans, so that the time stays bounded. */
function triesFor(size: number): number {
  return Math.min(5000, Math.max(50, Math.floor(200_000 / Math.max(1, size))))
}

interface BestBatch {
  readonly batch: readonly number[]
  readonly finish: number
  readonly exhaustive: boolean
}

/** `ready` is sorted, the most urgent first. */
function bestBatch(
  ready: readonly number[],
  size: number,
  tries: number,
  finishWith: (batch: readonly number[]) => number,
): BestBatch {
  let batch = ready.slice(0, size)
  let finish = finishWith(batch)
  if (batch.length === ready.length) return { batch, finish, exhaustive: true }
  if (combinations(ready.length, size, tries) <= tries) {
    for (const places of placesOf(ready.length, size)) {
      const other = places.map((place) => ready[place]!)
      const otherFinish = finishWith(other)
      if (otherFinish < finish) [batch, finish] = [other, otherFinish]
    }
    return { batch, finish, exhaustive: true }
  }
  let left = tries
  for (let improved = true; improved && left > 0;) {
    improved = false
    const inside = new Set(batch)
    const outside = ready.filter((task) => !inside.has(task))
    search: for (let nth = batch.length - 1; nth >= 0; nth--) {
      for (const task of outside) {
        if (left-- <= 0) break search
        const other = batch.with(nth, task)
        const otherFinish = finishWith(other)
        if (otherFinish >= finish) continue
        ;[batch, finish] = [other, otherFinish]
        improved = true
        break search
      }
    }
  }
  return { batch, finish, exhaustive: false }
}

/** n over k, or more than `most` when it is. */
function combinations(n: number, k: number, most: number): number {
  let count = 1
  for (let nth = 1; nth <= Math.min(k, n - k); nth++) {
    count = (count * (n - nth + 1)) / nth
    if (count > most) return count
  }
  return count
}

/** All ways to choose k of n places, each ascending, in lexical order. */
function* placesOf(n: number, k: number): Generator<readonly number[]> {
  const places = Array.from({ length: k }, (_, nth) => nth)
  for (;;) {
    yield places
    let nth = k - 1
    while (nth >= 0 && places[nth] === n - k + nth) nth--
    if (nth < 0) return
    places[nth]!++
    for (let after = nth + 1; after < k; after++) places[after] = places[after - 1]! + 1
  }
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

function textOf(found: Omit<BatchSuggestion, 'text'>, running: number): string {
  const { tasks, duration, finish, finishInInputOrder, leftOut } = found
  if (tasks.length === 0) {
    return running > 0
      ? 'No task is ready: the rest waits for what is running.'
      : 'No task is left to promote.'
  }
  const sooner = finishInInputOrder - finish
  return [
    `Next: ${named(tasks.map(({ task }) => task))}, about ${inMinutes(duration)}. With them first, everything is expected to be finished in ${inMinutes(finish)}${sooner > 0 ? `, ${inMinutes(sooner)} sooner than in input order` : ''}.`,
    ...tasks.slice(0, 10).map(({ task, reason }) => `- ${named([task])}: ${reason}.`),
    ...(tasks.length > 10 ? [`- and ${tasks.length - 10} more`] : []),
    ...(leftOut.length > 0 ? [`Ready too, but less urgent: ${named(leftOut)}.`] : []),
  ].join('\n')
}
