import { parseDayList } from './day-list.ts'
import type { Span } from './span.ts'
import { mergeSpans, totalMinutes } from './span-set.ts'
import { parseTimeList } from './time-list.ts'
import { type Weekday, weekdays } from './weekday.ts'

/** The times of every day of a week, merged; a day without any is closed. */
export type Week = Readonly<Record<Weekday, readonly Span[]>>

/** Reads rules between semicolons or line ends; a later rule replaces an earlier one for its days. */
export function parseWeek(text: string): Week {
  const week: Record<Weekday, readonly Span[]> = {
    Mo: [],
    Tu: [],
    We: [],
    Th: [],
    Fr: [],
    Sa: [],
    Su: [],
  }
  for (const rule of text.split(/[;\n]/).map((each) => each.trim())) {
    if (rule === '') continue
    const { days, times } = parseRule(rule)
    for (const day of days) week[day] = times
  }
  return week
}

/** Open minutes of all days together. */
export function weekMinutes(week: Week): number {
  return weekdays.reduce((total, day) => total + totalMinutes(week[day]), 0)
}

/** A rule is days, then times: the times start at the first digit or at the word `closed`. */
function parseRule(rule: string): { days: Weekday[]; times: Span[] } {
  const start = rule.search(/\d|\bclosed$/i)
  if (start < 1) {
    throw new RangeError(`"${rule}" is no rule: write days, then times, like Mo-Fr 09:00-17:00.`)
  }
  return {
    days: parseDayList(rule.slice(0, start)),
    times: mergeSpans(parseTimeList(rule.slice(start))),
  }
}
