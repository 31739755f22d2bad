import { type CalendarDate, dateOf, dayNumber, weekdayIndex } from './calendar-date.ts'
import type { Exceptions } from './exceptions.ts'
import { holds, type Span } from './span.ts'
import type { Week } from './week.ts'
import { weekdays } from './weekday.ts'

export interface Hours {
  readonly week: Week
  readonly exceptions?: Exceptions
}

export interface Status {
  readonly open: boolean
  /** When that changes; null when it does not change within a year. */
  readonly until: { readonly date: CalendarDate; readonly minute: number } | null
}

const daysAhead = 366

/** The times of a date: its exception, else those of its weekday. */
export function hoursOn(hours: Hours, date: CalendarDate): readonly Span[] {
  return hours.exceptions?.get(dayNumber(date)) ?? hours.week[weekdays[weekdayIndex(date)]!]
}

/** Whether it is open at a minute of a date, and when that changes. */
export function statusAt(hours: Hours, date: CalendarDate, minute: number): Status {
  const open = isOpen(hoursOn(hours, date), minute)
  const today = dayNumber(date)
  for (let day = today; day <= today + daysAhead; day++) {
    const next = dateOf(day)
    const spans = hoursOn(hours, next)
    const moments = [0, ...spans.flatMap((span) => [span.from, span.to])].sort((a, b) => a - b)
    for (const moment of moments) {
      if (moment === 24 * 60 || (day === today && moment <= minute)) continue
      if (isOpen(spans, moment) !== open) return { open, until: { date: next, minute: moment } }
    }
  }
  return { open, until: null }
}

function isOpen(spans: readonly Span[], minute: number): boolean {
  return spans.some((span) => holds(span, minute))
}
