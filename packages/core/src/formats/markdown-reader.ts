import type { ReportDraft } from './import-report.ts'
import type { MarkdownBlock, MarkdownItem, MarkdownTable, MarkdownText } from './markdown-blocks.ts'
import { outlineOf } from './markdown-outline.ts'
import { planBuilder } from './plan-parts.ts'
import type { PlanGroup, PlanParts } from './plan-parts.ts'
import { readPlanLine } from './plan-line.ts'
import type { PlanLine } from './plan-line.ts'
import {
  looksLikeEpic,
  looksLikePhase,
  propertyOf,
  roleOfProperty,
  sectionRole,
} from './plan-words.ts'
import type { Property, SectionRole } from './plan-words.ts'
import { applyProperty, gatesOf, putBlock, sourceOf, spaced } from './task-parts.ts'
import type { TaskDraft } from './task-draft.ts'
import { readTaskTable } from './task-table.ts'

/** An open heading: everything until a heading of its level or above belongs to it. */
interface Section {
  readonly level: number
  readonly heading: string
  readonly line: number
  readonly role: SectionRole | 'project' | 'task' | 'group' | 'unknown'
  readonly draft?: TaskDraft | undefined
  readonly group?: PlanGroup | undefined
  /** Inside `## Tasks`: headings and items without an id are tasks too. */
  readonly inTasks: boolean
  refused: number
}

/** Reads blocks in order; `pathsInText` takes paths in backticks as what a task touches. */
export function readPlanBlocks(
  blocks: readonly MarkdownBlock[],
  pathsInText: boolean,
  report: ReportDraft,
): PlanParts {
  const reader = planReader(blocks, pathsInText, report)
  blocks.forEach((block, index) => {
    if (block.kind === 'heading') reader.heading(block.level, block.text, block.line, index)
    else if (block.kind === 'item') reader.item(block)
    else if (block.kind === 'table') reader.table(block)
    else if (block.kind === 'comment')
      report.refusedField(`line ${block.line}`, 'a comment', 'comments are not imported')
    else reader.text(block)
  })
  reader.end()
  return reader.parts
}

function planReader(blocks: readonly MarkdownBlock[], pathsInText: boolean, report: ReportDraft) {
  const outline = outlineOf(blocks)
  const builder = planBuilder(pathsInText, report)
  const { parts } = builder
  const sections: Section[] = []
  /** Items that are tasks, outermost first. */
  const itemTasks: { depth: number; draft: TaskDraft }[] = []
  /** `Acceptance criteria:` above a list: what follows at this depth or deeper belongs to it. */
  let label: { role: SectionRole; depth: number; listed: boolean } | undefined

  const top = () => sections.at(-1)
  const headingTask = () => sections.findLast((section) => section.draft !== undefined)?.draft
  const group = () => sections.findLast((section) => section.group !== undefined)?.group
  const task = (planLine: PlanLine, line: number, from: string) =>
    builder.addTask(planLine, line, from, group())

  function heading(level: number, text: string, line: number, index: number): void {
    itemTasks.length = 0
    label = undefined
    while (sections.length > 0 && (top()?.level ?? 0) >= level) close(sections.pop())
    const inTasks = top()?.inTasks ?? false
    const open = (role: Section['role'], more: Partial<Section> = {}) => {
      sections.push({ level, heading: text, line, role, inTasks, refused: 0, ...more })
    }
    const owner = headingTask()
    if (owner !== undefined) return headingInTask(owner, text, line, index, open)
    const role = sectionRole(text)
    const holds = outline.holdsTasks.has(index)
    if (
      parts.name === undefined &&
      level === 1 &&
      readPlanLine(text, { numbers: false }).id === undefined
    ) {
      parts.name = text.replace(
        /^(?:tasks?|plan|implementation plan|project plan|project)\s*:\s*/i,
        '',
      )
      report.mapped('first heading', 'project.name')
      const isList = role === 'tasks' && parts.name === text
      return open(isList ? 'tasks' : 'project', { inTasks: isList })
    }
    const outer = top()?.role
    if (role !== 'dependencies' && (outer === 'legend' || outer === 'dependencies'))
      return open(outer)
    if (role === 'tasks') return open('tasks', { inTasks: true })
    if (role === 'legend' || role === 'dependencies') return open(role)
    if (role !== undefined && (!holds || role === 'criteria')) return open(role)
    if (outer !== 'tasks' && isPart(outer) && !holds) {
      sections.push({ level, heading: text, line, role: outer, inTasks, refused: 0 })
      return looseBlock({ kind: 'heading', level, text, line })
    }
    if (!looksLikeEpic(text)) {
      const inPhase = looksLikePhase(group()?.name ?? '')
      const timed = readPlanLine(text, { numbers: true }).estimate !== undefined
      const properties = timed || outline.hasProperties.has(index)
      const planLine = readPlanLine(text, { numbers: inTasks || inPhase || properties })
      const numberOnly = planLine.id !== undefined && /^\d/.test(planLine.id)
      if (planLine.id !== undefined && !(numberOnly && holds && !properties)) {
        return open('task', { draft: task(planLine, line, 'heading') })
      }
      if (!holds && (properties || inTasks)) {
        return open('task', { draft: task({ ...planLine, id: undefined }, line, 'heading') })
      }
      if (!holds) return open('unknown')
    }
    openGroup(text, line, open)
  }

  function headingInTask(
    owner: TaskDraft,
    text: string,
    line: number,
    index: number,
    open: (role: Section['role'], more?: Partial<Section>) => void,
  ): void {
    const role = sectionRole(text)
    const planLine = readPlanLine(text, { numbers: true })
    if (role !== undefined) return open(role === 'tasks' ? 'guidance' : role)
    const below = planLine.id?.startsWith(`${owner.id}.`) === true
    if (planLine.id !== undefined && (below || !/^\d/.test(planLine.id))) {
      const draft = task(planLine, line, 'heading')
      draft.parent = owner.id
      return open('task', { draft })
    }
    owner.description.push('', `${'#'.repeat(top()?.level === undefined ? 4 : 5)} ${text}`)
    if (outline.hasProperties.has(index))
      report.refusedField(`line ${line}`, 'a heading inside a task', 'is part of its description')
    open('description')
  }

  /** A heading below another group keeps the name of the outermost one. */
  function openGroup(
    text: string,
    line: number,
    open: (role: Section['role'], more?: Partial<Section>) => void,
  ): void {
    const outer = group()
    if (outer !== undefined && !looksLikeEpic(text)) return open('group', { group: outer })
    open('group', { group: builder.addGroup(text, line) })
  }

  function item(block: MarkdownItem): void {
    while (itemTasks.length > 0 && (itemTasks.at(-1)?.depth ?? 0) >= block.depth) itemTasks.pop()
    if (label !== undefined && block.depth < label.depth) label = undefined
    if (label !== undefined) label.listed = true
    const owner = itemTasks.at(-1)?.draft ?? headingTask()
    const section = top()
    const role = section?.role
    if (role === 'legend' && section !== undefined) return refuseLegend(block, section)
    const lines = block.text.split('\n')
    const numbers = block.checked !== undefined || section?.inTasks === true
    const planLine = readPlanLine(lines[0] ?? '', { numbers })
    if (owner !== undefined) {
      const nested = block.checked !== undefined && planLine.id !== undefined && label === undefined
      if (nested && (itemTasks.length > 0 || role === 'task')) {
        return itemTask(block, lines, owner)
      }
      return ownedBlock(block, owner)
    }
    if (role === 'dependencies') {
      parts.orderLines.push({ words: lines.join(' '), line: block.line })
      return
    }
    if (isTaskItem(block, planLine, section)) return itemTask(block, lines, undefined)
    looseBlock(block)
  }

  function isTaskItem(
    block: MarkdownItem,
    planLine: PlanLine,
    section: Section | undefined,
  ): boolean {
    if (block.text.trim() === '') return false
    if (block.checked !== undefined) return isGrouping(section) || planLine.id !== undefined
    if (/^\[[-~]\]\s/.test(block.text)) return isGrouping(section)
    if (propertyOf(block.text) !== undefined || outline.hasCheckboxes) return false
    if (section?.role !== 'tasks' && section?.role !== 'group' && section?.inTasks !== true)
      return false
    return planLine.id !== undefined || (block.depth === 0 && !outline.hasTaskHeadings)
  }

  function itemTask(
    block: MarkdownItem,
    lines: readonly string[],
    parent: TaskDraft | undefined,
  ): void {
    const cancelled = /^\[[-~]\]\s+/.exec(lines[0] ?? '')
    const text =
      cancelled === null ? lines : [(lines[0] ?? '').slice(cancelled[0].length), ...lines.slice(1)]
    const properties = text.slice(1).map((line) => propertyOf(line))
    const titleLines = text.filter((_, index) => index === 0 || properties[index - 1] === undefined)
    const whole = readPlanLine(titleLines.join(' '), {
      numbers: block.checked !== undefined || (top()?.inTasks ?? false),
    })
    const numbered =
      block.number !== undefined && whole.id === undefined && builder.isFree(block.number)
    const useNumber = numbered && (top()?.inTasks ?? false)
    const draft = task(
      useNumber ? { ...whole, id: block.number } : whole,
      block.line,
      block.checked === undefined ? 'list item' : 'checkbox',
    )
    if (useNumber) {
      report.guessed({
        task: draft.id,
        what: 'id',
        value: draft.id,
        evidence: 'its number in the list',
        line: block.line,
      })
    }
    if (block.checked === true) draft.status = 'done'
    if (cancelled !== null) {
      draft.status = 'cancelled'
      report.guessed({
        task: draft.id,
        what: 'status',
        value: 'cancelled',
        evidence: cancelled[0],
        line: block.line,
      })
    }
    if (parent !== undefined) draft.parent = parent.id
    itemTasks.push({ depth: block.depth, draft })
    label = undefined
    for (const property of properties)
      if (property !== undefined) apply(draft, property, block.line)
  }

  function text(block: MarkdownText): void {
    while (itemTasks.length > 0 && (itemTasks.at(-1)?.depth ?? 0) >= block.depth) itemTasks.pop()
    // A paragraph after the list of a label is about the task again.
    if (
      label !== undefined &&
      (block.depth < label.depth || (label.listed && block.depth === label.depth))
    ) {
      label = undefined
    }
    const owner = itemTasks.at(-1)?.draft ?? headingTask()
    if (owner !== undefined) ownedBlock(block, owner)
    else if (top()?.role === 'dependencies') {
      block.text.split('\n').forEach((words, at) => {
        parts.orderLines.push({ words, line: block.line + at })
      })
    } else looseBlock(block)
  }

  function table(block: MarkdownTable): void {
    const section = top()
    const owner = headingTask()
    const rows =
      owner === undefined && section?.role !== 'legend' ? readTaskTable(block) : undefined
    if (rows === undefined) {
      if (owner !== undefined) ownedBlock(block, owner)
      else looseBlock(block)
      return
    }
    for (const { planLine, properties, line } of rows) {
      const draft = task(planLine, line, 'table row')
      for (const property of properties) apply(draft, property, line)
    }
  }

  /** A block inside a task: a property, a label, part of a section, or description. */
  function ownedBlock(block: MarkdownBlock, owner: TaskDraft): void {
    const section = top()
    const byHeading =
      itemTasks.length === 0 && section?.draft === undefined ? section?.role : undefined
    const role = label?.role ?? (isPart(byHeading) ? byHeading : undefined)
    if (role === 'dependencies' && (block.kind === 'item' || block.kind === 'text')) {
      block.text.split('\n').forEach((line, at) => {
        const words = propertyOf(line)?.value ?? line
        parts.waits.push({ draft: owner, words, loose: true, line: block.line + at })
      })
      return
    }
    if (block.kind !== 'item' && block.kind !== 'text') {
      putBlock(owner, role ?? 'description', block, report)
      return
    }
    const rest: string[] = []
    const isBullet = block.kind === 'item'
    block.text.split('\n').forEach((line, at) => {
      const property = propertyOf(line)
      const inList =
        role !== undefined && role !== 'description' && isBullet && property?.key !== 'coverage'
      if (property === undefined || inList || !apply(owner, property, block.line + at)) {
        if (property === undefined || property.value !== '' || inList) rest.push(line)
        else if (!openLabel(property, block)) rest.push(line)
      }
    })
    if (rest.length === 0) return
    const remaining = { ...block, text: rest.join('\n') }
    const now = label?.role ?? role
    if (now === undefined && isBullet && block.text === rest.join('\n'))
      owner.description.push(sourceOf(block))
    else putBlock(owner, now ?? 'description', remaining, report)
  }

  function openLabel(property: Property, block: MarkdownBlock): boolean {
    const role = roleOfProperty(property.key)
    if (role === undefined || block.kind === 'heading') return false
    const depth = block.kind === 'item' ? block.depth + 1 : 'depth' in block ? block.depth : 0
    label = { role, depth, listed: false }
    return true
  }

  function apply(draft: TaskDraft, property: Property, line: number): boolean {
    const { key, value } = property
    if (key !== 'dependsOn' && key !== 'requires') {
      return applyProperty(draft, property, line, report)
    }
    if (value === '') return false
    parts.waits.push({ draft, words: value, loose: key === 'requires', line })
    return true
  }

  /** A block that belongs to no task: part of the project, of a group, or refused. */
  function looseBlock(block: MarkdownBlock): void {
    const section = top()
    const source = sourceOf(block)
    if (section?.role === 'gates') parts.gates.push(...gatesOf(block, '', report))
    else if (section?.group !== undefined) section.group.text.push(...spaced(block), source)
    else if (section?.role === 'architecture' || section?.role === 'guidance') {
      parts[section.role].push(...spaced(block), source)
    } else if (section?.role === 'tests' || section?.role === 'criteria') {
      if (section.refused++ === 0) parts.guidance.push('', `${section.heading}:`)
      parts.guidance.push(...spaced(block), source)
    } else if (
      section === undefined ||
      ['background', 'project', 'description'].includes(section.role)
    ) {
      parts.background.push(...spaced(block), source)
    } else section.refused++
  }

  function refuseLegend(block: MarkdownItem, section: Section): void {
    if (block.checked === undefined) section.refused++
    else
      report.refused(
        `line ${block.line}`,
        block.text,
        `stands under "${section.heading}", which explains the plan's own notation`,
      )
  }

  function close(section: Section | undefined): void {
    if (section === undefined || section.refused === 0) return
    if (section.role === 'tests' || section.role === 'criteria') {
      report.mapped(`section ${section.heading.slice(0, 80)}`, 'project.guidance')
      return
    }
    const what = `section "${section.heading}", ${section.refused} ${section.refused === 1 ? 'block' : 'blocks'}`
    const reason =
      section.role === 'legend'
        ? "explains the plan's own notation"
        : 'holds neither tasks nor a part of the context that we know'
    report.refused(`line ${section.line}`, what, reason)
  }

  function end(): void {
    while (sections.length > 0) close(sections.pop())
  }

  return { heading, item, text, table, end, parts }
}

function isPart(role: Section['role'] | undefined): role is SectionRole {
  return role !== undefined && !['project', 'task', 'group', 'unknown'].includes(role)
}

/** Sections whose checkboxes are tasks even without an id. */
function isGrouping(section: Section | undefined): boolean {
  return section === undefined || !isPart(section.role) || section.role === 'tasks'
}
