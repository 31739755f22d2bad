import { analyzeAssuming } from './analyze-assuming.ts'
import type { TaskIndex } from './index-tasks.ts'
import { atMinute, inMinutes } from './in-minutes.ts'
import { objectProblems } from './input-problems.ts'
import { afterDependencies, listSchedule, type ListSchedule } from './list-schedule.ts'
import { named } from './named.ts'
import type { PlanOptions, PlanTask, Problem, ScheduledTask } from './plan.ts'
import { plannedConflicts, type ConflictIndex } from './planned-conflicts.ts'
import { randomFrom } from './random.ts'
import { ranks, ranksApart } from './ranks.ts'
import { noDemands } from './resource-demands.ts'
import { resourceListSchedule } from './resource-list-schedule.ts'
import { shown } from './shown.ts'
import { urgencies } from './urgencies.ts'

export interface SimulationOptions {
  /** How many tasks may run at once; 4 when left out. */
  readonly workers?: number
  /** How many times the plan is played through; 1000 when left out. */
  readonly runs?: number
  /** The same seed draws the same durations; 1 when left out. */
  readonly seed?: number
  /** Pairs that never run at once, and those of them that may, as in `PlanOptions`. */
  readonly conflicts?: PlanOptions['conflicts']
  readonly allow?: PlanOptions['allow']
  /** Dependencies that nobody declared, as in `PlanOptions`. */
  readonly inferred?: PlanOptions['inferred']
  /**
   * The schedule of a plan of these tasks: they are started in its order, and it says what is planned.
   * Without it they are started as the list schedule would, by urgency.
   */
  readonly schedule?: readonly ScheduledTask[] | undefined
}

export type SimulationResult =
  | { readonly ok: true; readonly forecast: ScheduleForecast }
  | { readonly ok: false; readonly problems: Problem[] }

/** When a plan may finish. Times are minutes. */
export interface ScheduleForecast {
  workers: number
  runs: number
  seed: number
  /** What the plan takes when every task takes its planned minutes: of `schedule`, or the list schedule. */
  planned: number
  finish: {
    earliest: number
    mean: number
    /** Half of the runs finish no later. */
    p50: number
    /** Nine in ten runs finish no later. */
    p90: number
    latest: number
  }
  /** The share of runs that finish no later than planned. */
  onPlan: number
  /** In input order. */
  tasks: {
    task: string
    /**
     * The share of runs in which this task held up the finish: had it taken longer and everything kept
     * its order and its lane, the run would have finished later.
     */
    criticality: number
  }[]
  /** How many tasks have a range, one number, and no estimate at all. */
  estimates: { ranges: number; fixed: number; assumed: number }
  /** All of it for a reader. */
  text: string
}

/**
 * Plays a plan through many times and says when it finishes: each task with a range takes minutes
 * drawn evenly from it, every other task its planned minutes. Whenever a worker is free, the first task
 * of the plan's order that may run starts; the order knows only the planned minutes. Conflicting tasks
 * never run at once. Barriers and resources are left out.
 *
 * Pure: the same tasks, workers, runs and seed give the same forecast. The draws do not depend on the
 * number of workers, so two forecasts with one seed can be compared. Takes `runs` times a schedule.
 */
export function simulateSchedule(
  tasks: readonly PlanTask[],
  options: SimulationOptions = {},
): SimulationResult {
  const unreadable = objectProblems('options', options)
  if (unreadable.length > 0) return { ok: false, problems: unreadable }
  const { workers = 4, runs = 1000, seed = 1, conflicts, allow, schedule } = options
  const analysis = analyzeAssuming(tasks, undefined, options.inferred)
  const kept = analysis.ok ? plannedConflicts(analysis.index, conflicts, allow) : undefined
  const starts = analysis.ok && schedule !== undefined && startsOf(analysis.index, schedule)
  const problems = optionProblems({ workers, runs, seed }).concat(
    starts === undefined ? [otherSchedule] : [],
    kept?.problems ?? [],
    analysis.ok ? [] : analysis.problems,
  )
  if (!analysis.ok || problems.length > 0) return { ok: false, problems }

  const { index, durations, estimated } = analysis
  const apart = kept?.apart
  const urgent = starts ? starts.map((start) => -start) : urgencies(analysis)
  const urgency = apart === undefined || starts ? ranks(urgent) : ranksApart(urgent, apart)
  const list = (minutes: Float64Array): ListSchedule =>
    apart === undefined
      ? listSchedule(minutes, urgency, workers, afterDependencies(index))!
      : resourceListSchedule(minutes, urgency, workers, afterDependencies(index), noDemands, apart)
  const draw = durationsFrom(tasks, durations, seed)
  const critical = new Int32Array(index.size)
  const finishes = new Float64Array(runs)
  for (let run = 0; run < runs; run++) {
    const drawn = draw()
    const schedule = list(drawn)
    finishes[run] = schedule.makespan
    countCritical(index, drawn, schedule, critical, apart)
  }
  finishes.sort()

  const planned =
    schedule?.reduce((latest, { finish }) => Math.max(latest, finish), 0) ??
    list(durations).makespan
  const ranges = tasks.filter(({ estimate }) => isRange(estimate)).length
  const given = estimated.reduce((sum, own) => sum + own, 0)
  const forecast = {
    workers,
    runs,
    seed,
    planned,
    finish: {
      earliest: finishes[0]!,
      mean: finishes.reduce((sum, finish) => sum + finish, 0) / runs,
      p50: quantile(finishes, 0.5),
      p90: quantile(finishes, 0.9),
      latest: finishes[runs - 1]!,
    },
    onPlan: finishes.filter((finish) => finish <= planned * (1 + 1e-9)).length / runs,
    tasks: index.ids.map((task, at) => ({ task, criticality: critical[at]! / runs })),
    estimates: { ranges, fixed: given - ranges, assumed: index.size - given },
  }
  return { ok: true, forecast: { ...forecast, text: textOf(forecast) } }
}

function optionProblems(options: Record<'workers' | 'runs' | 'seed', number>): Problem[] {
  const { workers, runs, seed } = options
  const problems: Problem[] = []
  const report = (message: string) => {
    problems.push({ kind: 'invalid-option', tasks: [], message })
  }
  if (!Number.isSafeInteger(workers) || workers < 1) {
    report(`workers is ${shown(workers)}. Give a whole number of at least 1.`)
  }
  if (!Number.isSafeInteger(runs) || runs < 1 || runs > mostRuns) {
    report(`runs is ${shown(runs)}. Give a whole number from 1 to ${mostRuns}.`)
  }
  if (!Number.isSafeInteger(seed)) report(`seed is ${shown(seed)}. Give a whole number.`)
  return problems
}

const mostRuns = 1_000_000

/** Starts by input position; undefined when it is no schedule of these tasks. */
function startsOf(
  { size, positions }: TaskIndex,
  schedule: readonly ScheduledTask[],
): Float64Array | undefined {
  if (!Array.isArray(schedule) || schedule.length !== size) return undefined
  const starts = new Float64Array(size).fill(NaN)
  for (const entry of schedule as readonly (ScheduledTask | null | undefined)[]) {
    const { start, finish } = entry ?? {}
    const task = positions.get(entry?.task as string)
    if (task === undefined || !isTime(start) || !isTime(finish)) return undefined
    starts[task] = start
  }
  return starts.some(Number.isNaN) ? undefined : starts
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Infinity
}

const otherSchedule: Problem = {
  kind: 'invalid-option',
  tasks: [],
  message:
    'schedule is not one of these tasks, each with its start and finish. Give the schedule of a plan of them, or leave it out.',
}

function isRange(estimate: PlanTask['estimate']): boolean {
  return typeof estimate === 'object' && estimate !== null
}

/** Durations of one run after the other, drawn in input order. */
function durationsFrom(
  tasks: readonly PlanTask[],
  planned: Float64Array,
  seed: number,
): () => Float64Array {
  const random = randomFrom(seed)
  const drawn = planned.slice()
  const ranges = tasks.flatMap(({ estimate }, task) =>
    typeof estimate === 'object' && estimate !== null ? [{ task, ...estimate }] : [],
  )
  return () => {
    for (const { task, min, max } of ranges) drawn[task] = min + (max - min) * random()
    return drawn
  }
}

/** Goes back from the finish along what waited for what: dependencies, conflicts, and the tasks of one lane. */
function countCritical(
  { size, dependentOffsets, dependents }: TaskIndex,
  durations: Float64Array,
  { starts, lanes, order, makespan }: ListSchedule,
  critical: Int32Array,
  apart: ConflictIndex | undefined,
): void {
  const latestStarts = new Float64Array(size)
  const nextOnLane = new Map<number, number>()
  const tolerance = makespan * 1e-9
  const placeOf = new Int32Array(size)
  for (let nth = 0; nth < size; nth++) placeOf[order[nth]!] = nth
  for (let nth = size - 1; nth >= 0; nth--) {
    const task = order[nth]!
    let latestFinish = nextOnLane.get(lanes[task]!) ?? makespan
    const end = dependentOffsets[task + 1]!
    for (let edge = dependentOffsets[task]!; edge < end; edge++) {
      latestFinish = Math.min(latestFinish, latestStarts[dependents[edge]!]!)
    }
    const lastConflict = apart?.offsets[task + 1] ?? 0
    for (let at = apart?.offsets[task] ?? 0; at < lastConflict; at++) {
      const other = apart!.others[at]!
      if (placeOf[other]! > nth) latestFinish = Math.min(latestFinish, latestStarts[other]!)
    }
    const latestStart = latestFinish - durations[task]!
    latestStarts[task] = latestStart
    nextOnLane.set(lanes[task]!, latestStart)
    if (latestStart - starts[task]! <= tolerance) critical[task]!++
  }
}

/** The least of the ascending values that at least this share of them does not exceed. */
function quantile(values: Float64Array, share: number): number {
  return values[Math.ceil(values.length * share) - 1]!
}

function textOf(forecast: Omit<ScheduleForecast, 'text'>): string {
  const { runs, workers, finish, planned, onPlan, tasks, estimates } = forecast
  const lines = [
    `Of ${runs} runs with ${workers} ${workers === 1 ? 'worker' : 'workers'}, half finish by ${atMinute(finish.p50)} and nine in ten by ${atMinute(finish.p90)}; the plan says ${inMinutes(planned)}, which ${percent(onPlan)} of the runs keep.`,
  ]
  const most = tasks
    .filter(({ criticality }) => criticality > 0)
    .toSorted((left, right) => right.criticality - left.criticality)
    .slice(0, 3)
    .map(({ task, criticality }) => `${named([task])} (${percent(criticality)})`)
  if (most.length > 0) lines.push(`What most often holds up the finish: ${most.join(', ')}.`)
  const { ranges, fixed, assumed } = estimates
  lines.push(
    `Estimates are guesses, and this forecast is no better than they are: ${ranges} of ${tasks.length} tasks have a range, ${fixed} one number that is taken to be exact, ${assumed} none, so theirs is assumed.`,
  )
  if (ranges === 0) {
    lines.push('Without a range every run is the same: this says nothing about what may go wrong.')
  }
  return lines.join('\n')
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
