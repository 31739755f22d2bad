export const weekdays = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'] as const

export type Weekday = (typeof weekdays)[number]

const names = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']

/** Reads a day in any case, whole or cut after two letters or more: `Tu`, `tue`, `Tuesday`. */
export function parseWeekday(text: string): Weekday {
  const given = text.trim().toLowerCase()
  const index = given.length < 2 ? -1 : names.findIndex((name) => name.startsWith(given))
  const day = weekdays[index]
  if (day === undefined) {
    throw new RangeError(`"${text}" is no day of the week: write it like Mo or Monday.`)
  }
  return day
}

/** Lists the days from the first to the last, both included, over the end of the week if need be. */
export function weekdaysBetween(first: Weekday, last: Weekday): Weekday[] {
  const start = weekdays.indexOf(first)
  const count = ((weekdays.indexOf(last) - start + 7) % 7) + 1
  return [...weekdays, ...weekdays].slice(start, start + count)
}
