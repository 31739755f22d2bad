import type { GateSpec } from '../task/task-context.ts'
import type { TaskGroup } from './dependency-words.ts'
import type { ReportDraft } from './import-report.ts'
import type { OrderLine } from './order-lines.ts'
import type { PlanLine } from './plan-line.ts'
import { newDraft } from './task-draft.ts'
import type { TaskDraft } from './task-draft.ts'
import { backticked } from './task-parts.ts'

/** What the blocks of a Markdown plan say, before words are resolved to tasks. */
export interface PlanParts {
  name: string | undefined
  readonly background: string[]
  readonly architecture: string[]
  readonly guidance: string[]
  readonly gates: GateSpec[]
  readonly drafts: TaskDraft[]
  readonly groups: PlanGroup[]
  readonly waits: Wait[]
  readonly orderLines: OrderLine[]
}

/** A heading with tasks below it: a phase, an epic. */
export interface PlanGroup extends TaskGroup {
  readonly line: number
  readonly text: string[]
  readonly parallel: Set<TaskDraft>
}

/** A task waits for what these words mean. */
export interface Wait {
  readonly draft: TaskDraft
  readonly words: string
  /** Words that name no task may be about software: they are refused, not kept. */
  readonly loose: boolean
  readonly line: number
}

/** Puts the parts of a plan together while its blocks are read. */
export interface PlanBuilder {
  readonly parts: PlanParts
  /** Whether no task has this id so far. */
  isFree(id: string): boolean
  addGroup(heading: string, line: number): PlanGroup
  /** Adds a task; one without an id is named after its title. `from` is what it was written as. */
  addTask(planLine: PlanLine, line: number, from: string, group: PlanGroup | undefined): TaskDraft
}

/** Starts an empty plan; `pathsInText` takes paths in backticks as what a task touches. */
export function planBuilder(pathsInText: boolean, report: ReportDraft): PlanBuilder {
  const parts: PlanParts = {
    name: undefined,
    background: [],
    architecture: [],
    guidance: [],
    gates: [],
    drafts: [],
    groups: [],
    waits: [],
    orderLines: [],
  }
  const ids = new Set<string>()
  const repeats = new Map<string, number>()

  function addTask(
    planLine: PlanLine,
    line: number,
    from: string,
    group: PlanGroup | undefined,
  ): TaskDraft {
    const id = planLine.id ?? freeId(planLine.title)
    const draft = newDraft(id, planLine.title === '' ? id : planLine.title, line)
    ids.add(id)
    parts.drafts.push(draft)
    report.mapped(from, 'task')
    if (planLine.id === undefined) {
      report.guessed({ task: id, what: 'id', value: id, evidence: planLine.title, line })
    }
    draft.priority = planLine.priority
    draft.type = planLine.type
    if (planLine.estimate !== undefined) {
      draft.estimate = planLine.estimate.value
      report.mapped('estimate', 'estimate')
    }
    if (planLine.noEstimate !== undefined) {
      report.refused(
        id,
        `estimate ${planLine.noEstimate}`,
        'is no time: write 30 min, 3h or 2-3 days; it was left in the title',
      )
    }
    for (const words of planLine.waits) parts.waits.push({ draft, words, loose: false, line })
    joinGroup(draft, planLine, group)
    if (pathsInText) takePaths(draft, line)
    return draft
  }

  function joinGroup(draft: TaskDraft, planLine: PlanLine, group: PlanGroup | undefined): void {
    draft.epic = group?.name
    group?.drafts.push(draft)
    if (planLine.story !== undefined) report.mapped(`[${planLine.story}]`, 'epic, by its heading')
    if (!planLine.parallel) return
    group?.parallel.add(draft)
    report.mapped('[P]', 'no order among neighbours')
  }

  function takePaths(draft: TaskDraft, line: number): void {
    const paths = backticked(draft.title).filter(looksLikePath)
    if (paths.length === 0) return
    draft.touches.push(...paths)
    const evidence = 'paths in the text of the task'
    report.guessed({ task: draft.id, what: 'touches', value: paths.join(', '), evidence, line })
  }

  function freeId(title: string): string {
    const words = title
      .toLowerCase()
      .slice(0, 200)
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .slice(0, 60)
    const base = words.replace(/^-+|-+$/g, '') || 'task'
    let id = base
    while (ids.has(id)) {
      const next = (repeats.get(base) ?? 1) + 1
      repeats.set(base, next)
      id = `${base}-${next}`
    }
    return id
  }

  function addGroup(heading: string, line: number): PlanGroup {
    const name = heading.slice(0, 200)
    const group: PlanGroup = { name, line, text: [], drafts: [], parallel: new Set() }
    parts.groups.push(group)
    report.mapped('heading', 'epic')
    return group
  }

  return { parts, isFree: (id) => !ids.has(id), addGroup, addTask }
}

/** A bare file name may be an option or a field as well: only what has a folder counts. */
function looksLikePath(words: string): boolean {
  return (
    /^[\w@.*-][\w@./*{}[\],-]{0,300}$/.test(words) && words.includes('/') && !words.endsWith('/')
  )
}
