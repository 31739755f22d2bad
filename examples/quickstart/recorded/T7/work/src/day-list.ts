import { parseWeekday, type Weekday, weekdays, weekdaysBetween } from './weekday.ts'

/** Reads `Mo-Fr, Su` as days in the order of the week, each once; `daily` means all seven. */
export function parseDayList(text: string): Weekday[] {
  if (text.trim().toLowerCase() === 'daily') return [...weekdays]
  const named = new Set(text.split(',').flatMap(parsePart))
  return weekdays.filter((day) => named.has(day))
}

/** Writes days as short as it can: three or more in a row become a range. */
export function formatDayList(days: readonly Weekday[]): string {
  const runs: Weekday[][] = []
  for (const day of weekdays.filter((each) => days.includes(each))) {
    const run = runs.at(-1)
    if (run !== undefined && weekdays.indexOf(day) === weekdays.indexOf(run[0]!) + run.length) {
      run.push(day)
    } else {
      runs.push([day])
    }
  }
  return runs.map((run) => (run.length < 3 ? run.join(', ') : `${run[0]}-${run.at(-1)}`)).join(', ')
}

function parsePart(part: string): Weekday[] {
  const ends = part.split('-').map(parseWeekday)
  const [first, last = first] = ends
  if (first === undefined || last === undefined || ends.length > 2) {
    throw new RangeError(`"${part.trim()}" is no range of days: write it like Mo-Fr.`)
  }
  return weekdaysBetween(first, last)
}
