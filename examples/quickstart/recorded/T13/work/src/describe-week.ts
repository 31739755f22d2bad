import { formatDayList } from './day-list.ts'
import { formatTimeList } from './time-list.ts'
import type { Week } from './week.ts'
import { type Weekday, weekdays } from './weekday.ts'

/** One line per group of days with the same times, by their first day, times in one column. */
export function describeWeek(week: Week): string {
  const groups = new Map<string, Weekday[]>()
  for (const day of weekdays) {
    const times = formatTimeList(week[day])
    groups.set(times, [...(groups.get(times) ?? []), day])
  }
  const lines = [...groups].map(([times, days]) => ({ days: formatDayList(days), times }))
  const width = Math.max(...lines.map((line) => line.days.length))
  return lines.map((line) => `${line.days.padEnd(width)}  ${line.times}`).join('\n')
}
