import { parser, Table, TaskList } from '@lezer/markdown'
import { unreadable } from './import-input.ts'

/**
 * A Markdown text as a flat list of blocks in reading order. `depth` counts the lists a block stands
 * in; `line` counts from 1; texts are the source as written, without the indentation of their list.
 */
export type MarkdownBlock =
  | {
      readonly kind: 'heading'
      readonly level: number
      readonly text: string
      readonly line: number
    }
  | MarkdownItem
  | MarkdownText
  | MarkdownTable

export interface MarkdownItem {
  readonly kind: 'item'
  /** 0 for an item of a list that stands in no other list. */
  readonly depth: number
  /** The number of an ordered item, as written. */
  readonly number: string | undefined
  /** Undefined without a checkbox. */
  readonly checked: boolean | undefined
  /** Its first paragraph; what follows inside the item are blocks of their own, one deeper. */
  readonly text: string
  readonly line: number
}

export interface MarkdownText {
  /** A code block keeps its fences. */
  readonly kind: 'text' | 'code' | 'comment'
  readonly depth: number
  readonly text: string
  readonly line: number
}

export interface MarkdownTable {
  readonly kind: 'table'
  readonly depth: number
  readonly header: readonly string[]
  readonly rows: readonly { readonly cells: readonly string[]; readonly line: number }[]
  readonly text: string
  readonly line: number
}

/**
 * Reads the blocks of a Markdown text (CommonMark with task lists and tables) in linear time. Inline
 * marks are left as written; a block quote is plain text.
 *
 * @throws CuelineError `invalid-input` when lists are nested more than a hundred deep.
 */
export function readMarkdown(name: string, text: string): MarkdownBlock[] {
  refuseDeepNesting(name, text)
  const blocks: MarkdownBlock[] = []
  const lineAt = lineCounter(text)
  const lists: { to: number; ordered: boolean }[] = []
  let item: OpenItem | undefined
  const cursor = blockParser.parse(text).cursor()
  for (let inside = true, more = true; more; more = inside ? cursor.next() : cursor.next(false)) {
    const { from, to } = cursor
    const kind = cursor.name
    inside = containers.has(kind)
    while (lists.length > 0 && from >= (lists.at(-1)?.to ?? 0)) lists.pop()
    const depth = lists.length
    if (item !== undefined && from >= item.to) endEmptyItem()
    if (kind === 'BulletList' || kind === 'OrderedList') {
      endEmptyItem()
      lists.push({ to, ordered: kind === 'OrderedList' })
    } else if (kind === 'ListItem') {
      endEmptyItem()
      item = { from, to, depth: depth - 1, number: undefined, taken: false }
    } else if (kind === 'ListMark') {
      const mark = text.slice(from, to)
      if (item !== undefined && lists.at(-1)?.ordered === true) item.number = mark.slice(0, -1)
    } else if (kind === 'Task' || kind === 'Paragraph') {
      const lines = dedented(text.slice(from, to))
      if (item !== undefined && !item.taken) {
        item.taken = true
        const checked = kind === 'Task' ? text.charAt(from + 1) !== ' ' : undefined
        const words = kind === 'Task' ? lines.slice(3).trimStart() : lines
        const { number, depth: itemDepth } = item
        blocks.push({
          kind: 'item',
          depth: itemDepth,
          number,
          checked,
          text: words,
          line: lineAt(from),
        })
      } else {
        blocks.push({ kind: 'text', depth, text: lines, line: lineAt(from) })
      }
    } else if (kind.startsWith('ATXHeading') || kind.startsWith('SetextHeading')) {
      endEmptyItem()
      const level = Number(kind.at(-1))
      blocks.push({
        kind: 'heading',
        level,
        text: headingText(text.slice(from, to)),
        line: lineAt(from),
      })
    } else if (kind === 'FencedCode' || kind === 'CodeBlock') {
      endEmptyItem()
      const code = dedentedCode(text, from, to)
      blocks.push({ kind: 'code', depth, text: code, line: lineAt(from) })
    } else if (kind === 'Table') {
      endEmptyItem()
      blocks.push(readTable(text.slice(from, to), depth, lineAt(from)))
    } else if (kind === 'CommentBlock' || kind === 'ProcessingInstructionBlock') {
      blocks.push({ kind: 'comment', depth, text: text.slice(from, to), line: lineAt(from) })
    } else if (kind === 'HTMLBlock' || kind === 'LinkReference') {
      endEmptyItem()
      blocks.push({ kind: 'text', depth, text: dedented(text.slice(from, to)), line: lineAt(from) })
    }
  }
  endEmptyItem()
  return blocks

  /** An item that starts with something else than a paragraph, or holds nothing. */
  function endEmptyItem(): void {
    if (item !== undefined && !item.taken) {
      item.taken = true
      const { number, from, depth } = item
      blocks.push({ kind: 'item', depth, number, checked: undefined, text: '', line: lineAt(from) })
    }
  }
}

interface OpenItem {
  readonly from: number
  readonly to: number
  readonly depth: number
  number: string | undefined
  /** Whether the item has become a block. */
  taken: boolean
}

/** Only blocks are parsed: inline marks stay as written, and no inline rule can cost time. */
const blockParser = parser.configure([
  TaskList,
  Table,
  {
    remove: [
      'Blockquote',
      'IndentedCode',
      'LinkReference',
      'Escape',
      'Entity',
      'InlineCode',
      'HTMLTag',
      'Emphasis',
      'HardBreak',
      'Link',
      'Image',
      'LinkEnd',
    ],
  },
])

const containers = new Set(['Document', 'BulletList', 'OrderedList', 'ListItem'])
const deepest = 100

/** Nesting costs the parser time per level and line; no plan that a person wrote comes near. */
function refuseDeepNesting(name: string, text: string): void {
  let line = 1
  for (let start = 0; start < text.length; line++) {
    const found = text.indexOf('\n', start)
    const end = found === -1 ? text.length : found
    const levels = nestingOf(text, start, end)
    if (levels > deepest) {
      throw unreadable(
        name,
        `nests ${levels} levels on line ${line}; at most ${deepest} are read`,
        'Flatten the lists',
      )
    }
    start = end + 1
  }
}

/** List marks at the start of a line, or what its indentation allows when a mark follows it. */
function nestingOf(text: string, start: number, end: number): number {
  let marks = 0
  let columns = 0
  for (let index = start; index < end; index++) {
    const character = text.charCodeAt(index)
    if (character === 32) columns++
    else if (character === 9) columns += 4
    else if (character === 42 || character === 43 || character === 45) marks++
    else if (character === 46 || character === 41) marks++
    else if (character < 48 || character > 57) break
  }
  const isRule = marks > 0 && ruleLine(text, start, end)
  return isRule
    ? 0
    : Math.max(marks > 0 && columns > 400 ? deepest + 1 : 0, marksBeforeText(text, start, end))
}

/** How many list marks, each followed by a blank, stand before the text of a line. */
function marksBeforeText(text: string, start: number, end: number): number {
  let marks = 0
  for (let index = start; index < end; index++) {
    const character = text.charAt(index)
    if (character === ' ' || character === '\t' || (character >= '0' && character <= '9')) continue
    if (!'*+-.)'.includes(character)) break
    const next = text.charAt(index + 1)
    if (next !== ' ' && next !== '\t' && index + 1 < end) break
    marks++
  }
  return marks
}

/** `- - -` and `* * *` are rules, however long. */
function ruleLine(text: string, start: number, end: number): boolean {
  let mark = ''
  for (let index = start; index < end; index++) {
    const character = text.charAt(index)
    if (character === ' ' || character === '\t' || character === '\r') continue
    if (mark === '') mark = character
    if (character !== mark || !'*-_'.includes(mark)) return false
  }
  return mark !== ''
}

/** Line numbers for offsets that only grow. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1
  let next = text.indexOf('\n')
  return (offset) => {
    while (next !== -1 && next < offset) {
      line++
      next = text.indexOf('\n', next + 1)
    }
    return line
  }
}

function dedented(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
}

/** Takes from every line of a code block the indentation its first line has. */
function dedentedCode(text: string, from: number, to: number): string {
  const lineStart = text.lastIndexOf('\n', from - 1) + 1
  const column = from - lineStart
  const lines = text.slice(from, to).split('\n')
  return lines
    .map((line, index) => (index === 0 ? line : line.slice(Math.min(column, blanksBefore(line)))))
    .join('\n')
}

function blanksBefore(line: string): number {
  return line.length - line.trimStart().length
}

function headingText(source: string): string {
  if (!source.startsWith('#')) return (source.split('\n').slice(0, -1).join(' ') || source).trim()
  let start = 0
  while (source.charAt(start) === '#') start++
  let end = source.trimEnd().length
  while (end > start && source.charAt(end - 1) === '#') end--
  const closed = end < source.trimEnd().length && /[ \t]/.test(source.charAt(end - 1))
  return source.slice(start, closed ? end : undefined).trim()
}

function readTable(source: string, depth: number, line: number): MarkdownTable {
  const lines = source.split('\n').map((row) => row.trim())
  const rows = lines.slice(2).map((row, index) => ({ cells: cellsOf(row), line: line + index + 2 }))
  return {
    kind: 'table',
    depth,
    header: cellsOf(lines[0] ?? ''),
    rows,
    text: lines.join('\n'),
    line,
  }
}

function cellsOf(row: string): string[] {
  const cells: string[] = []
  let cell = ''
  for (let index = 0; index < row.length; index++) {
    const character = row.charAt(index)
    if (character === '\\' && row.charAt(index + 1) === '|') {
      cell += '|'
      index++
    } else if (character === '|') {
      cells.push(cell.trim())
      cell = ''
    } else {
      cell += character
    }
  }
  if (cell.trim() !== '') cells.push(cell.trim())
  if (row.startsWith('|')) cells.shift()
  return cells
}
