const endOfDay = 24 * 60

/** Minutes of one day, `to` not included. Made by `makeSpan`, so never empty. */
export interface Span {
  readonly from: number
  readonly to: number
}

export function makeSpan(from: number, to: number): Span {
  if (!(from >= 0 && to <= endOfDay)) {
    throw new RangeError(`${from} to ${to} leaves the day: use minutes from 0 to 1440.`)
  }
  if (from >= to) {
    throw new RangeError(`${from} to ${to} has no length: a span ends after it starts, as 540 to 720.`)
  }
  return { from, to }
}

export function spanMinutes(span: Span): number {
  return span.to - span.from
}

export function holds(span: Span, minute: number): boolean {
  return span.from <= minute && minute < span.to
}

/** Whether a minute exists that both hold; spans that only touch do not overlap. */
export function overlap(one: Span, other: Span): boolean {
  return one.from < other.to && other.from < one.to
}
