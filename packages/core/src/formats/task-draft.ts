import { parsePlanDocument } from '../task/parse-task-spec.ts'
import type { GateSpec, PartialTaskContext, TestCase } from '../task/task-context.ts'
import type {
  DependencySpec,
  Estimate,
  PlanProject,
  TaskPriority,
  TaskSpec,
  TaskSpecStatus,
  TaskType,
} from '../task/task-spec.ts'
import type { ImportFormat, ImportResult, ReportDraft } from './import-report.ts'

/** A task while an importer puts it together; texts are collected piece by piece. */
export interface TaskDraft {
  id: string
  title: string
  readonly description: string[]
  type?: TaskType | undefined
  priority?: TaskPriority | undefined
  epic?: string | undefined
  sprint?: string | undefined
  parent?: string | undefined
  estimate?: Estimate | undefined
  repository?: string | undefined
  baseBranch?: string | undefined
  account?: string | undefined
  status?: TaskSpecStatus | undefined
  /** By the id waited for, in the order they were found. */
  readonly dependsOn: Map<string, DependencySpec>
  readonly touches: string[]
  readonly capabilities: string[]
  resources?: Readonly<Record<string, number>> | undefined
  readonly background: string[]
  readonly architecture: string[]
  readonly guidance: string[]
  readonly cases: TestCase[]
  coverage?: number | undefined
  readonly criteria: string[]
  readonly gates: GateSpec[]
  /** Where the task stands in the input, counted from 1. */
  readonly line?: number | undefined
}

export function newDraft(id: string, title: string, line?: number): TaskDraft {
  return {
    id,
    title,
    line,
    description: [],
    dependsOn: new Map(),
    touches: [],
    capabilities: [],
    background: [],
    architecture: [],
    guidance: [],
    cases: [],
    criteria: [],
    gates: [],
  }
}

/** Lets a task wait for another; false when it already does, and nothing changes. */
export function addWait(draft: TaskDraft, dependency: DependencySpec): boolean {
  const task = typeof dependency === 'string' ? dependency : dependency.task
  if (draft.dependsOn.has(task)) return false
  draft.dependsOn.set(task, dependency)
  return true
}

/**
 * Ends an import: drafts become tasks, the document is checked, the report is closed.
 *
 * @throws CuelineError `invalid-input`, naming task and path, for what no plan can hold - such as an
 *   id or a description that is too long.
 */
export function finishImport(
  format: ImportFormat,
  project: PlanProject,
  drafts: readonly TaskDraft[],
  report: ReportDraft,
): ImportResult {
  const tasks = drafts.map((draft) => taskOf(draft, report))
  const given = withoutAbsent(project)
  const document = parsePlanDocument(
    Object.keys(given).length === 0 ? { tasks } : { project: given, tasks },
  )
  return { format, document, report: report.finish(document.tasks) }
}

const longestTitle = 1000
const longestName = 200

function taskOf(draft: TaskDraft, report: ReportDraft): TaskSpec {
  const description = [...draft.description]
  const title = draft.title.trim() === '' ? draft.id : draft.title.trim()
  if (title.length > longestTitle) {
    description.unshift(title)
    report.guessed({
      task: draft.id,
      what: 'title',
      value: `the first ${longestTitle} characters`,
      evidence: `a title of ${title.length} characters, kept whole in the description`,
      line: draft.line,
    })
  }
  const text = joined(description)
  return withoutAbsent({
    id: draft.id,
    title: title.slice(0, longestTitle),
    description: text === '' ? undefined : text,
    type: draft.type,
    priority: draft.priority,
    epic: named('epic', draft, report),
    sprint: named('sprint', draft, report),
    parent: draft.parent,
    estimate: draft.estimate,
    dependsOn: nonEmpty([...draft.dependsOn.values()]),
    touches: nonEmpty([...new Set(draft.touches)]),
    resources: draft.resources,
    repository: draft.repository,
    baseBranch: draft.baseBranch,
    account: draft.account,
    capabilities: nonEmpty(draft.capabilities),
    context: contextOf(draft),
    status: draft.status,
  })
}

function contextOf(draft: TaskDraft): PartialTaskContext | undefined {
  const context = withoutAbsent({
    projectBackground: joined(draft.background) || undefined,
    architecture: joined(draft.architecture) || undefined,
    guidance: joined(draft.guidance) || undefined,
    tdd:
      draft.cases.length === 0 && draft.coverage === undefined
        ? undefined
        : withoutAbsent({ cases: draft.cases, coverage: draft.coverage }),
    acceptanceCriteria: nonEmpty(draft.criteria),
    gates: nonEmpty(draft.gates),
  })
  return Object.keys(context).length === 0 ? undefined : context
}

function named(
  field: 'epic' | 'sprint',
  draft: TaskDraft,
  report: ReportDraft,
): string | undefined {
  const name = draft[field]?.trim()
  if (name === undefined || name === '') return undefined
  if (name.length <= longestName) return name
  const what = `the end of a name of ${name.length} characters`
  report.refusedField(draft.id, `${field}: ${what}`, `names have at most ${longestName} characters`)
  return name.slice(0, longestName)
}

function joined(parts: readonly string[]): string {
  return parts.join('\n').trim()
}

function nonEmpty<Entry>(list: readonly Entry[]): readonly Entry[] | undefined {
  return list.length === 0 ? undefined : list
}

/** The same object without the keys that hold undefined. */
export function withoutAbsent<Value extends object>(value: Value): Value {
  return Object.fromEntries(
    Object.entries(value).filter(([, entry]) => entry !== undefined),
  ) as Value
}
