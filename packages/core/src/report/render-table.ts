import { cutText, printableText, textWidth } from './printable-text.ts'

export interface TextTable {
  readonly title: string
  readonly columns: readonly TextColumn[]
  readonly rows: readonly (readonly string[])[]
}

export interface TextColumn {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** Gives way first when the table is too wide; its texts are cut. */
  readonly flexible?: boolean
}

const gap = 2
/** A flexible column keeps at least this much, even when the table then is too wide. */
const leastFlexible = 8

/**
 * The table as lines for a terminal, at most `width` columns wide where its flexible columns allow
 * that. Cells are made printable; an empty table gives its title and its column titles.
 */
export function renderTable(table: TextTable, width = 80): string[] {
  const rows = table.rows.map((row) => table.columns.map((_, at) => printableText(row[at] ?? '')))
  const titles = table.columns.map((column) => column.title)
  const widths = fitWidths(table.columns, [titles, ...rows], width)
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => aligned(cell, widths[at] ?? 0, table.columns[at]?.align ?? 'left'))
      .join(' '.repeat(gap))
      .trimEnd()
  const hasTitles = titles.some((title) => title !== '')
  return [
    ...(table.title === '' ? [] : [table.title]),
    ...(hasTitles ? [line(titles)] : []),
    ...rows.map(line),
  ]
}

function fitWidths(
  columns: readonly TextColumn[],
  lines: readonly (readonly string[])[],
  width: number,
): number[] {
  const widths = columns.map((_, at) => {
    let most = 0
    for (const cells of lines) most = Math.max(most, textWidth(cells[at] ?? ''))
    return most
  })
  let tooMuch = widths.reduce((sum, each) => sum + each, 0) + gap * (columns.length - 1) - width
  // The widest flexible column gives way first, so that narrow ones stay readable.
  const flexible = columns.flatMap((column, at) => (column.flexible === true ? [at] : []))
  while (tooMuch > 0 && flexible.length > 0) {
    flexible.sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))
    const widest = flexible[0] ?? 0
    const next = Math.max(leastFlexible, widths[flexible[1] ?? -1] ?? 0)
    const room = (widths[widest] ?? 0) - next
    if (room <= 0 && (widths[widest] ?? 0) <= leastFlexible) break
    const given = Math.min(tooMuch, Math.max(1, room))
    widths[widest] = (widths[widest] ?? 0) - given
    tooMuch -= given
  }
  return widths
}

function aligned(cell: string, width: number, align: 'left' | 'right'): string {
  const text = cutText(cell, width)
  const padding = ' '.repeat(Math.max(0, width - textWidth(text)))
  return align === 'right' ? padding + text : text + padding
}
