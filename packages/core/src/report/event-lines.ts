import { CuelineError } from '../error.ts'
import { errorMessage } from '../error-message.ts'
import type { StoredEvent } from '../event/event.ts'
import { findUnsafeKey } from '../task/unsafe-key.ts'

/** The log as JSON Lines, one event per line, in order: what `events.jsonl` holds. */
export function eventsToJsonLines(events: Iterable<StoredEvent>): string {
  let text = ''
  for (const event of events) text += `${JSON.stringify(event)}\n`
  return text
}

/**
 * Reads what `eventsToJsonLines` wrote. Throws `invalid-input` with the number of the line for a line
 * that is no event, a log that is cut off, and a gap in the sequence.
 */
export function parseEventLines(text: string): StoredEvent[] {
  const events: StoredEvent[] = []
  let line = 0
  for (let from = 0; from < text.length;) {
    const end = text.indexOf('\n', from)
    const source = text.slice(from, end < 0 ? text.length : end)
    from = end < 0 ? text.length : end + 1
    line++
    if (source.trim() === '') continue
    const event = parseEvent(source, line)
    const before = events.at(-1)
    if (before !== undefined && event.sequence !== before.sequence + 1) {
      throw invalid(
        line,
        `has the sequence ${event.sequence} after ${before.sequence}; events are missing or out of order`,
      )
    }
    events.push(event)
  }
  return events
}

function parseEvent(source: string, line: number): StoredEvent {
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch (cause) {
    throw invalid(line, `is not JSON (${errorMessage(cause)})`, cause)
  }
  if (typeof value !== 'object' || value === null) throw invalid(line, 'is no event')
  const unsafe = findUnsafeKey(value, 'event')
  if (unsafe !== undefined) throw invalid(line, `holds the forbidden key ${unsafe}`)
  const event = value as Partial<StoredEvent>
  const complete =
    typeof event.type === 'string' &&
    typeof event.at === 'number' &&
    typeof event.projectId === 'string' &&
    typeof event.actor === 'string' &&
    Number.isSafeInteger(event.sequence)
  if (!complete) throw invalid(line, 'lacks one of type, at, projectId, sequence and actor')
  return event as StoredEvent
}

function invalid(line: number, what: string, cause?: unknown): CuelineError {
  return new CuelineError(
    'invalid-input',
    `Line ${line} of the events ${what}. Export the log again with \`cueline report\`.`,
    { details: { line }, cause },
  )
}
