import type { MarkdownBlock } from './markdown-blocks.ts'
import { readPlanLine } from './plan-line.ts'
import { propertyOf } from './plan-words.ts'

/** What must be known of a whole document before its headings can be understood. */
export interface MarkdownOutline {
  /** Some list item has a checkbox: then items without one are no tasks. */
  readonly hasCheckboxes: boolean
  /** Some heading names a task by its id. */
  readonly hasTaskHeadings: boolean
  /** By heading: does its part of the document hold a task? By the index of the block. */
  readonly holdsTasks: ReadonlySet<number>
  /** By heading: is there an estimate, a dependency or a file list right below it? */
  readonly hasProperties: ReadonlySet<number>
}

/** Looks over the blocks once, in linear time. */
export function outlineOf(blocks: readonly MarkdownBlock[]): MarkdownOutline {
  const holdsTasks = new Set<number>()
  const hasProperties = new Set<number>()
  const open: { index: number; level: number }[] = []
  let hasCheckboxes = false
  let hasTaskHeadings = false
  const hold = () => {
    // Once a heading holds a task, so do all above it: marking stops at the first that is marked.
    for (let at = open.length - 1; at >= 0; at--) {
      const index = open[at]?.index ?? 0
      if (holdsTasks.has(index)) return
      holdsTasks.add(index)
    }
  }
  blocks.forEach((block, index) => {
    if (block.kind === 'heading') {
      while (open.length > 0 && (open.at(-1)?.level ?? 0) >= block.level) open.pop()
      if (readPlanLine(block.text, { numbers: false }).id !== undefined) {
        hasTaskHeadings = true
        hold()
      }
      open.push({ index, level: block.level })
      return
    }
    const heading = open.at(-1)?.index
    if (block.kind === 'item' && block.checked !== undefined) {
      hasCheckboxes = true
      hold()
    }
    if (heading !== undefined && (block.kind === 'text' || block.kind === 'item')) {
      if (block.text.split('\n').some(isTaskProperty)) hasProperties.add(heading)
    }
  })
  return { hasCheckboxes, hasTaskHeadings, holdsTasks, hasProperties }
}

function isTaskProperty(line: string): boolean {
  const property = propertyOf(line)
  if (property === undefined || property.value === '') return false
  return ['dependsOn', 'requires', 'estimate', 'touches'].includes(property.key)
}
