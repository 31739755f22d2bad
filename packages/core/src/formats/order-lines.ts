import type { TaskFinder, TaskGroup } from './dependency-words.ts'
import type { ReportDraft } from './import-report.ts'
import type { PlanGroup } from './plan-parts.ts'
import { addWait } from './task-draft.ts'
import type { TaskDraft } from './task-draft.ts'
import { withoutEmphasis } from './without-emphasis.ts'

/** A line of a `Dependencies` section. */
export interface OrderLine {
  readonly words: string
  readonly line: number
}

export interface GroupOrder {
  /** Per group that the section speaks of: the groups it comes after, none when it says so. */
  readonly after: ReadonlyMap<PlanGroup, readonly TaskGroup[]>
}

/**
 * Reads the `Dependencies` section of a plan: `T3 depends on T1`, `T1 → T2 → T3`, `Phase 2: depends
 * on Phase 1`. Lines that say something else are refused one by one.
 */
export function readOrderLines(
  lines: readonly OrderLine[],
  finder: TaskFinder,
  groups: readonly PlanGroup[],
  report: ReportDraft,
): GroupOrder {
  const after = new Map<PlanGroup, readonly TaskGroup[]>()
  const own = new Set<TaskGroup>(groups)
  const places = new Map<TaskGroup, number>(groups.map((group, index) => [group, index]))
  const isOwn = (group: TaskGroup): group is PlanGroup => own.has(group)
  for (const { words, line } of lines) {
    const text = withoutEmphasis(words).trim()
    if (text === '' || /^(?:```|~~~|graph |flowchart |%%)/.test(text)) continue
    if (arrowLine(text, line, finder, report)) continue
    const { subject, object } = parted(text)
    const task = subject === undefined ? undefined : finder.id(subject)
    if (task !== undefined && object !== undefined) {
      const found = finder.find(object)
      const ids = [...found.declared, ...found.guessed.flatMap((guess) => guess.ids)]
      for (const wanted of ids) bind(wanted, task, text, line, finder, report)
      continue
    }
    const of = subject === undefined ? [] : finder.groups(subject).filter(isOwn)
    const [group] = of
    if (group === undefined || of.length > 1 || object === undefined) {
      report.refused(
        `line ${line}`,
        text,
        'is no dependency we read: write `T3 depends on T1` or `T1 → T3`',
      )
      continue
    }
    const place = places.get(group) ?? 0
    const named = finder.groups(object).filter((other) => (places.get(other) ?? place) < place)
    if (named.length === 0 && !/^(?:no|none|nothing)\b|\bimmediately\b/i.test(object)) {
      report.refused(
        `line ${line}`,
        text,
        'names no group of tasks that stands earlier in the plan',
      )
      continue
    }
    after.set(group, [...new Set([...(after.get(group) ?? []), ...named])])
    report.mapped('order of groups', 'dependsOn')
  }
  return { after }
}

/** Applies the order of groups to their tasks: every task of one follows every task of the other. */
export function bindGroups(
  after: ReadonlyMap<PlanGroup, readonly TaskGroup[]>,
  report: ReportDraft,
): void {
  for (const [group, earlier] of after) {
    const ids = [...new Set(earlier.flatMap(({ drafts }) => drafts.map((draft) => draft.id)))]
    if (ids.length === 0 || group.drafts.length === 0) continue
    const names = earlier.map(({ name }) => name).join(', ')
    if (ids.length * group.drafts.length > mostEdges) {
      report.refused(group.name, `follows ${names}`, `would be more than ${mostEdges} dependencies`)
      continue
    }
    for (const draft of group.drafts) {
      for (const id of ids) push(draft, id, `${group.name} follows ${names}`)
      const evidence = `${group.name} follows ${names}`
      report.guessed({ task: draft.id, what: 'dependsOn', value: ids.join(', '), evidence })
    }
  }
}

const verb = String.raw`(?:depends on|dependent on|requires|needs|follows|can start after|starts after|blocked by|after)`
const sentence = new RegExp(
  String.raw`^([^:\n]{1,200}?)(?:\s{0,3}:\s{0,3}(.+)|\s{1,3}(${verb}\s.+))$`,
  'is',
)

/** Who waits, and the words that say for whom. */
function parted(text: string): { subject?: string | undefined; object?: string | undefined } {
  const match = sentence.exec(text.slice(0, 2000))
  const words = match?.[2] ?? match?.[3]
  const verbs = new RegExp(`^${verb}\\s{1,3}`, 'i')
  const subject = match?.[1]
    ?.trim()
    .replace(/^`|`$/g, '')
    .replace(/^task\s{1,3}(?=[A-Za-z]{0,12}-?\d)/i, '')
  return { subject, object: words?.trim().replace(verbs, '') }
}

const mostEdges = 10_000
const arrow = /\s{0,3}(?:--?>|→|=>|⟶)\s{0,3}/

/** `T1 → T2, T3 → T4`: each follows all of the part before. False when a part is no list of ids. */
function arrowLine(text: string, line: number, finder: TaskFinder, report: ReportDraft): boolean {
  const parts = text.replace(/;$/, '').split(arrow)
  if (parts.length < 2 || parts.length > 1000) return false
  const ids = parts.map((part) => part.split(/[,&+]/).map((word) => finder.id(nodeName(word))))
  if (!ids.every((part) => part.every((id) => id !== undefined))) return false
  for (let index = 1; index < ids.length; index++) {
    for (const before of ids[index - 1] ?? []) {
      for (const id of ids[index] ?? []) {
        if (before !== undefined && id !== undefined) bind(before, id, text, line, finder, report)
      }
    }
  }
  return true
}

/** The id in a node of a drawing: `T1[Parse]`, `(T1)`, `|label| T1`. */
function nodeName(word: string): string {
  const name = word.trim().replace(/^\|[^|]{0,100}\|\s{0,3}/, '')
  return (/^[^[({]{1,200}/.exec(name)?.[0] ?? name.replace(/[[\](){}]/g, ''))
    .trim()
    .replaceAll('`', '')
}

function bind(
  before: string,
  task: string,
  evidence: string,
  line: number,
  finder: TaskFinder,
  report: ReportDraft,
): void {
  const draft = finder.draft(task)
  if (draft === undefined) return
  push(draft, before, evidence.slice(0, 200))
  report.guessed({ task, what: 'dependsOn', value: before, evidence, line })
}

function push(draft: TaskDraft, task: string, evidence: string): void {
  if (task === draft.id) return
  addWait(draft, { task, source: 'text', confidence: 0.9, evidence })
}
