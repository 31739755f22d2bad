import { analyzeAssuming } from './analyze-assuming.ts'
import type { TaskAnalysis } from './analyze-tasks.ts'
import { assignLanes, lanesOf } from './assign-lanes.ts'
import { batches, batchGroups } from './batches.ts'
import type { TaskIndex } from './index-tasks.ts'
import { idsByLayer } from './layers.ts'
import { improveSchedule } from './improve-schedule.ts'
import { listProblems, objectProblems } from './input-problems.ts'
import {
  afterDependencies,
  afterGroup,
  listSchedule,
  type Release,
  type Schedule,
} from './list-schedule.ts'
import { cliqueBound, intervalBound, simpleBound } from './lower-bound.ts'
import type {
  Plan,
  PlanOptions,
  PlanResult,
  PlanTask,
  Problem,
  ScheduledTask,
  TaskFacts,
} from './plan.ts'
import { plannedConflicts } from './planned-conflicts.ts'
import { ranks, ranksApart } from './ranks.ts'
import { noDemands, resourceDemands, withWorkers } from './resource-demands.ts'
import { resourceListSchedule } from './resource-list-schedule.ts'
import { shown } from './shown.ts'
import { smallestUsefulWorkers } from './smallest-useful-workers.ts'
import { unknownOptions } from './unknown-options.ts'
import { urgencies } from './urgencies.ts'

/**
 * Plans tasks for a number of workers: layers, critical path, slack, bounds, a schedule by urgency
 * - the longest tail - that is then improved round by round, and what barriers would cost - or every problem that
 * stands in the way.
 *
 * Pure and synchronous. Equal input gives an equal plan, unless `budgetMs` lets the clock decide how
 * many rounds there are: then the same `seed` with the `rounds` that the plan names gives it again.
 * Where tasks are equally urgent the one with the higher priority goes first, then the one earlier in
 * the input, so ids are labels only. Never throws, whatever tasks and options are.
 *
 * ```ts
 * const result = planTasks([{ id: 'build' }, { id: 'test', dependsOn: ['build'] }], { workers: 2 })
 * if (result.ok) console.log(result.plan.makespan)
 * ```
 */
export function planTasks(tasks: readonly PlanTask[], options: PlanOptions = {}): PlanResult {
  return planAssuming(tasks, options)
}

/** As `planTasks`, but the estimates of the tasks in `assumed` are none of their own. */
export function planAssuming(
  tasks: readonly PlanTask[],
  options: PlanOptions,
  assumed?: ReadonlySet<string>,
): PlanResult {
  const unreadable = listProblems('tasks', tasks).concat(objectProblems('options', options))
  if (unreadable.length > 0) return { ok: false, problems: unreadable }
  const { workers = 4, barrier = 'none', lanes = workers, seed = 1, budgetMs, now } = options
  const from = budgetMs !== undefined && typeof now === 'function' ? now() : 0
  const analysis = analyzeAssuming(tasks, assumed, options.inferred)
  const { demands, problems: demandProblems, warnings } = resourceDemands(tasks, options.resources)
  const {
    apart,
    conflicts,
    problems: conflictProblems,
    warnings: conflictWarnings,
  } = plannedConflicts(
    analysis.ok ? analysis.index : positionsOf(tasks),
    options.conflicts,
    options.allow,
  )
  const problems = optionProblems(options).concat(
    demandProblems,
    conflictProblems,
    analysis.ok ? [] : analysis.problems,
  )
  if (!analysis.ok || problems.length > 0) return { ok: false, problems }

  const { index, layers, durations, tails, criticalPath } = analysis
  const work = durations.reduce((sum, minutes) => sum + minutes, 0)
  const laneCap = Math.min(workers, lanes)
  const priorities = prioritiesOf(tasks)
  const ranksBy = (minutes: Float64Array) =>
    apart === undefined ? ranks(minutes, priorities) : ranksApart(minutes, apart, priorities)
  const urgent = urgencies(analysis)
  const urgency = ranksBy(urgent)
  const longestFirst = apart === undefined ? ranks(durations) : ranksApart(durations, apart)
  const groups = batchGroups(layers, laneCap, apart)
  const list = (order: Float64Array, release: Release, count = laneCap): Schedule =>
    demands === undefined && apart === undefined
      ? listSchedule(durations, order, count, release)!
      : resourceListSchedule(durations, order, count, release, demands ?? noDemands, apart)
  const schedules = {
    none: list(urgency, afterDependencies(index)),
    stage: list(longestFirst, afterGroup(groups.order, groups.bounds)),
    layer: list(longestFirst, afterGroup(layers.order, layers.offsets)),
  }

  let schedule = schedules[barrier]
  const clique = apart === undefined ? 0 : cliqueBound(analysis, apart)
  const bound = (count: number) => Math.max(clique, simpleBound(analysis, work, count, demands))
  let lowerBound = bound(laneCap)
  let rounds = 0
  if (barrier === 'none' && schedule.makespan > lowerBound) {
    const fewer: number[] = []
    const promising = (count: number) => bound(count) < schedules.none.makespan
    for (let count = laneCap - 1; laneCap <= 16 && count > 0 && promising(count); count--) {
      fewer.push(count)
      const other = list(urgency, afterDependencies(index), count)
      if (other.makespan < schedule.makespan) schedule = other
    }
    const limits = withWorkers(demands, index.size, laneCap)
    if (limits !== undefined) lowerBound = Math.max(lowerBound, intervalBound(analysis, limits))
    const improved = improveSchedule(analysis, {
      schedule,
      lowerBound,
      workers: laneCap,
      fewer,
      demands,
      apart,
      seed,
      rounds: options.rounds ?? (budgetMs === undefined ? usualRounds(index) : Infinity),
      isOver: budgetMs === undefined ? () => false : timeLimit(from, budgetMs, now!, index),
    })
    schedule = improved.schedule
    rounds = improved.rounds
  }
  const { makespan } = schedule
  // Sums in another order may differ in their last digit; a bound is never above a real schedule.
  lowerBound = Math.min(lowerBound, makespan)

  // With improvement fewer workers than any list schedule needs may reach the critical path.
  const mostUseful = makespan > criticalPath.length ? Infinity : laneCap

  const epicOf = (task: number) => {
    const epic: unknown = tasks[task]!.epic
    return typeof epic === 'string' && epic !== '' ? epic : undefined
  }
  const lanesOfTasks = assignLanes(index, durations, schedule, epicOf)
  const named = idsByLayer(index, layers)
  const plan: Plan = {
    workers,
    barrier,
    tasks: index.size,
    edges: index.dependencies.length,
    layers: named,
    work,
    criticalPath: {
      length: criticalPath.length,
      tasks: criticalPath.tasks.map((task) => index.ids[task]!),
    },
    lowerBound,
    makespan,
    gap: lowerBound === 0 ? 0 : makespan / lowerBound - 1,
    barrierMakespan: { stage: schedules.stage.makespan, layer: schedules.layer.makespan },
    parallelShare: parallelShare(named),
    smallestUsefulWorkers: Math.min(
      smallestUsefulWorkers(analysis, work, urgent === tails ? urgency : ranksBy(tails)),
      mostUseful,
    ),
    rounds,
    seed,
    schedule: scheduledTasks(index, schedule, lanesOfTasks, durations),
    facts: factsOf(analysis, urgent),
    batches: batches(index, groups, (group) =>
      minutesOf(group, durations, demands === undefined ? undefined : schedules.stage.starts),
    ),
    laneCap,
    lanes: lanesOf(index, durations, schedule, lanesOfTasks, epicOf),
    conflicts,
    inferred: analysis.inferred,
    warnings: analysis.warnings.concat(warnings, conflictWarnings, unknownOptions(options)),
  }
  return { ok: true, plan }
}

/** Some milliseconds for hundreds of tasks; none for plans so large that a round takes long. */
function usualRounds({ size, dependencies }: TaskIndex): number {
  return Math.min(100, Math.floor(50_000 / (size + dependencies.length)))
}

/**
 * True once `budgetMs` have gone by since `from`. A clock that stands still - a fake one, or no number -
 * must not keep the planner for ever: seconds of rounds without a later time are enough, too.
 */
function timeLimit(
  from: number,
  budgetMs: number,
  now: () => number,
  { size, dependencies }: TaskIndex,
): () => boolean {
  const most = Math.min(100_000, Math.ceil(10_000_000 / (size + dependencies.length)))
  let latest = from
  let still = 0
  return () => {
    const time = now()
    if (time > latest) {
      latest = time
      still = 0
    }
    return time - from >= budgetMs || ++still > most
  }
}

/** Where ids are when the tasks themselves cannot be planned; of equal ones the last counts. */
function positionsOf(tasks: readonly PlanTask[]): Pick<TaskIndex, 'size' | 'positions'> {
  return { size: tasks.length, positions: new Map(Array.from(tasks, (task, at) => [task?.id, at])) }
}

/** The tasks of a batch fit beside each other, unless they need more of a resource than there is. */
function minutesOf(group: Int32Array, durations: Float64Array, starts?: Float64Array): number {
  let begin = Infinity
  let end = 0
  for (const task of group) {
    const start = starts?.[task] ?? 0
    begin = Math.min(begin, start)
    end = Math.max(end, start + durations[task]!)
  }
  return end - begin
}

function optionProblems(options: PlanOptions): Problem[] {
  const { workers = 4, barrier = 'none', lanes = 1 } = options
  const { rounds = 0, seed = 1, budgetMs = 0, now } = options
  const problems: Problem[] = []
  const refuse = (name: string, value: unknown, advice: string) =>
    problems.push({
      kind: 'invalid-option',
      tasks: [],
      message: `${name} is ${shown(value)}. ${advice}`,
    })
  if (!Number.isSafeInteger(workers) || workers < 1) {
    refuse('workers', workers, 'Give a whole number of at least 1.')
  }
  if (barrier !== 'none' && barrier !== 'stage' && barrier !== 'layer') {
    refuse('barrier', barrier, 'Give none, stage or layer.')
  }
  if (!Number.isSafeInteger(lanes) || lanes < 1) {
    refuse('lanes', lanes, 'Give a whole number of at least 1.')
  }
  if (!Number.isSafeInteger(rounds) || rounds < 0) {
    refuse('rounds', rounds, 'Give a whole number of at least 0.')
  }
  if (!Number.isSafeInteger(seed)) refuse('seed', seed, 'Give a whole number.')
  if (typeof budgetMs !== 'number' || !(budgetMs >= 0 && budgetMs < Infinity)) {
    refuse('budgetMs', budgetMs, 'Give milliseconds of at least 0.')
  }
  if (options.budgetMs !== undefined && typeof now !== 'function') {
    refuse('now', now, 'With budgetMs, give a clock: a function that returns milliseconds.')
  }
  return problems
}

/** 0 for high, 1 for normal, 2 for low; undefined when all are equal. */
function prioritiesOf(tasks: readonly PlanTask[]): Uint8Array | undefined {
  let result: Uint8Array | undefined
  for (let task = 0; task < tasks.length; task++) {
    const { priority } = tasks[task]!
    if (priority !== 'high' && priority !== 'low') continue
    result ??= new Uint8Array(tasks.length).fill(1)
    result[task] = priority === 'high' ? 0 : 2
  }
  return result
}

function parallelShare(layers: readonly string[][]): number {
  let tasks = 0
  let together = 0
  for (const { length } of layers) {
    tasks += length
    if (length > 1) together += length
  }
  return tasks === 0 ? 0 : together / tasks
}

function scheduledTasks(
  { ids }: TaskIndex,
  { order, starts }: Schedule,
  lanes: Int32Array,
  durations: Float64Array,
): ScheduledTask[] {
  return Array.from(order, (task) => ({
    task: ids[task]!,
    start: starts[task]!,
    finish: starts[task]! + durations[task]!,
    lane: lanes[task]!,
  }))
}

function factsOf(analysis: TaskAnalysis, urgent: Float64Array): TaskFacts[] {
  const { index, layers, durations, estimated, finishes, tails, criticalPath } = analysis
  const tolerance = criticalPath.length * 1e-9
  return index.ids.map((task, at) => {
    const estimate = durations[at]!
    const tail = tails[at]!
    const slack = criticalPath.length - tail - (finishes[at]! - estimate)
    return {
      task,
      layer: layers.layerOf[at]!,
      tail,
      ...(urgent[at] === tail ? {} : { urgency: urgent[at]! }),
      slack: slack > tolerance ? slack : 0,
      estimate,
      estimated: estimated[at] === 1,
    }
  })
}
