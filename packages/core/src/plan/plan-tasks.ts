import { analyzeTasks, type TaskAnalysis } from './analyze-tasks.ts'
import { batchBounds, batches } from './batches.ts'
import type { TaskIndex } from './index-tasks.ts'
import { idsByLayer } from './layers.ts'
import { afterDependencies, afterGroup, listSchedule, type Schedule } from './list-schedule.ts'
import type {
  Barrier,
  Plan,
  PlanOptions,
  PlanResult,
  PlanTask,
  Problem,
  ScheduledTask,
  TaskFacts,
} from './plan.ts'
import { ranks } from './ranks.ts'
import { shown } from './shown.ts'
import { smallestUsefulWorkers } from './smallest-useful-workers.ts'

/**
 * Plans tasks for a number of workers: layers, critical path, slack, bounds, a schedule by longest
 * tail, and what barriers would cost - or every problem that stands in the way.
 *
 * Pure and synchronous. Equal input gives an equal plan; where tasks are equally urgent the one with
 * the higher priority goes first, then the one earlier in the input, so ids are labels only. Never
 * throws for what a task contains.
 *
 * ```ts
 * const result = planTasks([{ id: 'build' }, { id: 'test', dependsOn: ['build'] }], { workers: 2 })
 * if (result.ok) console.log(result.plan.makespan)
 * ```
 */
export function planTasks(tasks: readonly PlanTask[], options: PlanOptions = {}): PlanResult {
  const workers = options.workers ?? 4
  const barrier = options.barrier ?? 'none'
  const analysis = analyzeTasks(tasks)
  const problems = optionProblems(workers, barrier).concat(analysis.ok ? [] : analysis.problems)
  if (!analysis.ok || problems.length > 0) return { ok: false, problems }

  const { index, layers, durations, tails, criticalPath } = analysis
  const work = durations.reduce((sum, minutes) => sum + minutes, 0)
  const urgency = ranks(tails, prioritiesOf(tasks))
  const longestFirst = ranks(durations)
  const bounds = batchBounds(layers, workers)
  const schedules = {
    none: listSchedule(durations, urgency, workers, afterDependencies(index))!,
    stage: listSchedule(durations, longestFirst, workers, afterGroup(layers.order, bounds))!,
    layer: listSchedule(
      durations,
      longestFirst,
      workers,
      afterGroup(layers.order, layers.offsets),
    )!,
  }
  const schedule = schedules[barrier]
  const { makespan } = schedule
  // Sums in another order may differ in their last digit; a bound is never above a real schedule.
  const lowerBound = Math.min(Math.max(criticalPath.length, work / workers), makespan)

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
    smallestUsefulWorkers: smallestUsefulWorkers(analysis, work, urgency),
    schedule: scheduledTasks(index, schedule, durations),
    facts: factsOf(analysis),
    batches: batches(index, layers, bounds),
    warnings: analysis.warnings,
  }
  return { ok: true, plan }
}

function optionProblems(workers: number, barrier: Barrier): Problem[] {
  const problems: Problem[] = []
  if (!Number.isSafeInteger(workers) || workers < 1) {
    problems.push({
      kind: 'invalid-option',
      tasks: [],
      message: `workers is ${shown(workers)}. Give a whole number of at least 1.`,
    })
  }
  if (barrier !== 'none' && barrier !== 'stage' && barrier !== 'layer') {
    problems.push({
      kind: 'invalid-option',
      tasks: [],
      message: `barrier is ${shown(barrier)}. Give none, stage or layer.`,
    })
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
  { order, starts, lanes }: Schedule,
  durations: Float64Array,
): ScheduledTask[] {
  return Array.from(order, (task) => ({
    task: ids[task]!,
    start: starts[task]!,
    finish: starts[task]! + durations[task]!,
    lane: lanes[task]!,
  }))
}

function factsOf(analysis: TaskAnalysis): TaskFacts[] {
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
      slack: slack > tolerance ? slack : 0,
      estimate,
      estimated: estimated[at] === 1,
    }
  })
}
