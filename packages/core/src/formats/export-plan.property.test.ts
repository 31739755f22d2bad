import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { exportFormats, exportPlan } from './export-plan.ts'
import { hostilePlan } from './hostile-plan.arbitrary.ts'
import { importDocument } from './import-document.ts'

const startAt = Date.UTC(2026, 1, 28, 23, 59, 30)

describe('any plan, whatever its texts hold, exported [X-15]', () => {
  it('as JSON comes back from the importer as it was', () => {
    fc.assert(
      fc.property(hostilePlan, ({ document, plan }) => {
        const text = exportPlan(document, plan, 'json')
        const imported = importDocument({ name: 'plan.json', text })
        expect(imported.format).toBe('cueline')
        expect(imported.document).toEqual(document)
        expect(imported.report.refused).toEqual([])
      }),
    )
  })

  it('as CSV has a row of twelve cells per task, and none that calculates', () => {
    fc.assert(
      fc.property(hostilePlan, ({ document, plan }) => {
        const rows = parseCsv(exportPlan(document, plan, 'csv'))
        expect(rows).toHaveLength(document.tasks.length + 1)
        for (const row of rows) {
          expect(row).toHaveLength(12)
          for (const cell of row) expect(cell).not.toMatch(/^\s*[=+\-@]/)
        }
      }),
    )
  })

  it('as iCalendar keeps to 75 octets a line and to the lines it means to write', () => {
    fc.assert(
      fc.property(hostilePlan, ({ document, plan }) => {
        const text = exportPlan(document, plan, 'ics', { startAt })
        expect(text.endsWith('END:VCALENDAR\r\n')).toBe(true)
        for (const line of text.split('\r\n')) {
          expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75)
          // Neither half of a character, nor a control character, stands in a line.
          expect(line).not.toMatch(/[\p{Cc}\p{Cs}]/u)
        }
        const lines = text.replaceAll('\r\n ', '').split('\r\n').slice(0, -1)
        for (const line of lines) expect(line).toMatch(contentLine)
        const names = lines.map((line) => line.split(/[:;]/, 1)[0])
        const count = (name: string) => names.filter((other) => other === name).length
        expect(count('SUMMARY')).toBe(document.tasks.length)
        expect(count('UID')).toBe(document.tasks.length)
        expect(count('RELATED-TO')).toBe(plan.edges)
        const uids = lines.filter((line) => line.startsWith('UID:'))
        expect(new Set(uids).size).toBe(document.tasks.length)
      }),
    )
  })

  it('as Mermaid has one line per task and edge, in letters and character codes', () => {
    fc.assert(
      fc.property(hostilePlan, ({ document, plan }) => {
        const flow = exportPlan(document, plan, 'mermaid').split('\n').slice(1, -1)
        for (const line of flow) expect(line).toMatch(flowLine)
        const nodes = flow.filter((line) => line.includes('["'))
        const edges = flow.filter((line) => line.includes('-->'))
        expect([nodes.length, edges.length]).toEqual([document.tasks.length, plan.edges])
        const gantt = exportPlan(document, plan, 'gantt', { startAt }).split('\n').slice(3, -1)
        for (const line of gantt) expect(line).toMatch(ganttLine)
        const lanes = new Set(plan.schedule.map(({ lane }) => lane)).size
        expect(gantt).toHaveLength(document.tasks.length + lanes)
      }),
    )
  })

  it('as DOT has one statement per task and edge, and no string that ends early', () => {
    fc.assert(
      fc.property(hostilePlan, ({ document, plan }) => {
        const lines = exportPlan(document, plan, 'dot').split('\n').slice(3, -2)
        for (const line of lines) expect(line).toMatch(dotLine)
        expect(lines).toHaveLength(document.tasks.length + plan.edges)
      }),
    )
  })

  it('is the same text every time', () => {
    fc.assert(
      fc.property(hostilePlan, fc.constantFrom(...exportFormats), ({ document, plan }, format) => {
        const again = structuredClone({ document, plan })
        expect(exportPlan(again.document, again.plan, format, { startAt })).toBe(
          exportPlan(document, plan, format, { startAt }),
        )
      }),
    )
  })
})

const contentLine = /^[A-Z-]+(?:;[A-Z]+=[A-Z-]+)?:(?:[^\\;,]|\\[\\;,n])*$/u
const flowLine =
  /^ {2}(?:t\d+\["(?:[\p{L}\p{N}\p{M} .,/()…–—-]|#\d+;)*"\]|t\d+ --> t\d+|classDef .*|class [t\d,]+ critical|linkStyle [\d,]+ .*)$/u
const ganttLine =
  /^ {2}(?:section Lane \d+| {2}(?:[\p{L}\p{N}\p{M} .,/()…–—-]|#\d+;)+ :(?:crit, )?(?:milestone, )?t\d+, \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d, \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)$/u
const dotLine =
  /^ {2}t\d+ (?:\[label="(?:[^"\\]|\\["\\])*", tooltip="(?:[^"\\]|\\["\\])*"(?:, color="#c2410c", penwidth=3)?\]|-> t\d+(?: \[color="#c2410c", penwidth=3\])?)$/u

/** RFC 4180, strictly: a quote opens a field at its start only, and is closed before the next comma. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  for (let at = 0; at < text.length;) {
    const row: string[] = []
    for (;;) {
      const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y
      field.lastIndex = at
      const found = field.exec(text)
      if (found === null) throw new Error(`no field at ${at} of ${JSON.stringify(text)}`)
      at = field.lastIndex
      row.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '')
      if (found[3] !== ',') break
    }
    rows.push(row)
  }
  return rows
}
