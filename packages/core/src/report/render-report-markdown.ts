import { formatDuration } from './format-duration.ts'
import { printableText } from './printable-text.ts'
import type { TextTable } from './render-table.ts'
import { reportTables } from './report-tables.ts'
import type { RunReport, TaskReport } from './run-report.ts'

/** The report as a Markdown page, with what the gates found and why tasks failed. */
export function renderReportMarkdown(report: RunReport): string {
  const [summary, ...tables] = reportTables(report)
  const parts = [
    `# ${escaped(summary?.title ?? '')}`,
    ...(summary === undefined ? [] : [markdownTable(summary)]),
    ...tables.flatMap((table) => [`## ${escaped(table.title)}`, markdownTable(table)]),
    ...failures(report.perTask),
    ...gates(report.perTask),
    definitions(report),
  ]
  return `${parts.join('\n\n')}\n`
}

function failures(tasks: readonly TaskReport[]): string[] {
  const failed = tasks.filter((task) => task.failure !== null)
  if (failed.length === 0) return []
  const lines = failed.map(
    ({ task, failure }) =>
      `- **${escaped(task)}** (${failure?.class}): ${escaped(failure?.message ?? '')}`,
  )
  return ['## What failed', lines.join('\n')]
}

function gates(tasks: readonly TaskReport[]): string[] {
  const lines = tasks.flatMap(({ task, gates }) =>
    gates.map(
      ({ gate, result, summary }) =>
        `- ${escaped(task)}, ${escaped(gate)}: **${result}**${summary === '' ? '' : ` – ${escaped(summary)}`}`,
    ),
  )
  return lines.length === 0 ? [] : ['## Gates', lines.join('\n')]
}

function definitions({ predicted }: RunReport): string {
  return [
    'Time is from the first promotion to the last task that settled, without the time between runs;',
    'work is the active time of the attempts that succeeded, without waiting: what the tasks take one',
    'after the other; speed-up is work over time, efficiency speed-up over lanes, time saved 1 - time over',
    'work; the barrier tax is the same durations replayed in stages over the same without barriers, minus',
    `1. Everything here can be computed again from the event log.${predicted === null ? '' : ` Planned times add up to ${formatDuration(predicted.workMs)} of work.`}`,
  ].join('\n')
}

function markdownTable({ columns, rows }: TextTable): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(columns.map((column) => column.title)),
    line(columns.map((column) => (column.align === 'right' ? '--:' : '---'))),
    ...rows.map((row) => line(row.map(escaped))),
  ].join('\n')
}

/** Text from outside as text: nothing in it becomes a table, a link, an image or HTML. */
function escaped(text: string): string {
  return printableText(text).replaceAll(/[\\`*_{}[\]<>()#+!|~&]/g, String.raw`\$&`)
}
