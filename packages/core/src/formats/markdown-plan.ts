import type { PlanProject } from '../task/task-spec.ts'
import { taskFinder } from './dependency-words.ts'
import { unreadable } from './import-input.ts'
import { startReport } from './import-report.ts'
import type { ImportResult, ReportDraft } from './import-report.ts'
import { readMarkdown } from './markdown-blocks.ts'
import { readPlanBlocks } from './markdown-reader.ts'
import type { PlanGroup, PlanParts, Wait } from './plan-parts.ts'
import { bindGroups, readOrderLines } from './order-lines.ts'
import { looksLikeSpecKit, orderPhases } from './spec-kit.ts'
import { addWait, finishImport } from './task-draft.ts'

import { inferWaits } from './text-waits.ts'

/**
 * Reads a plan that a person wrote in Markdown: headings or checkboxes as tasks, their ids,
 * estimates and dependencies, and the sections that make up the context. docs/formats.md says what
 * is recognised.
 *
 * @throws CuelineError `invalid-input` when there is no task in it.
 */
export function importMarkdown(name: string, text: string): ImportResult {
  const blocks = readMarkdown(name, text)
  const format = looksLikeSpecKit(blocks) ? 'spec-kit' : 'markdown'
  const report = startReport(format)
  const parts = readPlanBlocks(blocks, format === 'spec-kit', report)
  if (parts.drafts.length === 0) throw noTasks(name, blocks.length)
  const groups = parts.groups.filter((group) => group.drafts.length > 0)
  const finder = taskFinder(parts.drafts, groups)
  for (const wait of parts.waits) resolveWait(wait, finder, report)
  const order = readOrderLines(parts.orderLines, finder, groups, report)
  if (format === 'spec-kit') {
    orderPhases(groups, order.after, report)
  } else {
    bindGroups(order.after, report)
  }
  inferWaits(parts.drafts, finder, report)
  for (const group of parts.groups) embedGroup(group, report)
  return finishImport(format, projectOf(parts), parts.drafts, report)
}

function resolveWait(wait: Wait, finder: ReturnType<typeof taskFinder>, report: ReportDraft): void {
  const { draft, words, loose, line } = wait
  const { declared, guessed } = finder.find(words)
  for (const task of declared) {
    if (loose && finder.draft(task) === undefined && !/\d/.test(task)) {
      report.refused(`line ${line}`, task, 'names no task of the plan')
      continue
    }
    if (addWait(draft, task)) report.mapped('dependency', 'dependsOn')
    else report.refused(`line ${line}`, `dependency ${task}`, 'stands there twice')
  }
  for (const { ids, words: evidence } of guessed) {
    const meant = { source: 'text', confidence: 0.9, evidence: evidence.slice(0, 200) } as const
    const added = ids.filter((task) => task !== draft.id && addWait(draft, { task, ...meant }))
    report.guessed({ task: draft.id, what: 'dependsOn', value: added.join(', '), evidence, line })
  }
  if (declared.length + guessed.length === 0) report.mapped('no dependency', 'dependsOn')
}

const longestGroupText = 4000

/** What stands under a phase, before its tasks, is background for each of them. */
function embedGroup(group: PlanGroup, report: ReportDraft): void {
  const text = group.text.join('\n').trim()
  if (text === '' || group.drafts.length === 0) return
  const embedded = `${group.name}\n\n${text.slice(0, longestGroupText)}`
  if (text.length > longestGroupText) {
    const what = `the text after its first ${longestGroupText} characters`
    report.refused(`line ${group.line}`, what, 'is too long to be embedded in every task')
  }
  for (const draft of group.drafts) draft.background.unshift(embedded, '')
  report.mapped('text of a group', 'context.projectBackground of its tasks')
}

function projectOf(parts: PlanParts): PlanProject {
  const text = (lines: readonly string[]) => lines.join('\n').trim() || undefined
  return {
    name: parts.name?.slice(0, 1000),
    background: text(parts.background),
    architecture: text(parts.architecture),
    guidance: text(parts.guidance),
    gates: parts.gates.length > 0 ? parts.gates : undefined,
  }
}

function noTasks(name: string, blocks: number): Error {
  return unreadable(
    name,
    `holds no task; ${blocks} ${blocks === 1 ? 'block of Markdown was' : 'blocks of Markdown were'} read`,
    'Write each task as a heading `### T1: Title` or a list item `- [ ] T1 Title`',
  )
}
