import { unreadable } from './import-input.ts'
import type { ImportFile } from './import-input.ts'
import { startReport } from './import-report.ts'
import type { ImportResult, ReportDraft } from './import-report.ts'
import { readMarkdown } from './markdown-blocks.ts'
import type { MarkdownBlock } from './markdown-blocks.ts'
import { isRecord, listOf, textOf } from './plain-value.ts'
import { readYaml } from './read-yaml.ts'
import { addWait, finishImport, newDraft } from './task-draft.ts'
import type { TaskDraft } from './task-draft.ts'

/** A task file of Backlog.md: front matter with an id and a title. */
export function looksLikeBacklogTask(text: string): boolean {
  const matter = frontMatterOf(text)
  if (matter === undefined) return false
  const lines = matter.yaml.split('\n')
  return (
    lines.some((line) => line.startsWith('id:')) && lines.some((line) => line.startsWith('title:'))
  )
}

/**
 * Reads the task files of a Backlog.md folder. Ids are compared without case; a dependency under an
 * older prefix (`task-12` for `BACK-12`) is found by its number when that is clear, and reported.
 * The same id in two files is kept twice and reported.
 */
export function importBacklog(files: readonly ImportFile[]): ImportResult {
  const report = startReport('backlog-md')
  const tasks: BacklogTask[] = []
  for (const file of [...files].sort(byPath)) {
    const task = taskFile(file, report)
    if (task !== undefined) tasks.push(task)
  }
  if (tasks.length === 0) {
    throw unreadable('The folder', 'holds no Backlog.md task', 'Give its tasks as .md files')
  }
  const ids = idIndex(tasks.map(({ draft }) => draft.id))
  for (const task of tasks) {
    const { draft, waits, parent } = task
    for (const wanted of waits) {
      if (addWait(draft, resolve(wanted, 'dependsOn', draft.id, ids, report))) continue
      report.refused(draft.id, `dependency ${wanted}`, 'stands there twice')
    }
    if (parent !== undefined) draft.parent = resolve(parent, 'parent', draft.id, ids, report)
  }
  reportDuplicates(tasks, report)
  return finishImport(
    'backlog-md',
    {},
    tasks.map(({ draft }) => draft),
    report,
  )
}

interface BacklogTask {
  readonly path: string
  readonly draft: TaskDraft
  readonly waits: readonly string[]
  readonly parent: string | undefined
}

const used = new Set([
  'id',
  'title',
  'status',
  'priority',
  'milestone',
  'dependencies',
  'parent_task_id',
  'modified_files',
  'references',
  'documentation',
  'type',
])

function taskFile(file: ImportFile, report: ReportDraft): BacklogTask | undefined {
  const matter = frontMatterOf(file.text)
  if (matter === undefined || !looksLikeBacklogTask(file.text)) {
    report.refused(file.path, 'the file', 'is no task: it has no front matter with id and title')
    return undefined
  }
  let fields: unknown
  try {
    fields = readYaml(file.path, matter.yaml)
  } catch (error) {
    report.refused(file.path, 'the file', error instanceof Error ? error.message : String(error))
    return undefined
  }
  const id = isRecord(fields) ? textOf(fields['id'])?.trim() : undefined
  if (!isRecord(fields) || id === undefined || id === '') {
    report.refused(file.path, 'the file', 'is no task: its id is empty')
    return undefined
  }
  const draft = newDraft(id, textOf(fields['title']) ?? id)
  takeFields(fields, draft, file.path, report)
  takeSections(readMarkdown(file.path, matter.body), draft, file.path, report)
  const parent = textOf(fields['parent_task_id'])?.trim()
  if (parent !== undefined) report.mapped('parent_task_id', 'parent')
  return {
    path: file.path,
    draft,
    waits: textsOf(fields['dependencies'], 'dependencies', 'dependsOn', report),
    parent: parent === '' ? undefined : parent,
  }
}

function takeFields(
  fields: Record<string, unknown>,
  draft: TaskDraft,
  path: string,
  report: ReportDraft,
): void {
  takeStatus(textOf(fields['status']), draft, path, report)
  takePriority(textOf(fields['priority']), draft, report)
  const milestone = textOf(fields['milestone'])
  if (milestone !== undefined && milestone.trim() !== '') {
    draft.epic = milestone
    report.mapped('milestone', 'epic')
  }
  const type = textOf(fields['type'])
  if (type !== undefined) report.refused(draft.id, `type ${type}`, 'has no counterpart here')
  draft.touches.push(...textsOf(fields['modified_files'], 'modified_files', 'touches', report))
  const sources = ['references', 'documentation'].flatMap((key) =>
    textsOf(fields[key], key, 'description', report),
  )
  if (sources.length > 0) draft.description.push(`See: ${sources.join(', ')}\n`)
  for (const key of Object.keys(fields)) {
    if (!used.has(key)) report.refusedField(path, key, 'has no place in a plan')
  }
}

function takeStatus(
  given: string | undefined,
  draft: TaskDraft,
  path: string,
  report: ReportDraft,
): void {
  const status = (given ?? '')
    .trim()
    .replace(/^["']|["']$/g, '')
    .toLowerCase()
  const archived = /(?:^|\/)archive\//.test(path)
  if (status === 'done' || status === 'completed') draft.status = 'done'
  else if (archived || status === 'cancelled' || status === 'canceled') draft.status = 'cancelled'
  else draft.status = 'todo'
  if (given !== undefined) report.mapped('status', 'status')
  const plain = status === 'done' || status === 'to do' || status === 'todo' || status === ''
  if (plain && (!archived || draft.status === 'done')) return
  const evidence = archived ? `it lies in the archive with status ${given}` : `status ${given}`
  report.guessed({ task: draft.id, what: 'status', value: draft.status, evidence })
}

function takePriority(given: string | undefined, draft: TaskDraft, report: ReportDraft): void {
  if (given === undefined || given.trim() === '') return
  const priority = given.trim().toLowerCase()
  if (priority === 'high' || priority === 'low') draft.priority = priority
  else if (priority === 'medium' || priority === 'normal') draft.priority = 'normal'
  else {
    report.refused(draft.id, `priority ${given}`, 'is not a known priority')
    return
  }
  report.mapped('priority', 'priority')
}

function textsOf(value: unknown, from: string, to: string, report: ReportDraft): string[] {
  const texts: string[] = []
  for (const entry of listOf(value)) {
    const text = textOf(entry)?.trim()
    if (text === undefined || text === '') continue
    texts.push(text)
    report.mapped(from, to)
  }
  return texts
}

type Section = 'description' | 'criteria' | 'guidance'

const sections = new Map<string, Section>([
  ['description', 'description'],
  ['acceptance criteria', 'criteria'],
  ['definition of done', 'criteria'],
  ['implementation plan', 'guidance'],
  ['implementation notes', 'guidance'],
  ['implementation details', 'guidance'],
])

/** Known level-two sections go where they belong; everything else stays in the description. */
function takeSections(
  blocks: readonly MarkdownBlock[],
  draft: TaskDraft,
  path: string,
  report: ReportDraft,
): void {
  let section: Section = 'description'
  for (const block of blocks) {
    if (block.kind === 'comment') {
      if (!/^<!-- (?:AC|DOD|SECTION):/.test(block.text)) {
        report.refusedField(path, 'a comment', 'comments are not imported')
      }
    } else if (block.kind === 'heading' && block.level <= 2) {
      const known = sections.get(block.text.toLowerCase())
      section = known ?? 'description'
      report.mapped(`section ${block.text.slice(0, 80)}`, targetOf(section))
      if (known === undefined) draft.description.push('', `## ${block.text}`)
    } else if (section === 'criteria' && block.kind === 'item') {
      draft.criteria.push(block.text.replace(/^#\d{1,6} /, ''))
    } else if (section === 'criteria') {
      draft.criteria.push(sourceOf(block))
    } else {
      draft[section].push(...(block.kind === 'item' ? [] : ['']), sourceOf(block))
    }
  }
}

function targetOf(section: Section): string {
  if (section === 'description') return 'description'
  return section === 'criteria' ? 'context.acceptanceCriteria' : 'context.guidance'
}

function sourceOf(block: MarkdownBlock): string {
  if (block.kind === 'heading') return `${'#'.repeat(block.level)} ${block.text}`
  if (block.kind !== 'item') return block.text
  const mark = block.number === undefined ? '-' : `${block.number}.`
  const box = block.checked === undefined ? '' : block.checked ? '[x] ' : '[ ] '
  return `${'  '.repeat(block.depth)}${mark} ${box}${block.text}`
}

interface IdIndex {
  readonly byName: ReadonlyMap<string, string>
  /** The ids that carry a number, e.g. 12.1; several when prefixes are mixed. */
  readonly byNumber: ReadonlyMap<string, ReadonlySet<string>>
}

function idIndex(ids: readonly string[]): IdIndex {
  const byName = new Map<string, string>()
  const byNumber = new Map<string, Set<string>>()
  for (const id of ids) {
    if (!byName.has(id.toLowerCase())) byName.set(id.toLowerCase(), id)
    const number = numberOf(id)
    if (number === undefined) continue
    const same = byNumber.get(number) ?? new Set()
    byNumber.set(number, same.add(id))
  }
  return { byName, byNumber }
}

function resolve(
  wanted: string,
  what: string,
  task: string,
  ids: IdIndex,
  report: ReportDraft,
): string {
  const known = ids.byName.get(wanted.toLowerCase())
  if (known !== undefined) return known
  const candidates = [...(ids.byNumber.get(numberOf(wanted) ?? '') ?? [])]
  const serious = candidates.filter((id) => !id.toLowerCase().startsWith('draft-'))
  const [only, second] = serious.length > 0 ? serious : candidates
  if (only === undefined || second !== undefined) return wanted
  report.guessed({ task, what, value: only, evidence: `${wanted}, the same number` })
  return only
}

function numberOf(id: string): string | undefined {
  const match = /^[A-Za-z]{1,20}-(\d{1,9}(?:\.\d{1,9}){0,8})$/.exec(id)
  if (match === null) return undefined
  // `308.02` and `308.2` are the same number.
  return match[1]?.split('.').map(Number).join('.')
}

function reportDuplicates(tasks: readonly BacklogTask[], report: ReportDraft): void {
  const paths = new Map<string, string[]>()
  for (const { draft, path } of tasks) {
    const key = draft.id.toLowerCase()
    paths.set(key, [...(paths.get(key) ?? []).slice(0, 20), path])
  }
  for (const { draft } of tasks) {
    const same = paths.get(draft.id.toLowerCase()) ?? []
    if (same.length < 2) continue
    report.warned(
      draft.id,
      `The id ${draft.id} stands in ${same.length} files: ${same.join(', ')}.`,
    )
    paths.delete(draft.id.toLowerCase())
  }
}

function byPath(first: ImportFile, second: ImportFile): number {
  return first.path < second.path ? -1 : first.path > second.path ? 1 : 0
}

function frontMatterOf(text: string): { yaml: string; body: string } | undefined {
  const start = /^\uFEFF?---[ \t]*\r?\n/.exec(text)?.[0].length
  if (start === undefined) return undefined
  const end = /^---[ \t]*$/m.exec(text.slice(start, start + 100_000))
  if (end === null) return undefined
  const close = start + end.index
  return { yaml: text.slice(start, close), body: text.slice(close + end[0].length) }
}
