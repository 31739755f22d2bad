import { parseDuration } from './duration.ts'
import { makeSpan, type Span, spanMinutes } from './span.ts'
import { subtractSpans } from './span-set.ts'

export interface SlotSearch {
  /** When it is open on that day. */
  readonly open: readonly Span[]
  /** As booking systems hold them: in any order, and a cancelled one has no length. */
  readonly bookings: readonly { readonly from: number; readonly to: number }[]
  /** How long the appointment takes: a text such as `45m`. */
  readonly length: string
}

/** The spans in which the appointment fits: open hours without bookings, long enough. */
export function freeSlots({ open, bookings, length }: SlotSearch): Span[] {
  const minutes = parseDuration(length)
  const taken = bookings
    .filter((booking) => booking.from !== booking.to)
    .map((booking) => makeSpan(booking.from, booking.to))
  return subtractSpans(open, taken).filter((gap) => spanMinutes(gap) >= minutes)
}

/** The first span of exactly that length that is free, or null. */
export function firstFree(search: SlotSearch): Span | null {
  const [gap] = freeSlots(search)
  return gap === undefined ? null : makeSpan(gap.from, gap.from + parseDuration(search.length))
}
