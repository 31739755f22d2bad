import { makeSpan, overlap, type Span, spanMinutes } from './span.ts'

/** Sorts spans and joins those that overlap or touch. */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = []
  for (const span of spans.toSorted((one, other) => one.from - other.from)) {
    const last = merged.at(-1)
    if (last !== undefined && span.from <= last.to) {
      merged[merged.length - 1] = makeSpan(last.from, Math.max(last.to, span.to))
    } else {
      merged.push(span)
    }
  }
  return merged
}

/** What is left of the spans when the taken ones are taken away. */
export function subtractSpans(spans: readonly Span[], taken: readonly Span[]): Span[] {
  let left = mergeSpans(spans)
  for (const hole of taken) {
    left = left.flatMap((span) => (overlap(span, hole) ? without(span, hole) : [span]))
  }
  return left
}

/** Counts every minute once. */
export function totalMinutes(spans: readonly Span[]): number {
  return mergeSpans(spans).reduce((total, span) => total + spanMinutes(span), 0)
}

function without(span: Span, hole: Span): Span[] {
  const rest: Span[] = []
  if (span.from < hole.from) rest.push(makeSpan(span.from, hole.from))
  if (hole.to < span.to) rest.push(makeSpan(hole.to, span.to))
  return rest
}
