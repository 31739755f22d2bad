import type { MarkdownTable } from './markdown-blocks.ts'
import { readPlanLine } from './plan-line.ts'
import type { PlanLine } from './plan-line.ts'
import { propertyOf } from './plan-words.ts'
import type { Property } from './plan-words.ts'

export interface TaskRow {
  readonly planLine: PlanLine
  readonly properties: readonly Property[]
  readonly line: number
}

/**
 * Reads a table of tasks: a column `ID` or `#`, a column `Task`, `Title` or `Name`, and columns named
 * like properties. Undefined for any other table. Columns it does not know become `Column: value`
 * lines of the description.
 */
export function readTaskTable(table: MarkdownTable): TaskRow[] | undefined {
  const names = table.header.map((name) => name.toLowerCase().replace(/[*_`]/g, '').trim())
  const id = names.findIndex((name) => /^(?:id|#|no\.?|nr\.?|task id|key)$/.test(name))
  const title = names.findIndex((name) =>
    /^(?:task|title|name|summary|task name|story)$/.test(name),
  )
  if (title === -1 || (id === -1 && !names.some(isProperty))) return undefined
  const rows: TaskRow[] = []
  for (const { cells, line } of table.rows) {
    const named = readPlanLine(cells[title] ?? '', { numbers: false })
    const given = (id === -1 ? '' : (cells[id] ?? '')).replace(/[*`[\]]/g, '').trim()
    if (given === '' && named.title === '') continue
    const properties: Property[] = []
    cells.forEach((cell, column) => {
      const name = table.header[column] ?? ''
      if (column === id || column === title || cell.trim() === '' || name === '') return
      properties.push(
        propertyOf(`${name}: ${cell}`) ?? { key: 'description', value: `${name}: ${cell}` },
      )
    })
    const planLine = given === '' ? named : { ...named, id: given.slice(0, 200) }
    rows.push({ planLine, properties, line })
  }
  return rows.length === 0 ? undefined : rows
}

function isProperty(name: string): boolean {
  const key = propertyOf(`${name}: x`)?.key
  return key === 'dependsOn' || key === 'requires' || key === 'estimate' || key === 'touches'
}
