import { unreadable } from './import-input.ts'
import { startReport } from './import-report.ts'
import type { ImportResult, ReportDraft } from './import-report.ts'
import { isRecord, listOf, textOf } from './plain-value.ts'
import { addWait, finishImport, newDraft } from './task-draft.ts'
import type { TaskDraft } from './task-draft.ts'

/** One issue of a beads export: an id, a title, and a key only beads writes. */
export function looksLikeBeads(value: unknown): boolean {
  if (!isRecord(value)) return false
  const known = ['issue_type', 'created_at', 'updated_at', 'closed_at', 'acceptance_criteria']
  return Object.hasOwn(value, 'id') && known.some((key) => Object.hasOwn(value, key))
}

/** True when one of the first lines is a beads issue; merge marks and torn lines do not hide it. */
export function looksLikeBeadsLines(text: string): boolean {
  let seen = 0
  for (const { line } of linesOf(text)) {
    if (looksLikeBeads(parsed(line))) return true
    if (++seen === 20) return false
  }
  return false
}

/**
 * Reads a beads export, one issue per line. `blocks` and `waits-for` become dependencies,
 * `parent-child` the parent; the kinds that do not block in beads are refused one by one.
 */
export function importBeads(name: string, text: string): ImportResult {
  const report = startReport('beads')
  const issues: Issue[] = []
  for (const { line, number } of linesOf(text)) {
    const value = parsed(line)
    if (isRecord(value) && textOf(value['id']) !== undefined) issues.push({ value, line: number })
    else report.refused(`line ${number}`, line, 'is no issue: no JSON object with an id')
  }
  if (issues.length === 0) {
    throw unreadable(name, 'holds no beads issue', 'Give the issues.jsonl of a beads database')
  }
  return importIssues(issues, report)
}

/** Reads issues that stand in one JSON list. */
export function importBeadsList(values: readonly unknown[]): ImportResult {
  const report = startReport('beads')
  const issues: Issue[] = []
  values.forEach((value, index) => {
    if (isRecord(value) && textOf(value['id']) !== undefined) issues.push({ value })
    else
      report.refused(`entry ${index + 1}`, JSON.stringify(value) ?? '', 'is no object with an id')
  })
  return importIssues(issues, report)
}

interface Issue {
  readonly value: Record<string, unknown>
  readonly line?: number
}

function importIssues(issues: readonly Issue[], report: ReportDraft): ImportResult {
  const epics = new Map<string, string>()
  for (const { value } of issues) {
    const id = textOf(value['id'])
    if (value['issue_type'] === 'epic' && id !== undefined)
      epics.set(id, textOf(value['title']) ?? id)
  }
  const drafts = issues.map(({ value, line }) => {
    const draft = draftOf(value, line, report)
    takeEdges(value, draft, epics, report)
    return draft
  })
  return finishImport('beads', {}, drafts, report)
}

const texts = [
  ['description', 'description'],
  ['design', 'context.guidance'],
  ['notes', 'context.guidance'],
] as const

const used = new Set([
  'id',
  'title',
  'description',
  'design',
  'notes',
  'acceptance_criteria',
  'status',
  'priority',
  'issue_type',
  'estimated_minutes',
  'dependencies',
])

function draftOf(
  issue: Record<string, unknown>,
  line: number | undefined,
  report: ReportDraft,
): TaskDraft {
  const id = (textOf(issue['id']) ?? '').trim()
  const title = textOf(issue['title']) ?? ''
  const draft = newDraft(id, title, line)
  if (title.trim() === '') {
    report.guessed({ task: id, what: 'title', value: id, evidence: 'the issue has no title', line })
  }
  for (const [key, to] of texts) {
    const text = textOf(issue[key])
    if (text === undefined || text.trim() === '') continue
    if (to === 'description') draft.description.push(text)
    else draft.guidance.push(text)
    report.mapped(key, to)
  }
  for (const criterion of criteriaOf(textOf(issue['acceptance_criteria']))) {
    draft.criteria.push(criterion)
    report.mapped('acceptance_criteria', 'context.acceptanceCriteria')
  }
  takePriority(issue['priority'], draft, report)
  takeType(issue['issue_type'], draft, report)
  takeStatus(issue['status'], draft, report)
  takeEstimate(issue['estimated_minutes'], draft, report)
  for (const key of Object.keys(issue)) {
    if (!used.has(key)) report.refusedField(`issue ${id}`, key, 'has no place in a plan')
  }
  return draft
}

/** One criterion per line, without the marks of a list. */
function criteriaOf(text: string | undefined): string[] {
  return (text ?? '')
    .split('\n')
    .map((line) => line.trim().replace(/^(?:[-*+]|\d{1,4}[.)]) +(?:\[[ xX]\] +)?/, ''))
    .filter((line) => line !== '')
}

function takePriority(value: unknown, draft: TaskDraft, report: ReportDraft): void {
  if (value === undefined || value === null) return
  const level = Number(value)
  if (!Number.isInteger(level) || level < 0 || level > 4) {
    report.refused(draft.id, `priority ${JSON.stringify(value)}`, 'is none of 0 to 4')
    return
  }
  draft.priority = level < 2 ? 'high' : level === 2 ? 'normal' : 'low'
  report.mapped('priority', 'priority')
}

const types = new Map([
  ['bug', 'bugfix'],
  ['feature', 'feature'],
  ['docs', 'docs'],
  ['doc', 'docs'],
  ['chore', 'chore'],
  ['test', 'test'],
] as const)

function takeType(value: unknown, draft: TaskDraft, report: ReportDraft): void {
  const type = textOf(value)
  if (type === undefined || type === 'task') return
  const known = types.get(type as 'bug')
  draft.type = known ?? 'chore'
  report.mapped('issue_type', 'type')
  if (known !== undefined) return
  const evidence = `issue_type ${type}`
  report.guessed({ task: draft.id, what: 'type', value: 'chore', evidence, line: draft.line })
}

function takeStatus(value: unknown, draft: TaskDraft, report: ReportDraft): void {
  const status = textOf(value)
  if (status === undefined) return
  if (status === 'closed') draft.status = 'done'
  else if (status === 'tombstone') draft.status = 'cancelled'
  else draft.status = 'todo'
  report.mapped('status', 'status')
  if (status === 'open' || status === 'closed') return
  const evidence = `status ${status}`
  report.guessed({
    task: draft.id,
    what: 'status',
    value: draft.status,
    evidence,
    line: draft.line,
  })
}

function takeEstimate(value: unknown, draft: TaskDraft, report: ReportDraft): void {
  if (value === undefined || value === null || value === 0) return
  const minutes = Number(value)
  if (Number.isFinite(minutes) && minutes > 0) {
    draft.estimate = minutes
    report.mapped('estimated_minutes', 'estimate')
  } else {
    report.refused(draft.id, `estimated_minutes ${JSON.stringify(value)}`, 'is no number above 0')
  }
}

/** Kinds after which beads holds the issue back. */
const blocking = new Set(['blocks', 'waits-for', 'depends-on'])

function takeEdges(
  issue: Record<string, unknown>,
  draft: TaskDraft,
  epics: ReadonlyMap<string, string>,
  report: ReportDraft,
): void {
  for (const edge of listOf(issue['dependencies'])) {
    const kind = isRecord(edge) ? (textOf(edge['type']) ?? 'blocks') : 'blocks'
    const target = isRecord(edge) ? textOf(edge['depends_on_id'] ?? edge['id']) : textOf(edge)
    if (target === undefined || target === '') {
      report.refused(draft.id, `dependency ${JSON.stringify(edge) ?? ''}`, 'names no issue')
    } else if (kind === 'parent-child' || kind === 'parent') {
      takeParent(target, draft, epics, report)
    } else if (!blocking.has(kind)) {
      report.refused(draft.id, `${kind} ${target}`, 'does not block in beads and has no place here')
    } else if (!addWait(draft, target)) {
      report.refused(draft.id, `${kind} ${target}`, 'stands there twice')
    } else {
      report.mapped(`dependencies: ${kind}`, 'dependsOn')
      if (kind === 'blocks') continue
      const evidence = `kind ${kind}`
      report.guessed({
        task: draft.id,
        what: 'dependsOn',
        value: target,
        evidence,
        line: draft.line,
      })
    }
    if (isRecord(edge)) takeEdgeKeys(edge, draft, report)
  }
}

const usedOfEdge = new Set(['issue_id', 'depends_on_id', 'id', 'type'])

function takeEdgeKeys(edge: Record<string, unknown>, draft: TaskDraft, report: ReportDraft): void {
  for (const key of Object.keys(edge)) {
    if (usedOfEdge.has(key)) continue
    report.refusedField(`issue ${draft.id}`, `dependencies.${key}`, 'has no place in a plan')
  }
}

function takeParent(
  target: string,
  draft: TaskDraft,
  epics: ReadonlyMap<string, string>,
  report: ReportDraft,
): void {
  if (draft.parent !== undefined) {
    report.refused(draft.id, `parent ${target}`, `a task has one parent: ${draft.parent} was kept`)
    return
  }
  draft.parent = target
  draft.epic = epics.get(target)
  report.mapped('dependencies: parent-child', 'parent')
}

function* linesOf(text: string): Generator<{ line: string; number: number }> {
  let start = 0
  let number = 0
  while (start < text.length) {
    const found = text.indexOf('\n', start)
    const end = found === -1 ? text.length : found
    number++
    const line = text.slice(start, end).trim()
    start = end + 1
    if (line !== '') yield { line, number }
  }
}

function parsed(line: string): unknown {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
