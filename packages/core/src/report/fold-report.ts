import { CuelineError } from '../error.ts'
import type { StoredEvent } from '../event/event.ts'
import type { AttemptId, BatchId, TaskId } from '../id.ts'
import type { ScheduledTask } from '../plan/plan.ts'
import { isSettled } from '../staging/readiness.ts'
import type { Slice } from '../staging/slice.ts'
import type { Attempt, Task, Verdict } from '../staging/state.ts'
import { assignLanes } from './assign-lanes.ts'
import { barrierTax } from './barrier-tax.ts'
import { compareTouches, touchTotals } from './compare-touches.ts'
import { createLogFold, type GroupedMerges, type LogFold } from './log-fold.ts'
import { predictTimes } from './predict-times.ts'
import { wallOf, type WallTime } from './rests.ts'
import type { BatchReport, GateCounts, LaneReport, RunReport, TaskReport } from './run-report.ts'

export interface ReportOptions {
  /** Milliseconds of real time that one minute of the plan stands for; 60 000 when left out. */
  readonly timeScale?: number
  /**
   * The schedule that was planned, in plan minutes and by code. When left out, the tasks are
   * planned again from the estimates in the log, for the workers and the barrier in the log.
   */
  readonly predicted?: readonly ScheduledTask[]
}

/**
 * Folds the log of one project into a report. Pure: whoever has the events can compute the same
 * figures. Throws `invalid-input` when the log is empty, belongs to several projects or does not
 * start with the project; the report of a log that was pruned is `reports.build` of a Cueline.
 */
export function foldReport(events: Iterable<StoredEvent>, options: ReportOptions = {}): RunReport {
  const fold = createLogFold()
  for (const event of events) fold.add(event)
  return reportOf(fold, options)
}

/** The report of what was folded. Throws `invalid-input` when there was no project in it. */
export function reportOf(fold: LogFold, options: ReportOptions = {}): RunReport {
  const { world, settledAt, firstPromotion, expects } = fold
  const { project } = world
  if (project === null) throw noProject()

  const tasks = [...world.tasks.values()].sort((a, b) => a.position - b.position)
  const attempts = [...world.attempts.values()]
  const succeeded = new Map<TaskId, number>()
  for (const attempt of attempts) {
    if (attempt.status === 'succeeded') succeeded.set(attempt.taskId, activeMs(attempt))
  }
  const workers = fold.workers.most()
  const timeOf = (first: number | null, settled: Iterable<number>) =>
    wallOf(first, settled, fold.rests.list)
  const { wallMs, restedMs } = timeOf(firstPromotion, settledAt.values())
  const workMs = sum(succeeded.values())
  const speedup = ratio(workMs, wallMs)
  const { times, predicted } = predictTimes(world, tasks, workers, options)
  const lanes = assignLanes(attempts)
  const facts: Facts = {
    attemptsOf: byTask(attempts),
    lanes,
    succeeded,
    settledAt,
    firstPromotion,
    expects,
    times,
    timeOf,
  }
  return {
    projectId: project.id,
    project: project.name,
    tasks: countTasks(tasks),
    attempts: attempts.length,
    attemptsByStatus: countAttempts(attempts),
    requests: world.requests.size,
    requestsByStatus: countRequests(world),
    workers,
    wallMs,
    restedMs,
    workMs,
    speedup,
    efficiency: speedup === null ? null : ratio(speedup, workers),
    barrierTax: barrierTax(world, succeeded, workers),
    timeSaved: savedOf(wallMs, workMs),
    merges: countMerges(attempts, fold.grouped),
    overlaps: fold.overlaps.map(({ tasks: ids, ...seen }) => ({
      tasks: ids.flatMap((id) => (id === null ? [] : [world.tasks.get(id)?.code ?? id])),
      ...seen,
    })),
    touches: touchTotals(tasks, expects),
    deliveries: project.deliveries.map(({ number, url, base, commit, state, checks }) => ({
      number,
      url,
      base,
      commit,
      state,
      checks,
    })),
    gates: countVerdicts(attempts.flatMap((attempt) => attempt.verdicts)),
    predicted,
    batches: batchReports(world, tasks, facts),
    lanes: laneReports(attempts, facts, wallMs),
    perTask: taskReports(tasks, facts),
  }
}

/** From the start of an attempt to its end, without the time it waited for a person. */
function activeMs(attempt: Attempt): number {
  if (attempt.endedAt === null) return 0
  return Math.max(0, attempt.endedAt - attempt.startedAt - waitedMs(attempt))
}

function waitedMs({ waitedMs, waitingSince, endedAt }: Attempt): number {
  const last = waitingSince === null || endedAt === null ? 0 : endedAt - waitingSince
  return waitedMs + Math.max(0, last)
}

function countTasks(tasks: readonly Task[]): RunReport['tasks'] {
  const done = tasks.filter((task) => task.status === 'done').length
  const failed = tasks.filter((task) => task.status === 'failed').length
  const cancelled = tasks.filter((task) => task.status === 'cancelled').length
  const total = tasks.length
  return { total, done, failed, cancelled, open: total - done - failed - cancelled }
}

function countAttempts(attempts: readonly Attempt[]): RunReport['attemptsByStatus'] {
  const counts = { succeeded: 0, failed: 0, interrupted: 0, yielded: 0, open: 0 }
  for (const { status, failure } of attempts) {
    if (status === 'running' || status === 'waiting') counts.open++
    else if (status === 'verifying' || status === 'merging') counts.open++
    else if (status === 'failed' && isLimit(failure)) counts.yielded++
    else counts[status]++
  }
  return counts
}

/** Limits are not failures: the account was held, and nobody was charged. */
function isLimit(failure: Attempt['failure']): boolean {
  return failure?.class === 'rate-limit' || failure?.class === 'quota'
}

function countRequests({ requests }: Slice): RunReport['requestsByStatus'] {
  const counts = { open: 0, answered: 0, cancelled: 0 }
  for (const { status } of requests.values()) counts[status]++
  return counts
}

function countVerdicts(verdicts: readonly Verdict[]): GateCounts {
  const counts = { passed: 0, failed: 0, error: 0, skipped: 0 }
  for (const { result } of verdicts) {
    if (result === 'pass') counts.passed++
    else if (result === 'fail') counts.failed++
    else counts[result]++
  }
  return counts
}

/** Without spreading: a batch may hold more tasks than a call takes arguments. */
function leastOf(times: readonly number[]): number {
  return times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY)
}

/** What the parts of a report are made from, beside the rows. */
interface Facts extends Pick<LogFold, 'settledAt' | 'firstPromotion' | 'expects'> {
  readonly attemptsOf: ReadonlyMap<TaskId, readonly Attempt[]>
  readonly lanes: ReadonlyMap<AttemptId, number>
  /** Active time of the attempts that succeeded. */
  readonly succeeded: ReadonlyMap<TaskId, number>
  readonly times: ReturnType<typeof predictTimes>['times']
  /** As `wallOf`, with the rests of this log. */
  readonly timeOf: (first: number | null, settled: Iterable<number>) => WallTime
}

function byTask(attempts: readonly Attempt[]): ReadonlyMap<TaskId, Attempt[]> {
  const lists = new Map<TaskId, Attempt[]>()
  for (const attempt of attempts) {
    const list = lists.get(attempt.taskId)
    if (list === undefined) lists.set(attempt.taskId, [attempt])
    else list.push(attempt)
  }
  return lists
}

function batchReports(
  { batches }: Slice,
  tasks: readonly Task[],
  { attemptsOf, lanes, succeeded, settledAt, times, timeOf }: Facts,
): BatchReport[] {
  const byBatch = new Map<BatchId, Task[]>()
  for (const task of tasks) {
    if (task.batchId === null) continue
    const list = byBatch.get(task.batchId)
    if (list === undefined) byBatch.set(task.batchId, [task])
    else list.push(task)
  }
  return [...batches.values()]
    .sort((a, b) => a.order - b.order)
    .map((batch): BatchReport => {
      const own = byBatch.get(batch.id) ?? []
      const begun = own.flatMap((task) => task.startedAt ?? [])
      const settled = own.filter(isSettled).map((task) => settledAt.get(task.id) ?? 0)
      const wallMs = begun.length === 0 ? null : timeOf(leastOf(begun), settled).wallMs
      const workMs = sum(own.map((task) => succeeded.get(task.id) ?? 0))
      const { total, done, failed } = countTasks(own)
      const speedup = wallMs === null ? null : ratio(workMs, wallMs)
      const used = new Set<number>()
      for (const { id } of own) {
        for (const attempt of attemptsOf.get(id) ?? []) used.add(lanes.get(attempt.id) ?? 0)
      }
      const planned = own.flatMap(({ id }) => times.get(id) ?? [])
      const from = leastOf(planned.map(({ startMs }) => startMs))
      return {
        batch: batch.name,
        tasks: total,
        done,
        failed,
        wallMs,
        workMs,
        speedup,
        lanes: used.size,
        efficiency: speedup === null ? null : ratio(speedup, used.size),
        timeSaved: wallMs === null ? null : savedOf(wallMs, workMs),
        predictedMs:
          planned.length === 0
            ? null
            : wallOf(
                from,
                planned.map(({ finishMs }) => finishMs),
              ).wallMs,
        predictedWorkMs:
          planned.length === 0
            ? null
            : sum(planned.map(({ startMs, finishMs }) => finishMs - startMs)),
      }
    })
}

function laneReports(
  attempts: readonly Attempt[],
  { lanes, timeOf }: Facts,
  runMs: number,
): LaneReport[] {
  const byLane = new Map<number, Attempt[]>()
  for (const attempt of attempts) {
    const lane = lanes.get(attempt.id)
    if (lane === undefined || attempt.endedAt === null) continue
    const list = byLane.get(lane)
    if (list === undefined) byLane.set(lane, [attempt])
    else list.push(attempt)
  }
  return [...byLane]
    .sort(([one], [other]) => one - other)
    .map(([lane, own]): LaneReport => {
      const done = own.filter(({ status }) => status === 'succeeded')
      const workMs = sum(done.map(activeMs))
      const first = leastOf(own.map(({ startedAt }) => startedAt))
      return {
        lane,
        attempts: own.length,
        succeeded: done.length,
        wallMs: timeOf(
          first,
          own.map(({ endedAt }) => endedAt ?? first),
        ).wallMs,
        busyMs: sum(own.map(activeMs)),
        workMs,
        efficiency: ratio(workMs, runMs),
      }
    })
}

/** Work that landed, and how often some came back because it contradicted what others had landed. */
function countMerges(
  attempts: readonly Attempt[],
  { groups, gateRunsSaved }: GroupedMerges,
): RunReport['merges'] {
  let landed = 0
  let conflicts = 0
  for (const { status, merged, failure } of attempts) {
    if (status === 'succeeded' && merged !== null) landed += 1
    else if (status === 'failed' && failure?.class === 'merge-conflict') conflicts += 1
  }
  return {
    landed,
    conflicts,
    withoutConflict: ratio(landed, landed + conflicts),
    groups,
    gateRunsSaved,
  }
}

function taskReports(
  tasks: readonly Task[],
  { attemptsOf, lanes, succeeded, settledAt, firstPromotion, expects, times }: Facts,
): TaskReport[] {
  const sinceStart = (at: number | undefined) =>
    at === undefined || firstPromotion === null ? null : at - firstPromotion
  return tasks.map((task): TaskReport => {
    const own = attemptsOf.get(task.id) ?? []
    const last = own.at(-1)
    const judged = own.findLast((attempt) => attempt.verdicts.length > 0)
    const planned = times.get(task.id)
    return {
      task: task.code,
      title: task.title,
      status: task.status,
      lane: last === undefined ? null : (lanes.get(last.id) ?? null),
      attempts: own.length,
      predictedMs: planned === undefined ? null : planned.finishMs - planned.startMs,
      predictedStartMs: planned?.startMs ?? null,
      predictedFinishMs: planned?.finishMs ?? null,
      actualMs: succeeded.get(task.id) ?? null,
      startMs: sinceStart(own[0]?.startedAt),
      finishMs: isSettled(task) ? sinceStart(settledAt.get(task.id)) : null,
      waitedMs: sum(own.map(waitedMs)),
      touches: compareTouches(task, expects.get(task.id)),
      gates: (judged?.verdicts ?? []).map(({ gate, result, summary }) => ({
        gate,
        result,
        summary,
      })),
      failure:
        task.failure === null ? null : { class: task.failure.class, message: task.failure.message },
    }
  })
}

/** null where there was no work to save time with. */
function savedOf(wallMs: number, workMs: number): number | null {
  return workMs > 0 ? 1 - wallMs / workMs : null
}

/** null when there is nothing to divide by. */
function ratio(value: number, by: number): number | null {
  return by > 0 ? value / by : null
}

function sum(values: Iterable<number>): number {
  let result = 0
  for (const value of values) result += value
  return result
}

function noProject(): CuelineError {
  return new CuelineError(
    'invalid-input',
    'These events do not start with `project.created`, so there is nothing to report. Give the whole log of one project, from its first event.',
  )
}
