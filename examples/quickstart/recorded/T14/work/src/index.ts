import { type Exceptions, parseExceptions } from './exceptions.ts'
import { describeWeek } from './describe-week.ts'
import { formatClockTime, parseClockTime } from './clock-time.ts'
import { formatDate, parseDate } from './calendar-date.ts'
import { formatTimeList, parseTimeList } from './time-list.ts'
import { freeSlots } from './free-slots.ts'
import { type Hours, hoursOn, statusAt } from './status.ts'
import { parseWeek, weekMinutes } from './week.ts'

export { formatClockTime, parseClockTime } from './clock-time.ts'
export { type CalendarDate, dateOf, dayNumber, formatDate, parseDate, weekdayIndex } from './calendar-date.ts'
export { formatDayList, parseDayList } from './day-list.ts'
export { describeWeek } from './describe-week.ts'
export { formatDuration, parseDuration } from './duration.ts'
export { type Exceptions, parseExceptions } from './exceptions.ts'
export { firstFree, freeSlots, type SlotSearch } from './free-slots.ts'
export { holds, makeSpan, overlap, type Span, spanMinutes } from './span.ts'
export { mergeSpans, subtractSpans, totalMinutes } from './span-set.ts'
export { type Hours, hoursOn, type Status, statusAt } from './status.ts'
export { formatTimeList, parseTimeList } from './time-list.ts'
export { parseWeek, type Week, weekMinutes } from './week.ts'
export { parseWeekday, type Weekday, weekdays, weekdaysBetween } from './weekday.ts'

export interface OpeningHours {
  /** At a date and a time of day, as `2026-12-24` and `10:00`. `until` is text too, or null. */
  statusAt(date: string, time: string): { open: boolean; until: string | null }
  /** Where an appointment of that length fits, bookings as `09:00-10:00` between commas. */
  freeSlots(date: string, bookings: string, length: string): string
  describe(): string
  readonly minutesPerWeek: number
}

/** Reads opening hours, and exceptions by date, and answers in texts. */
export function openingHours(text: string, options: { exceptions?: string } = {}): OpeningHours {
  const exceptions: Exceptions = parseExceptions(options.exceptions ?? '')
  const hours: Hours = { week: parseWeek(text), exceptions }
  return {
    statusAt(date, time) {
      const { open, until } = statusAt(hours, parseDate(date), parseClockTime(time))
      return { open, until: until && `${formatDate(until.date)} ${formatClockTime(until.minute)}` }
    },
    freeSlots(date, bookings, length) {
      const taken = parseTimeList(bookings)
      const open = hoursOn(hours, parseDate(date))
      return formatTimeList(freeSlots({ open, bookings: taken, length }))
    },
    describe: () => describeWeek(hours.week),
    minutesPerWeek: weekMinutes(hours.week),
  }
}
