import { renderTable } from './render-table.ts'
import { reportTables } from './report-tables.ts'
import type { RunReport } from './run-report.ts'

/** The report for a terminal of `width` columns; ends with a newline. */
export function renderReportText(report: RunReport, width = 80): string {
  const blocks = reportTables(report).map((table) => renderTable(table, width).join('\n'))
  return `${blocks.join('\n\n')}\n`
}
