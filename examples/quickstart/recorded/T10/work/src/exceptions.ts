import { dayNumber, formatDate, dateOf, parseDate } from './calendar-date.ts'
import type { Span } from './span.ts'
import { parseTimeList } from './time-list.ts'

/** The times of single days, by day number; a day without any is closed. */
export type Exceptions = ReadonlyMap<number, readonly Span[]>

const longestRange = 366

/** Reads lines such as `2026-12-24 09:00-13:00` and `2026-12-25..2026-12-26 closed`. */
export function parseExceptions(text: string): Exceptions {
  const exceptions = new Map<number, readonly Span[]>()
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '' || line.startsWith('#')) continue
    const { first, last, times } = parseLine(line)
    for (let day = first; day <= last; day++) {
      if (exceptions.has(day)) {
        throw new RangeError(`${formatDate(dateOf(day))} has two lines: keep one of them.`)
      }
      exceptions.set(day, times)
    }
  }
  return exceptions
}

function parseLine(line: string): { first: number; last: number; times: Span[] } {
  const space = line.indexOf(' ')
  if (space < 0) {
    throw new RangeError(`"${line}" has no times: write it like 2026-12-24 09:00-13:00.`)
  }
  const ends = line.slice(0, space).split('..').map((date) => dayNumber(parseDate(date)))
  const [first = 0, last = first] = ends
  if (last < first || ends.length > 2) {
    throw new RangeError(`"${line}" runs backwards: write the earlier date first.`)
  }
  if (last - first >= longestRange) {
    throw new RangeError(`"${line}" is longer than a year: write one line for each year.`)
  }
  return { first, last, times: parseTimeList(line.slice(space)) }
}
