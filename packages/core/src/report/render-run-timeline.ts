import type { StoredEvent } from '../event/event.ts'
import { reportOf } from './fold-report.ts'
import { createLogFold, type LogFold } from './log-fold.ts'
import { planAgain } from './predict-times.ts'
import { renderTimeline } from './render-timeline.ts'
import type { ActualTime, TimelineOptions, TimelinePlan } from './render-timeline.ts'
import type { TaskReport } from './run-report.ts'

type RunTimelineOptions = Pick<TimelineOptions, 'timeScale' | 'width' | 'theme' | 'id'>

/**
 * What a run came to as a timeline: the schedule that the report calls predicted above what really
 * happened, from the event log alone. Of several attempts at a task the one that succeeded is drawn;
 * what has not settled is not.
 *
 * @throws CuelineError `invalid-input` as `foldReport` does.
 */
export function renderRunTimeline(
  events: readonly StoredEvent[],
  options: RunTimelineOptions = {},
): string {
  const fold = createLogFold()
  for (const event of events) fold.add(event)
  return timelineOf(fold, options)
}

/** As `renderRunTimeline`, of what was folded. */
export function timelineOf(fold: LogFold, options: RunTimelineOptions = {}): string {
  const { timeScale = 60_000 } = options
  const report = reportOf(fold, { timeScale })
  const { world } = fold
  const tasks = [...world.tasks.values()].sort((a, b) => a.position - b.position)
  const { planned, result } = planAgain(world, tasks, report.workers)
  const plan: TimelinePlan = result.ok ? result.plan : nothing
  return renderTimeline(plan, {
    ...options,
    timeScale,
    tasks: planned,
    actual: report.perTask.flatMap((task) => actualTime(task, timeScale)),
    title: `Run of ${report.project}`,
  })
}

const nothing: TimelinePlan = {
  schedule: [],
  makespan: 0,
  criticalPath: { length: 0, tasks: [] },
}

/** Predicted beside real files, for a task of which both are known. */
function touchNote({ touches }: TaskReport): string | undefined {
  if (touches === null || touches.touched === null || touches.predicted.length === 0) {
    return undefined
  }
  const { touched, hit, extra } = touches
  const files = touched === 1 ? 'file' : 'files'
  const wrong = extra.length === 0 ? '' : `, ${extra.length} predicted in vain`
  return `touched ${touched} ${files}, ${hit.length} as predicted${wrong}`
}

function actualTime(task: TaskReport, timeScale: number): ActualTime[] {
  const { startMs, finishMs, actualMs, attempts, lane, status } = task
  if (startMs === null || finishMs === null || finishMs < startMs) return []
  const start = attempts > 1 && actualMs !== null ? Math.max(startMs, finishMs - actualMs) : startMs
  // Work may have started before the first promotion, when a task was forced to.
  const from = Math.max(0, start)
  if (finishMs < from) return []
  const failed = status === 'failed'
  const time = { start: from / timeScale, finish: finishMs / timeScale }
  return [{ task: task.task, ...time, lane, failed, note: touchNote(task) }]
}
