import { digits } from './digits.ts'

export interface CalendarDate {
  readonly year: number
  /** 1 for January. */
  readonly month: number
  readonly day: number
}

/** Reads `2026-12-24`. */
export function parseDate(text: string): CalendarDate {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text.trim())
  if (match) {
    const date = { year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) }
    if (date.day >= 1 && date.day <= daysInMonth(date)) return date
  }
  throw new RangeError(`"${text}" is no date: write one that exists, like 2026-12-24.`)
}

export function formatDate(date: CalendarDate): string {
  return [digits(date.year, 4), digits(date.month, 2), digits(date.day, 2)].join('-')
}

/** Days since 1970-01-01, below 0 before it. Years start in March here, so leap days come last. */
export function dayNumber({ year, month, day }: CalendarDate): number {
  const marchYear = month < 3 ? year - 1 : year
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return daysBefore(marchYear) + dayOfYear - daysFromYearZeroTo1970
}

/** The date of a day number: the way back from `dayNumber`. */
export function dateOf(number: number): CalendarDate {
  const days = number + daysFromYearZeroTo1970
  let marchYear = Math.floor(days / 365.2425)
  if (daysBefore(marchYear) > days) marchYear--
  if (daysBefore(marchYear + 1) <= days) marchYear++
  const dayOfYear = days - daysBefore(marchYear)
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = ((marchMonth + 2) % 12) + 1
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1
  return { year: month < 3 ? marchYear + 1 : marchYear, month, day }
}

/** 0 for a Monday, 6 for a Sunday. 1970-01-01 was a Thursday. */
export function weekdayIndex(date: CalendarDate): number {
  return (((dayNumber(date) + 3) % 7) + 7) % 7
}

/** Days from the first of March of the year 0 to the first of January 1970. */
const daysFromYearZeroTo1970 = 719_468

/** Days from the first of March of the year 0 to the first of March of a year. */
function daysBefore(year: number): number {
  return 365 * year + Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400)
}

function daysInMonth({ year, month }: CalendarDate): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28
  return [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}

function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
}
