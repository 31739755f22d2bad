export { exportFormats, exportPlan } from './export-plan.ts'
export type { ExportFormat, ExportOptions } from './export-plan.ts'
export { importDocument } from './import-document.ts'
export { importLimits } from './import-input.ts'
export type { ImportFile, ImportInput } from './import-input.ts'
export type {
  ImportFormat,
  ImportGuess,
  ImportRefusal,
  ImportReport,
  ImportResult,
  ImportWarning,
  MappedCounts,
} from './import-report.ts'
export { parseEstimate } from './parse-estimate.ts'
export type { ParsedEstimate } from './parse-estimate.ts'
export { toCsv } from './to-csv.ts'
export { toDot } from './to-dot.ts'
export { toICalendar } from './to-icalendar.ts'
export type { CalendarOptions } from './to-icalendar.ts'
export { toMermaidFlow } from './to-mermaid-flow.ts'
export { toMermaidGantt } from './to-mermaid-gantt.ts'
