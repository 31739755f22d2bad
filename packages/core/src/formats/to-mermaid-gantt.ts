import type { Plan, PlanTask } from '../plan/plan.ts'
import { requireGiven, requireNumber } from '../plan/require-input.ts'
import { calendarTime } from './calendar-time.ts'
import { mermaidText } from './mermaid-text.ts'
import { planRows, rowLabel } from './plan-rows.ts'

/**
 * The schedule as a Mermaid Gantt chart with a section per lane; the critical path is marked `crit`.
 * Times are UTC from `startAt`, milliseconds since 1970.
 *
 * @throws CuelineError `invalid-input` when a time is outside of the years 1970 to 9999.
 */
export function toMermaidGantt(
  tasks: readonly PlanTask[],
  plan: Plan,
  options: { readonly startAt?: number | undefined } = {},
): string {
  requireGiven('options', options)
  const { startAt = 0 } = options
  requireNumber('startAt', startAt, 'milliseconds since 1970')
  const lanes = new Map<number, string[]>()
  const rows = planRows(tasks, plan)
  for (const [at, row] of rows.entries()) {
    const start = moment(startAt + row.start * 60_000)
    const finish = moment(startAt + row.finish * 60_000)
    const tags = [...(row.critical ? ['crit'] : []), ...(start === finish ? ['milestone'] : [])]
    const lines = lanes.get(row.lane) ?? []
    lanes.set(row.lane, lines)
    lines.push(`    ${label(rowLabel(row))} :${[...tags, `t${at}`, start, finish].join(', ')}`)
  }
  const sections = [...lanes].toSorted(([left], [right]) => left - right)
  return `${[
    'gantt',
    '  dateFormat YYYY-MM-DDTHH:mm:ss',
    `  axisFormat ${plan.makespan > 1440 ? '%m-%d %H:%M' : '%H:%M'}`,
    ...sections.flatMap(([lane, lines]) => [`  section Lane ${lane}`, ...lines]),
  ].join('\n')}\n`
}

/** Words that start a statement are words only when their first letter is written as a code. */
function label(text: string): string {
  const safe = mermaidText(text)
  if (safe === '') return '#95;'
  return statement.test(safe) ? `#${safe.codePointAt(0)};${safe.slice(1)}` : safe
}

const statement =
  /^(?:gantt|date|inclusive|top|axis|tick|excludes|includes|today|week|title|acc|section|click|call|href|monday|tuesday|wednesday|thursday|friday|saturday|sunday|\d{4}-)/i

function moment(ms: number): string {
  const { date, time } = calendarTime(ms)
  return `${date.join('-')}T${time.join(':')}`
}
