import { CuelineError } from '../error.ts'
import { shown } from '../plan/shown.ts'

/** A moment in UTC, as the parts that calendars write. */
export interface CalendarTime {
  readonly date: readonly [year: string, month: string, day: string]
  readonly time: readonly [hour: string, minute: string, second: string]
}

/**
 * The UTC date and time of a moment in milliseconds since 1970, in whole seconds. The civil calendar
 * is computed from the count of days as in Howard Hinnant's "chrono-Compatible Low-Level Date
 * Algorithms".
 *
 * @throws CuelineError `invalid-input` outside of the years 1970 to 9999, which calendars can hold.
 */
export function calendarTime(ms: number): CalendarTime {
  if (typeof ms !== 'number' || !(ms >= 0 && ms <= last)) {
    throw new CuelineError(
      'invalid-input',
      `The moment ${shown(ms)} is outside of the years 1970 to 9999 that a calendar can hold. Give startAt in milliseconds since 1970, and a plan that ends before the year 10000.`,
      { details: { ms } },
    )
  }
  const seconds = Math.floor(ms / 1000)
  const ofDay = seconds % 86_400
  const [year, month, day] = civil((seconds - ofDay) / 86_400)
  return {
    date: [padded(year, 4), padded(month, 2), padded(day, 2)],
    time: [
      padded(Math.floor(ofDay / 3600), 2),
      padded(Math.floor(ofDay / 60) % 60, 2),
      padded(ofDay % 60, 2),
    ],
  }
}

/** 9999-12-31T23:59:59.999Z. */
const last = 253_402_300_799_999

/** Years of this count start on 1 March, so that the leap day is the last one of its year. */
function civil(daysSince1970: number): [number, number, number] {
  const days = daysSince1970 + 719_468
  const era = Math.floor(days / 146_097)
  const dayOfEra = days - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day]
}

function padded(value: number, length: number): string {
  return String(value).padStart(length, '0')
}
