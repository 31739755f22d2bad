import type { GateSpec, TestCase } from '../task/task-context.ts'
import type { ReportDraft } from './import-report.ts'
import type { MarkdownBlock } from './markdown-blocks.ts'
import { parseCommand } from './parse-command.ts'
import { parseEstimate } from './parse-estimate.ts'
import { priorityOf, typeOf } from './plan-line.ts'
import type { Property, SectionRole } from './plan-words.ts'
import type { TaskDraft } from './task-draft.ts'
import { withoutEmphasis } from './without-emphasis.ts'

/** Puts a block into the part of a task that its section or label names. */
export function putBlock(
  draft: TaskDraft,
  role: SectionRole,
  block: MarkdownBlock,
  report: ReportDraft,
): void {
  const words = block.kind === 'item' ? block.text : sourceOf(block)
  switch (role) {
    case 'tests':
      putTests(draft, words, block.kind === 'item' || block.kind === 'text', report)
      return
    case 'criteria':
      draft.criteria.push(words)
      report.mapped('acceptance criterion', 'context.acceptanceCriteria')
      return
    case 'gates':
      draft.gates.push(...gatesOf(block, draft.id, report))
      return
    case 'touches':
      draft.touches.push(...pathsOf(words, `line ${block.line}`, report))
      return
    case 'guidance':
    case 'architecture':
    case 'background':
      draft[role].push(...spaced(block), sourceOf(block))
      report.mapped(role, role === 'background' ? 'context.projectBackground' : `context.${role}`)
      return
    case 'description':
    case 'dependencies':
    case 'tasks':
    case 'legend':
      draft.description.push(...spaced(block), sourceOf(block))
  }
}

/** The Markdown of a block, for texts that keep it. */
export function sourceOf(block: MarkdownBlock): string {
  if (block.kind === 'heading') return `${'#'.repeat(block.level)} ${block.text}`
  if (block.kind !== 'item') return block.text
  const mark = block.number === undefined ? '-' : `${block.number}.`
  const box = block.checked === undefined ? '' : block.checked ? '[x] ' : '[ ] '
  return `${'  '.repeat(block.depth)}${mark} ${box}${block.text}`
}

/** A blank line before everything but list items. */
export function spaced(block: MarkdownBlock): string[] {
  return block.kind === 'item' ? [] : ['']
}

/**
 * Applies a line such as `Estimate: 3h` to a task. Returns false when the value is not understood;
 * the line then belongs to the description. `dependsOn` is the caller's: it needs all ids.
 */
export function applyProperty(
  draft: TaskDraft,
  { key, value }: Property,
  line: number,
  report: ReportDraft,
): boolean {
  if (value === '') return false
  const words = value.replace(/^[`"']|[`"']$/g, '').trim()
  switch (key) {
    case 'estimate': {
      const parsed =
        parseEstimate(words) ?? parseEstimate(words.replace(/\s*\([^()]{0,200}\)$/, ''))
      if (parsed === undefined) {
        report.refused(
          `line ${line}`,
          `estimate ${value}`,
          'is no time: write 30 min, 3h or 2-3 days',
        )
        return false
      }
      draft.estimate = parsed.estimate
      report.mapped('estimate', 'estimate')
      if (!parsed.unit) {
        report.guessed({
          task: draft.id,
          what: 'estimate',
          value: `${words} minutes`,
          evidence: value,
          line,
        })
      }
      return true
    }
    case 'priority':
      draft.priority = priorityOf(words) ?? draft.priority
      return noted(priorityOf(words) !== undefined, key, report)
    case 'type':
      draft.type = typeOf(words) ?? draft.type
      return noted(typeOf(words) !== undefined, key, report)
    case 'status':
      return applyStatus(draft, words, value, line, report)
    case 'touches':
      draft.touches.push(...pathsOf(value, `line ${line}`, report))
      return noted(true, key, report)
    case 'epic':
    case 'sprint':
    case 'repository':
    case 'baseBranch':
    case 'account':
      draft[key] = words
      return noted(true, key, report)
    case 'parent':
      draft.parent = words.slice(0, 200)
      return noted(true, key, report)
    case 'capabilities':
      draft.capabilities.push(
        ...words
          .split(',')
          .map((word) => word.trim())
          .filter((word) => word !== ''),
      )
      return noted(true, key, report)
    case 'coverage':
    case 'tests':
      putTests(draft, key === 'coverage' ? `coverage: ${words}` : value, true, report)
      return true
    case 'criteria':
      draft.criteria.push(value)
      return noted(true, 'acceptance criterion', report)
    case 'gates':
      draft.gates.push(...gatesOf({ kind: 'text', depth: 0, text: value, line }, draft.id, report))
      return true
    case 'guidance':
    case 'architecture':
    case 'background':
    case 'description':
      draft[key].push(value)
      return noted(true, key, report)
    case 'dependsOn':
    case 'requires':
      return false
  }
}

function noted(understood: boolean, key: string, report: ReportDraft): boolean {
  if (understood) report.mapped(key, key)
  return understood
}

function applyStatus(
  draft: TaskDraft,
  words: string,
  value: string,
  line: number,
  report: ReportDraft,
): boolean {
  const status = words
    .toLowerCase()
    .replace(/[^\p{L} -]/gu, '')
    .trim()
  if (/^(?:done|complete|completed|finished|closed)$/.test(status)) draft.status = 'done'
  else if (/^(?:cancelled|canceled|dropped|wont do)$/.test(status)) draft.status = 'cancelled'
  else if (/^(?:todo|to do|open|pending|not started|planned)$/.test(status)) draft.status = 'todo'
  else {
    draft.status ??= 'todo'
    report.guessed({ task: draft.id, what: 'status', value: draft.status, evidence: value, line })
  }
  report.mapped('status', 'status')
  return true
}

/** `name: given X expected Y`, one per line; `coverage: 90 %` sets the wanted coverage. */
function putTests(draft: TaskDraft, text: string, readable: boolean, report: ReportDraft): void {
  if (!readable) {
    draft.guidance.push('', text)
    return
  }
  for (const line of text.split('\n').filter((words) => words.trim() !== '')) {
    const coverage =
      /^(?:wanted )?coverage\s{0,3}(?::|of|≥|>=)?\s{0,3}(\d{1,3}(?:\.\d{1,2})?)\s?%?/i.exec(
        line.trim(),
      )
    if (coverage !== null && Number(coverage[1]) <= 100) {
      draft.coverage = Number(coverage[1])
      report.mapped('coverage', 'context.tdd.coverage')
    } else {
      draft.cases.push(parseTestCase(line))
      report.mapped('test case', 'context.tdd.cases')
    }
  }
}

const expectedWords = [
  ' expected ',
  ' expected: ',
  ' expect ',
  ' expects ',
  ' then ',
  ' → ',
  ' -> ',
  ' => ',
]

/** Reads `name: given X, expected Y`; without these words the text is what is expected. */
export function parseTestCase(line: string): TestCase {
  const text = withoutEmphasis(line.trim())
  const lower = text.toLowerCase()
  const given = lower.startsWith('given ') ? 0 : lower.indexOf(' given ') + 1
  const hasGiven = given > 0 || lower.startsWith('given ')
  const from = hasGiven ? given + 6 : 0
  const found = expectedWords
    .map((words) => ({ at: lower.indexOf(words, from), words }))
    .filter(({ at }) => at !== -1)
    .sort((one, other) => one.at - other.at)[0]
  const colon = text.indexOf(': ')
  if (found === undefined) {
    if (colon <= 0) return { name: text, given: '', expected: text }
    return { name: text.slice(0, colon), given: '', expected: text.slice(colon + 2).trim() }
  }
  const expected = trimmed(text.slice(found.at + found.words.length))
  const before = text.slice(0, found.at)
  if (hasGiven) {
    const name = trimmed(text.slice(0, given))
    return {
      name: name === '' ? text.slice(0, 200) : name,
      given: trimmed(before.slice(from)),
      expected,
    }
  }
  if (colon > 0 && colon < found.at) {
    return { name: text.slice(0, colon), given: trimmed(before.slice(colon + 2)), expected }
  }
  return { name: trimmed(before), given: '', expected }
}

function trimmed(text: string): string {
  return text
    .replace(/^[\s,;:\u2013\u2014-]{1,8}/, '')
    .replace(/[\s,;:]{1,8}$/, '')
    .trim()
}

/** Gates of a block: ``name: `command` ``, or one command per line of a code block. */
export function gatesOf(block: MarkdownBlock, where: string, report: ReportDraft): GateSpec[] {
  const lines =
    block.kind === 'code'
      ? block.text.split('\n').filter((line) => !/^\s*(?:```|~~~|#|$)/.test(line))
      : (block.kind === 'item' ? block.text : sourceOf(block)).split('\n')
  const gates: GateSpec[] = []
  for (const line of lines.map((words) => words.trim()).filter((words) => words !== '')) {
    const gate = gateOf(line, block.kind === 'code')
    if (gate === undefined) {
      const reason =
        'is no gate: write `name: command`, one program with its arguments and no shell'
      report.refused(where === '' ? `line ${block.line}` : where, line, reason)
    } else {
      gates.push(gate)
      report.mapped('gate', 'gates')
    }
  }
  return gates
}

function gateOf(line: string, isCode: boolean): GateSpec | undefined {
  const text = isCode ? line : withoutEmphasisBeforeColon(line)
  const open = isCode ? -1 : text.indexOf('`')
  const close = open === -1 ? -1 : text.indexOf('`', open + 1)
  const colon = isCode ? -1 : text.indexOf(':')
  if (close > open) {
    const command = parseCommand(text.slice(open + 1, close))
    const name = trimmed(text.slice(0, open)) || trimmed(text.slice(close + 1))
    return command && { name: (name || command.join(' ')).slice(0, 200), command }
  }
  if (!isCode && colon <= 0) return undefined
  const command = parseCommand(text.slice(colon + 1))
  return (
    command && {
      name: (colon > 0 ? text.slice(0, colon) : command.join(' ')).slice(0, 200),
      command,
    }
  )
}

/** The name of a gate may be bold; in its command two stars are a glob. */
function withoutEmphasisBeforeColon(line: string): string {
  const bold = /^\*\*([^*`]{1,200})\*\*/.exec(line)
  return bold === null ? line : `${bold[1] ?? ''}${line.slice(bold[0].length)}`
}

/** Paths of a line, parted by commas or in backticks; remarks in brackets are none. */
export function pathsOf(words: string, where: string, report: ReportDraft): string[] {
  const paths = backticked(words)
  const rest = words.replace(/`[^`]*`/g, ',').replace(/\([^()]{0,200}\)/g, ' ')
  for (const part of rest.split(/[,;\n]|\s(?:and|&)\s/).map((text) => text.trim())) {
    if (part === '' || /^(?:none|n\/a|-|and|&)$/i.test(part)) continue
    if (/\s/.test(part) || part.length > 4096) report.refused(where, part, 'is no path')
    else paths.push(part)
  }
  return paths
}

/** The texts between pairs of backticks. */
export function backticked(text: string): string[] {
  const parts = text.split('`')
  return parts.filter(
    (part, index) => index % 2 === 1 && index < parts.length - 1 && part.trim() !== '',
  )
}
