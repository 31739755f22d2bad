import type { Plan, PlanTask } from '../plan/plan.ts'
import { planRows } from './plan-rows.ts'

const columns = [
  'task',
  'title',
  'epic',
  'estimate',
  'estimated',
  'start',
  'finish',
  'lane',
  'layer',
  'slack',
  'critical',
  'dependsOn',
] as const

/**
 * Tasks and schedule as comma-separated values (RFC 4180: a header, CRLF, quotes doubled), in input
 * order. Times are minutes. Text that a spreadsheet would take for a formula gets an apostrophe
 * before it.
 */
export function toCsv(tasks: readonly PlanTask[], plan: Plan): string {
  const rows = planRows(tasks, plan)
  const lines = rows.map((row) =>
    [
      text(row.name),
      text(row.title),
      text(row.epic),
      row.estimate,
      row.estimated,
      row.start,
      row.finish,
      row.lane,
      row.layer,
      row.slack,
      row.critical,
      text(row.dependsOn.map((other) => rows[other]?.name ?? '').join('; ')),
    ].join(','),
  )
  return [columns.join(','), ...lines, ''].join('\r\n')
}

function text(value: string): string {
  const safe = formula.test(value) ? `'${value}` : value
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** What spreadsheets start to calculate with; also in full width, as some of them accept it. */
const formula = /^\s*["']?\s*[=+\-@|%\uff1d\uff0b\uff0d\uff20]/
