import { cutText, printableText, textWidth } from '@cueline/core'
import type { ScheduledTask } from '@cueline/core/planner'

export interface TimelineOptions {
  readonly makespan: number
  readonly columns: number
  /** The makespan in words, for the end of the scale. */
  readonly end: string
}

/** More lanes than these are summed up in a line. */
const mostLanes = 16

/**
 * The schedule as one line per lane: `[T1···][T4··]`, blanks where the lane waits. Tasks too short for
 * a name are `█▌` or `▌`; of several that share one column only the first is drawn.
 */
export function timeline(schedule: readonly ScheduledTask[], options: TimelineOptions): string[] {
  const { makespan, columns } = options
  const lanes = new Map<number, ScheduledTask[]>()
  for (const task of schedule) {
    const lane = lanes.get(task.lane)
    if (lane === undefined) lanes.set(task.lane, [task])
    else lane.push(task)
  }
  const numbers = [...lanes.keys()].sort((a, b) => a - b)
  const label = String(numbers.at(-1) ?? 0).length
  const width = columns - label - 1
  const column = (minutes: number) =>
    makespan === 0 ? 0 : Math.round((minutes / makespan) * width)
  const lines = numbers
    .slice(0, mostLanes)
    .map((lane) =>
      `${String(lane).padStart(label)} ${laneLine(lanes.get(lane) ?? [], column)}`.trimEnd(),
    )
  const more = numbers.length - mostLanes
  return [
    ...lines,
    ...(more > 0 ? [`… and ${more} more lanes`] : []),
    `${' '.repeat(label + 1)}0${options.end.padStart(width - 1)}`,
  ]
}

function laneLine(tasks: readonly ScheduledTask[], column: (minutes: number) => number): string {
  let line = ''
  let used = 0
  for (const { task, start, finish } of tasks) {
    const from = column(start)
    const to = Math.max(column(finish), from)
    if (from > used) {
      line += ' '.repeat(from - used)
      used = from
    }
    const width = to - used
    if (width <= 0) continue
    line += block(printableText(task), width)
    used = to
  }
  return line
}

function block(name: string, width: number): string {
  if (width < 3) return width === 1 ? '▌' : '█▌'
  const text = cutText(name, width - 2)
  return `[${text}${'·'.repeat(width - 2 - textWidth(text))}]`
}
