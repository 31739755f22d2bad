import { startReport } from './import-report.ts'
import type { ImportResult, ReportDraft } from './import-report.ts'
import { isRecord, listOf, recordsOf, textOf } from './plain-value.ts'
import { addWait, finishImport, newDraft } from './task-draft.ts'
import type { TaskDraft } from './task-draft.ts'

/** A Task Master `tasks.json`: tags that hold tasks, or the older form with tasks at the top. */
export function looksLikeTaskMaster(value: unknown): boolean {
  if (!isRecord(value)) return false
  if (Array.isArray(value['tasks'])) return tasksLookLikeTaskMaster(value['tasks'])
  const tags = Object.values(value).filter((tag) => isRecord(tag) && Array.isArray(tag['tasks']))
  return tags.length > 0
}

/**
 * Reads a Task Master file. Subtasks become tasks named `<task>.<subtask>` with their task as
 * `parent`: they wait for what their task waits for, and the task waits for them. With several tags
 * every id is `<tag>/<id>` and the tag is the epic.
 */
export function importTaskMaster(value: unknown): ImportResult {
  const report = startReport('task-master')
  const tags = tagsOf(value, report)
  const drafts: TaskDraft[] = []
  for (const { name, tasks } of tags) {
    const prefix = tags.length > 1 ? `${name}/` : ''
    drafts.push(...draftsOfTag(tasks, prefix, tags.length > 1 ? name : undefined, report))
  }
  return finishImport('task-master', {}, drafts, report)
}

const taskKeys = ['dependencies', 'subtasks', 'testStrategy', 'details']

function tasksLookLikeTaskMaster(tasks: readonly unknown[]): boolean {
  let votes = 0
  for (const task of tasks.slice(0, 1000)) {
    if (!isRecord(task)) continue
    if (Object.hasOwn(task, 'dependsOn')) votes--
    if (taskKeys.some((key) => Object.hasOwn(task, key))) votes++
  }
  return votes > 0
}

interface Tag {
  readonly name: string
  readonly tasks: readonly unknown[]
}

function tagsOf(value: unknown, report: ReportDraft): Tag[] {
  if (!isRecord(value)) return []
  if (Array.isArray(value['tasks'])) {
    for (const key of Object.keys(value)) {
      if (key !== 'tasks') report.refusedField('the file', key, 'has no place in a plan')
    }
    return [{ name: 'master', tasks: value['tasks'] }]
  }
  const tags: Tag[] = []
  for (const [name, tag] of Object.entries(value)) {
    if (!isRecord(tag) || !Array.isArray(tag['tasks'])) {
      report.refused(`key ${name}`, name, 'is no tag: it holds no list of tasks')
      continue
    }
    tags.push({ name, tasks: tag['tasks'] })
    for (const key of Object.keys(tag)) {
      if (key !== 'tasks')
        report.refusedField(`tag ${name}`, `tag.${key}`, 'has no place in a plan')
    }
  }
  return tags
}

function draftsOfTag(
  values: readonly unknown[],
  prefix: string,
  epic: string | undefined,
  report: ReportDraft,
): TaskDraft[] {
  const tasks = recordsOf(values, 'task', report)
  const topIds = new Set(tasks.map((task, index) => idOf(task, index)))
  const drafts: TaskDraft[] = []
  tasks.forEach((task, index) => {
    const id = idOf(task, index)
    const draft = draftOf(task, prefix + id, 'task', report)
    draft.epic = epic
    const references = referencesOf(task, draft.id, report)
    const waits = references.map((reference) => prefix + reference)
    for (const wanted of waits) addWait(draft, wanted)
    drafts.push(draft)
    const subtasks = recordsOf(listOf(task['subtasks']), `subtask of ${draft.id}`, report)
    const siblings = new Set(subtasks.map((subtask, at) => idOf(subtask, at)))
    const kind = { prefix, id, siblings, topIds }
    const children = subtasks.map((subtask, at) => {
      const child = draftOf(
        subtask,
        `${prefix}${subtaskId(id, idOf(subtask, at))}`,
        'subtask',
        report,
      )
      child.epic = epic
      child.parent = draft.id
      const own = referencesOf(subtask, child.id, report)
      for (const reference of own) addWait(child, resolveSubtask(reference, kind, child.id, report))
      for (const wanted of waits) addWait(child, wanted)
      return child
    })
    if (children.length > 0) bindSubtasks(draft, children, waits, report)
    drafts.push(...children)
  })
  return drafts
}

/** A task with subtasks is finished when they are, and they start when it could. */
function bindSubtasks(
  draft: TaskDraft,
  children: readonly TaskDraft[],
  waits: readonly string[],
  report: ReportDraft,
): void {
  for (const child of children) addWait(draft, child.id)
  report.guessed({
    task: draft.id,
    what: 'dependsOn',
    value: `its ${children.length} subtasks`,
    evidence: 'a task with subtasks is finished when they are',
  })
  if (waits.length === 0) return
  report.guessed({
    task: draft.id,
    what: 'dependsOn of its subtasks',
    value: waits.join(', '),
    evidence: 'subtasks start when their task may start',
  })
}

interface SubtaskScope {
  readonly prefix: string
  readonly id: string
  readonly siblings: ReadonlySet<string>
  readonly topIds: ReadonlySet<string>
}

/** `12.1` is a full reference; a bare number is a sibling, else a task, else a missing sibling. */
function resolveSubtask(
  reference: string,
  scope: SubtaskScope,
  child: string,
  report: ReportDraft,
): string {
  if (scope.siblings.has(reference)) return scope.prefix + subtaskId(scope.id, reference)
  if (reference.includes('.')) return scope.prefix + reference
  if (!scope.topIds.has(reference)) return scope.prefix + subtaskId(scope.id, reference)
  report.guessed({
    task: child,
    what: 'dependsOn',
    value: scope.prefix + reference,
    evidence: `no sibling has the number ${reference}, but a task has`,
  })
  return scope.prefix + reference
}

const used = new Set([
  'id',
  'title',
  'description',
  'details',
  'testStrategy',
  'priority',
  'dependencies',
  'status',
  'subtasks',
])

function draftOf(
  task: Record<string, unknown>,
  id: string,
  kind: string,
  report: ReportDraft,
): TaskDraft {
  const title = textOf(task['title'])
  const draft = newDraft(id, title ?? id)
  if (title === undefined) {
    report.guessed({ task: id, what: 'title', value: id, evidence: 'the task has no title' })
  }
  const take = (key: string, to: string, put: (text: string) => void) => {
    const text = textOf(task[key])
    if (text === undefined || text.trim() === '') return
    put(text)
    report.mapped(`${kind}.${key}`, to)
  }
  take('description', 'description', (text) => draft.description.push(text))
  take('details', 'context.guidance', (text) => draft.guidance.push(text))
  take('testStrategy', 'context.tdd.cases', (text) => {
    draft.cases.push({ name: 'Test strategy', given: '', expected: text })
  })
  takePriority(task['priority'], draft, report)
  takeStatus(task['status'], draft, report)
  for (const key of Object.keys(task)) {
    if (!used.has(key))
      report.refusedField(`${kind} ${id}`, `${kind}.${key}`, 'has no place in a plan')
  }
  return draft
}

const priorities = new Map([
  ['critical', 'high'],
  ['high', 'high'],
  ['medium', 'normal'],
  ['low', 'low'],
] as const)

function takePriority(value: unknown, draft: TaskDraft, report: ReportDraft): void {
  if (value === undefined || value === null) return
  const priority = priorities.get(textOf(value)?.trim().toLowerCase() as 'high')
  if (priority === undefined) {
    report.refused(draft.id, `priority ${textOf(value) ?? typeof value}`, 'is not a known priority')
    return
  }
  draft.priority = priority
  report.mapped('priority', 'priority')
}

function takeStatus(value: unknown, draft: TaskDraft, report: ReportDraft): void {
  if (value === undefined || value === null) return
  const status = textOf(value)?.trim().toLowerCase() ?? ''
  if (status === 'done' || status === 'completed') draft.status = 'done'
  else if (status === 'cancelled' || status === 'canceled') draft.status = 'cancelled'
  else draft.status = 'todo'
  report.mapped('status', 'status')
  if (draft.status !== 'todo' || status === 'pending') return
  report.guessed({ task: draft.id, what: 'status', value: 'todo', evidence: `status ${status}` })
}

function referencesOf(task: Record<string, unknown>, id: string, report: ReportDraft): string[] {
  const references = new Set<string>()
  for (const entry of listOf(task['dependencies'])) {
    const reference = textOf(entry)?.trim()
    if (reference === undefined || reference === '') {
      report.refused(
        id,
        `a dependency that is ${JSON.stringify(entry) ?? 'nothing'}`,
        'names no task',
      )
    } else if (references.has(reference)) {
      report.refused(id, `dependency ${reference}`, 'stands there twice')
    } else {
      references.add(reference)
    }
  }
  return [...references]
}

function idOf(task: Record<string, unknown>, index: number): string {
  const id = textOf(task['id'])?.trim()
  return id === undefined || id === '' ? `unnamed-${index + 1}` : id
}

/** Some files already write `12.1` as the id of subtask 1 of task 12. */
function subtaskId(task: string, subtask: string): string {
  return subtask.startsWith(`${task}.`) ? subtask : `${task}.${subtask}`
}
