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
