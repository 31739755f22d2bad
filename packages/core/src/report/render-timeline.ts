import { CuelineError } from '../error.ts'
import type { Plan, PlanTask, ScheduledTask } from '../plan/plan.ts'
import {
  isLeftOut,
  refusedInput,
  requireNumber,
  requireObject,
  requireText,
} from '../plan/require-input.ts'
import { requirePlanTasks, requireSchedule, requireTimes } from '../plan/require-plan.ts'
import { shown as valueShown } from '../plan/shown.ts'
import { chooseLanes } from './choose-lanes.ts'
import { formatMinutes } from './format-minutes.ts'
import { cutText } from './printable-text.ts'
import { drawTimelineChart } from './timeline-chart.ts'
import type { ChartBar } from './timeline-chart.ts'
import type { TimelineTheme } from './timeline-theme.ts'

/** The part of a plan that a timeline draws. */
export type TimelinePlan = Pick<Plan, 'schedule' | 'makespan' | 'criticalPath'> &
  Partial<Pick<Plan, 'inferred'>>

/** When a task was worked on, in minutes of the plan from its start. */
export interface ActualTime {
  readonly task: string
  readonly start: number
  readonly finish: number
  /** The lane it ran in; that of the plan, when it is free, where left out. */
  readonly lane?: number | null | undefined
  readonly failed?: boolean | undefined
  /** A line that is said on hover, about its files for instance. */
  readonly note?: string | undefined
}

export interface TimelineOptions {
  /** Gives the bars titles and says on hover what each waits for. */
  readonly tasks?: readonly PlanTask[] | undefined
  /** Draws a second bar for each of these beside the planned one. */
  readonly actual?: readonly ActualTime[] | undefined
  /** `Timeline` when left out. */
  readonly title?: string | undefined
  /** Milliseconds of real time that one minute of the plan stands for; 60 000 when left out. */
  readonly timeScale?: number | undefined
  /** Pixels, from 320 to 20 000; chosen by the number of bars when left out. */
  readonly width?: number | undefined
  /** `auto`, the default, follows what the reader prefers. */
  readonly theme?: TimelineTheme | undefined
  /** Start of the ids inside; needed where one page shows several timelines. */
  readonly id?: string | undefined
}

/**
 * The schedule of a plan as a picture: an SVG document with a row per lane, a bar per task, a time
 * axis, the critical path marked, and on hover what each task is, when, and what it waits for. With
 * `actual` each lane shows the planned bars above the actual ones.
 *
 * Pure, and safe to show: no scripts, nothing loaded, texts escaped and cut, its styles reach nothing
 * outside of it. Equal arguments give equal bytes.
 *
 * @throws CuelineError `invalid-input`, naming the task, for a time that is no time, and naming the
 *   place for a plan or options that cannot be read.
 */
export function renderTimeline(plan: TimelinePlan, options: TimelineOptions = {}): string {
  requireSchedule('plan', plan)
  requireOptions(options)
  const { actual = [], timeScale = 60_000, title = 'Timeline' } = options
  if (!(Number.isFinite(timeScale) && timeScale > 0)) throw badTime('timeScale', timeScale)
  const ms = (minutes: number) => minutes * timeScale
  const shown = (minutes: number) => formatMinutes(ms(minutes) / 60_000)
  for (const time of [...plan.schedule, ...actual]) checkTime(time)

  const tasks = new Map(options.tasks?.map((task) => [task.id, task]))
  const inferred = new Map<string, string[]>()
  for (const edge of plan.inferred ?? []) {
    const others = inferred.get(edge.task)
    if (others === undefined) inferred.set(edge.task, [edge.dependsOn])
    else others.push(edge.dependsOn)
  }
  const critical = new Set(plan.criticalPath.tasks)
  const planned = new Map(plan.schedule.map((time) => [time.task, time]))
  const taken = new Map(actual.map((time) => [time.task, time]))
  const lanes = chooseLanes(
    actual.map((time) => ({ ...time, lane: time.lane ?? planned.get(time.task)?.lane })),
  )
  const bar = (
    { task, start, finish }: Pick<ScheduledTask, 'task' | 'start' | 'finish'>,
    lane: number,
    kind: ChartBar['kind'],
    failed: boolean,
  ): ChartBar => ({
    kind,
    lane,
    start: ms(start),
    finish: ms(finish),
    name: shorten(task),
    label: labelOf(task, tasks.get(task)?.title),
    hint: [
      labelOf(task, tasks.get(task)?.title),
      ...timeHint('planned', planned.get(task), shown),
      ...timeHint('actual', taken.get(task), shown),
      ...noteHint(taken.get(task)?.note),
      `Lane ${lane}${critical.has(task) ? ', on the critical path' : ''}${failed ? ', failed' : ''}`,
      ...waitHint(tasks.get(task), inferred.get(task)),
    ],
    critical: critical.has(task),
    failed,
  })
  const end = actual.reduce((latest, { finish }) => Math.max(latest, finish), 0)
  const compares = actual.length > 0
  const total = ms(Math.max(plan.makespan, end))
  if (!(total >= 0 && Number.isFinite(total))) throw badTime('The length of the timeline', total)
  const bars = [
    ...plan.schedule.map((time) => bar(time, time.lane, compares ? 'planned' : 'only', false)),
    ...actual.map((time, at) => bar(time, lanes[at] ?? 0, 'actual', time.failed === true)),
  ]
  return drawTimelineChart({
    id: (options.id ?? 'timeline').replaceAll(/[^\w-]/g, '-').slice(0, 80),
    title: shorten(title),
    description: [
      ...(planned.size === 0
        ? ['Nothing is planned']
        : [
            `${planned.size} ${planned.size === 1 ? 'task' : 'tasks'} in ${shown(plan.makespan)}`,
            `critical path ${shown(plan.criticalPath.length)}`,
          ]),
      ...(compares ? [`${taken.size} of them ran, the last until ${shown(end)}`] : []),
    ].join(', '),
    width: options.width === undefined ? undefined : clamp(options.width, 320, 20_000),
    theme: options.theme ?? 'auto',
    total,
    bars,
    plannedEnd: compares && planned.size > 0 ? ms(plan.makespan) : null,
  })
}

function requireOptions(options: unknown): void {
  requireObject('options', options)
  const { tasks, actual, title, timeScale, id, width, theme } = options
  if (tasks !== undefined) requirePlanTasks('tasks', tasks)
  if (actual !== undefined) requireTimes('actual', actual)
  if (title !== undefined) requireText('title', title)
  if (id !== undefined) requireText('id', id)
  if (timeScale !== undefined && typeof timeScale !== 'number') {
    throw refusedInput('timeScale', timeScale, 'milliseconds above 0')
  }
  if (width !== undefined) requireNumber('width', width, 'pixels from 320 to 20 000')
  if (theme === undefined || theme === 'auto' || theme === 'light' || theme === 'dark') return
  throw refusedInput('theme', theme, 'auto, light or dark')
}

function labelOf(id: string, title: string | undefined): string {
  const name = shorten(id)
  return isLeftOut(title) || title === id ? name : `${name} ${shorten(title)}`
}

function timeHint(
  kind: string,
  time: Pick<ScheduledTask, 'start' | 'finish'> | undefined,
  shown: (minutes: number) => string,
): string[] {
  if (time === undefined) return []
  const [start, finish, length] = [time.start, time.finish, time.finish - time.start].map(shown)
  return [`${kind} ${start} to ${finish} (${length})`]
}

function noteHint(note: string | undefined): string[] {
  return note === undefined ? [] : [shorten(note)]
}

function waitHint(task: PlanTask | undefined, inferred: readonly string[] = []): string[] {
  const ids = (task?.dependsOn ?? [])
    .map((dependency) => (typeof dependency === 'string' ? dependency : dependency.task))
    .concat(inferred)
  if (ids.length === 0) return task === undefined ? [] : ['waits for nothing']
  const more = ids.length > mostNamed ? ` and ${ids.length - mostNamed} more` : ''
  return [`after ${ids.slice(0, mostNamed).map(shorten).join(', ')}${more}`]
}

const mostNamed = 12

/** Two limits, because characters without width would pass the second one. */
function shorten(text: string): string {
  return cutText(text.length > 400 ? `${text.slice(0, 400)}…` : text, 160)
}

function checkTime({ task, start, finish, lane }: ActualTime): void {
  if (!(start >= 0 && finish >= start && Number.isFinite(finish))) {
    throw badTime(`The time of task ${JSON.stringify(shorten(task))}`, `${start} to ${finish}`)
  }
  if (lane != null && !(Number.isInteger(lane) && lane >= 0)) {
    throw badTime(`The lane of task ${JSON.stringify(shorten(task))}`, valueShown(lane))
  }
}

function badTime(what: string, value: unknown): CuelineError {
  return new CuelineError(
    'invalid-input',
    `${what} is ${String(value)}. Give finite numbers from 0, each finish at or after its start.`,
  )
}

function clamp(value: number, least: number, most: number): number {
  return value >= least ? Math.min(value, most) : least
}
