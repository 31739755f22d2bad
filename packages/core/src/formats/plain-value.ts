import type { ReportDraft } from './import-report.ts'

/** A value that came from JSON or YAML and is an object with keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The text of a string, number or boolean; undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

/** A list as it is, nothing as an empty one, and a single value as a list of one. */
export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}

/** The entries that are objects; the others are refused one by one. */
export function recordsOf(
  values: readonly unknown[],
  what: string,
  report: ReportDraft,
): Record<string, unknown>[] {
  return values.filter((value, index): value is Record<string, unknown> => {
    if (isRecord(value)) return true
    report.refused(`${what} ${index + 1}`, JSON.stringify(value) ?? 'nothing', 'is no object')
    return false
  })
}
