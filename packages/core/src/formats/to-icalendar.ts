import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

import type { Plan, PlanTask } from '../plan/plan.ts'
import { requireGiven, requireNumber, requireText } from '../plan/require-input.ts'
import { formatMinutes } from '../report/format-minutes.ts'
import { calendarTime } from './calendar-time.ts'
import { planRows, rowLabel } from './plan-rows.ts'
import type { PlanRow } from './plan-rows.ts'

export interface CalendarOptions {
  /** When the plan starts, in milliseconds since 1970. */
  readonly startAt: number
  /** When the calendar was written; `startAt` when left out. */
  readonly writtenAt?: number | undefined
  /** Name of the calendar. Tasks of the same name and id are the same events when read again. */
  readonly name?: string | undefined
}

/**
 * The schedule as a calendar (RFC 5545) with an event per task, in UTC. Events say what they depend
 * on (RFC 9253) and do not block anybody's time. Equal arguments give equal bytes.
 *
 * @throws CuelineError `invalid-input` when a time is outside of the years 1970 to 9999.
 */
export function toICalendar(
  tasks: readonly PlanTask[],
  plan: Plan,
  options: CalendarOptions,
): string {
  requireGiven('options', options, 'an object with startAt')
  const { startAt, writtenAt = startAt, name = '' } = options
  requireText('name', name)
  requireNumber('startAt', startAt, 'milliseconds since 1970')
  const rows = planRows(tasks, plan)
  const uids = rows.map((row) => uidOf(name, row.id))
  const stamp = moment(writtenAt)
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Cueline//Cueline//EN',
    'CALSCALE:GREGORIAN',
    ...(name === '' ? [] : [`X-WR-CALNAME:${escaped(name)}`]),
  ]
  for (const [at, row] of rows.entries()) {
    const start = moment(startAt + row.start * 60_000)
    const finish = moment(startAt + row.finish * 60_000)
    lines.push(
      'BEGIN:VEVENT',
      `UID:${uids[at]}`,
      `DTSTAMP:${stamp}`,
      `DTSTART:${start}`,
      // An end has to be later than its start; without one the event takes no time.
      ...(finish > start ? [`DTEND:${finish}`] : []),
      `SUMMARY:${escaped(rowLabel(row))}`,
      `DESCRIPTION:${escaped(description(row, rows))}`,
      ...(row.epic === '' ? [] : [`CATEGORIES:${escaped(row.epic)}`]),
      ...row.dependsOn.map((other) => `RELATED-TO;RELTYPE=DEPENDS-ON:${uids[other]}`),
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
    )
  }
  lines.push('END:VCALENDAR')
  return lines.map((line) => `${folded(line)}\r\n`).join('')
}

function description(row: PlanRow, rows: readonly PlanRow[]): string {
  const waits = row.dependsOn.map((other) => rows[other]?.name ?? '')
  return [
    `Lane ${row.lane}, ${formatMinutes(row.estimate)}${row.estimated ? '' : ' (assumed)'}`,
    row.critical ? 'On the critical path' : `Slack ${formatMinutes(row.slack)}`,
    ...(waits.length === 0 ? [] : [`After ${waits.join(', ')}`]),
  ].join('\n')
}

/** The same for the same name and id, wherever and whenever it is written. */
function uidOf(name: string, id: string): string {
  return `${bytesToHex(sha256(utf8ToBytes(JSON.stringify([name, id])))).slice(0, 32)}@cueline`
}

function moment(ms: number): string {
  const { date, time } = calendarTime(ms)
  return `${date.join('')}T${time.join('')}Z`
}

/** Text values: no control characters but the line break, which is written `\n`. */
function escaped(text: string): string {
  return text
    .replaceAll(/[\p{Cs}\ufffe\uffff]/gu, ' ')
    .replaceAll(/(?!\n)\p{Cc}/gu, ' ')
    .replaceAll(/[\\;,]/g, String.raw`\$&`)
    .replaceAll('\n', String.raw`\n`)
}

/** At most 75 octets a line; a line that goes on starts with a blank, and no character is split. */
function folded(line: string): string {
  let result = ''
  let octets = 0
  for (const character of line) {
    const size = octetsOf(character.codePointAt(0) ?? 0)
    if (octets + size > 75) {
      result += '\r\n '
      octets = 1
    }
    result += character
    octets += size
  }
  return result
}

/** How many bytes a character takes in UTF-8. */
function octetsOf(code: number): number {
  if (code < 0x80) return 1
  if (code < 0x800) return 2
  return code < 0x10000 ? 3 : 4
}
