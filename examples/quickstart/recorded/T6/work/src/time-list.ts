import { formatClockTime, parseClockTime } from './clock-time.ts'
import { makeSpan, type Span } from './span.ts'

/** Reads `09:00-12:00, 13:00-17:30` as spans in the order of the text, and `closed` as none. */
export function parseTimeList(text: string): Span[] {
  if (text.trim().toLowerCase() === 'closed') return []
  return text.split(',').map((part) => parseRange(part, text))
}

/** Writes spans again; none at all is `closed`. */
export function formatTimeList(spans: readonly Span[]): string {
  if (spans.length === 0) return 'closed'
  return spans.map(({ from, to }) => `${formatClockTime(from)}-${formatClockTime(to)}`).join(', ')
}

function parseRange(part: string, text: string): Span {
  const ends = part.split('-')
  if (ends.length !== 2) {
    throw new RangeError(`"${part.trim()}" in "${text}" is no range: write it like 09:00-12:00.`)
  }
  const [from, to] = ends.map(parseClockTime) as [number, number]
  if (to < from) {
    throw new RangeError(`"${part.trim()}" runs past midnight: end it at 24:00, start the next day at 00:00.`)
  }
  return makeSpan(from, to)
}
