import type { TaskGroup } from './dependency-words.ts'
import type { ReportDraft } from './import-report.ts'
import type { MarkdownBlock } from './markdown-blocks.ts'
import { addWait } from './task-draft.ts'
import type { TaskDraft } from './task-draft.ts'

/** Spec Kit's `tasks.md`: phases that hold checkboxes with ids like `T001`. */
export function looksLikeSpecKit(blocks: readonly MarkdownBlock[]): boolean {
  let tasks = 0
  let phases = 0
  for (const block of blocks) {
    if (block.kind === 'heading' && /^(?:final )?phase\b/i.test(block.text)) phases++
    if (block.kind === 'item' && block.checked !== undefined && /^T\d{3,4}\b/.test(block.text))
      tasks++
  }
  return tasks >= 3 && phases > 0
}

/** A phase of a plan; `parallel` are its tasks with the mark `[P]`. */
export interface Phase extends TaskGroup {
  readonly parallel: ReadonlySet<TaskDraft>
}

/**
 * What the marks of Spec Kit mean as dependencies: inside a phase a task without `[P]` follows what
 * stands before it, `[P]` tasks between two such tasks run side by side; a phase follows the phases
 * its prose names (`after`), else the one before. All of it is a guess, points backwards only and is reported.
 */
export function orderPhases(
  phases: readonly Phase[],
  after: ReadonlyMap<TaskGroup, readonly TaskGroup[]>,
  report: ReportDraft,
): void {
  const ends = new Map<TaskGroup, readonly string[]>()
  phases.forEach((phase, index) => {
    const before = after.get(phase) ?? phases.slice(Math.max(0, index - 1), index)
    const earlier = before.filter((group) => ends.has(group))
    const starts = new Set(earlier.flatMap((group) => ends.get(group) ?? []))
    const names = earlier.map((group) => group.name)
    ends.set(phase, orderPhase(phase, [...starts], names, report))
  })
}

/** Binds the tasks of a phase; returns the ids of those that end it. */
function orderPhase(
  phase: Phase,
  starts: readonly string[],
  earlier: readonly string[],
  report: ReportDraft,
): readonly string[] {
  let barrier: readonly string[] = []
  let open: string[] = []
  const width = phase.drafts.filter((draft) => phase.parallel.has(draft)).length + 1
  const tooMany = starts.length * width > mostEdges
  if (tooMany) {
    const what = `the order of ${earlier.join(', ')} and ${phase.name}`
    report.refused(phase.name, what, `would be more than ${mostEdges} dependencies`)
  }
  for (const draft of phase.drafts) {
    const isParallel = phase.parallel.has(draft)
    const inside: readonly string[] = isParallel || open.length === 0 ? barrier : open
    const first = inside.length === 0 && !tooMany
    const waits = first ? starts : inside
    const evidence = first
      ? `${phase.name} follows ${earlier.join(', ')}`
      : isParallel
        ? '[P] after a task without it in the same phase'
        : 'no [P] mark: it follows what stands before it in its phase'
    if (waits.length > 0) guess(draft, waits, evidence, report)
    if (isParallel) open.push(draft.id)
    else {
      barrier = [draft.id]
      open = []
    }
  }
  return open.length > 0 ? open : barrier
}

const mostEdges = 10_000

function guess(
  draft: TaskDraft,
  waits: readonly string[],
  evidence: string,
  report: ReportDraft,
): void {
  const added = waits.filter(
    (task) =>
      task !== draft.id && addWait(draft, { task, source: 'text', confidence: 0.6, evidence }),
  )
  if (added.length === 0) return
  report.guessed({
    task: draft.id,
    what: 'dependsOn',
    value: added.join(', '),
    evidence,
    line: draft.line,
  })
}
