import { analyzeTasks, type TaskAnalysis } from './analyze-tasks.ts'
import { barrierSchedule } from './barrier-schedule.ts'
import { batchBounds, batches } from './batches.ts'
import type { TaskIndex } from './index-tasks.ts'
import { idsByLayer, type Layers } from './layers.ts'
import { listSchedule, type Schedule } from './list-schedule.ts'
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
  const work = sum(durations)
  const urgency = ranks(tails, prioritiesOf(tasks))
  const longestFirst = ranks(durations)
  const bounds = batchBounds(layers, workers)
  const byLayer = barrierSchedule(layers.order, layers.offsets, durations, longestFirst, workers)
  const byStage = barrierSchedule(layers.order, bounds, durations, longestFirst, workers)
  const schedule =
    barrier === 'layer'
      ? byLayer
      : barrier === 'stage'
        ? byStage
        : listSchedule(index, durations, urgency, workers)!
  const { makespan } = schedule
  // Sums in another order may differ in their last digit; a bound is never above a real schedule.
  const lowerBound = Math.min(Math.max(criticalPath.length, work / workers), makespan)

  const plan: Plan = {
    workers,
    barrier,
    tasks: index.size,
    edges: index.dependencies.length,
    layers: idsByLayer(index, layers),
    work,
    criticalPath: {
      length: criticalPath.length,
      tasks: criticalPath.tasks.map((task) => index.ids[task]!),
    },
    lowerBound,
    makespan,
    gap: lowerBound === 0 ? 0 : makespan / lowerBound - 1,
    barrierMakespan: { stage: byStage.makespan, layer: byLayer.makespan },
    parallelShare: parallelShare(layers),
    smallestUsefulWorkers: smallestUsefulWorkers(analysis, urgency),
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

function parallelShare({ count, order, offsets }: Layers): number {
  let together = 0
  for (let layer = 0; layer < count; layer++) {
    const tasks = offsets[layer + 1]! - offsets[layer]!
    if (tasks > 1) together += tasks
  }
  return order.length === 0 ? 0 : together / order.length
}

function scheduledTasks(
  { ids }: TaskIndex,
  { order, starts, lanes }: Schedule,
  durations: Float64Array,
): ScheduledTask[] {
  const result: ScheduledTask[] = []
  for (let nth = 0; nth < order.length; nth++) {
    const task = order[nth]!
    const start = starts[task]!
    result.push({ task: ids[task]!, start, finish: start + durations[task]!, lane: lanes[task]! })
  }
  return result
}

function factsOf(analysis: TaskAnalysis): TaskFacts[] {
  const { index, layers, durations, estimated, finishes, tails, criticalPath } = analysis
  const result: TaskFacts[] = []
  const tolerance = criticalPath.length * 1e-9
  for (let task = 0; task < index.size; task++) {
    const slack = criticalPath.length - tails[task]! - (finishes[task]! - durations[task]!)
    result.push({
      task: index.ids[task]!,
      layer: layers.layerOf[task]!,
      tail: tails[task]!,
      slack: slack > tolerance ? slack : 0,
      estimate: durations[task]!,
      estimated: estimated[task] === 1,
    })
  }
  return result
}

function sum(values: Float64Array): number {
  let result = 0
  for (let at = 0; at < values.length; at++) result += values[at]!
  return result
}
