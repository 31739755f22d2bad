import { twoDigits } from './digits.ts'

const endOfDay = 24 * 60

/** Reads `09:30` as minutes since midnight; `24:00` is the end of the day. */
export function parseClockTime(text: string): number {
  const match = /^(\d{1,2}):([0-5]\d)$/.exec(text.trim())
  const minutes = match ? Number(match[1]) * 60 + Number(match[2]) : endOfDay + 1
  if (minutes > endOfDay) {
    throw new RangeError(`"${text}" is no time of day: write it like 09:30, up to 24:00.`)
  }
  return minutes
}

/** Writes minutes since midnight with two digits each. */
export function formatClockTime(minutes: number): string {
  return `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`
}
