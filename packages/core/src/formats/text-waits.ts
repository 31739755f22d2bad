import type { TaskFinder } from './dependency-words.ts'
import type { ReportDraft } from './import-report.ts'
import { addWait } from './task-draft.ts'
import type { TaskDraft } from './task-draft.ts'

const token = String.raw`\x60?[A-Za-z]{0,12}(?:-[A-Z]{1,8})?-?\d[\w.-]{0,20}\x60?`
const phrase = new RegExp(
  String.raw`\b(?:depends on|dependent on|blocked by|waits for|only after|after)\s{1,3}(?:tasks?\s)?(${token}(?:(?:\s?,\s?|\s(?:and|&)\s)${token}){0,20})`,
  'gi',
)

/**
 * Finds dependencies in running text: `after T3 and T4`, `depends on T2`. Only ids of the plan count,
 * and only tasks that stand earlier, so that a guess cannot close a cycle. Every one is reported.
 */
export function inferWaits(
  drafts: readonly TaskDraft[],
  finder: TaskFinder,
  report: ReportDraft,
): void {
  const earlier = new Set<string>()
  for (const draft of drafts) {
    for (const match of textOf(draft).matchAll(phrase)) {
      for (const word of (match[1] ?? '').split(/\s?,\s?|\s(?:and|&)\s/i)) {
        const task = finder.id(word.replaceAll('`', '').replace(/[.-]{1,4}$/, ''))
        if (task === undefined || task === draft.id || draft.dependsOn.has(task)) continue
        const evidence = match[0].slice(0, 200)
        if (!earlier.has(task)) {
          const reason = `${task} stands later in the plan; declare the dependency to have it`
          report.refused(draft.id, evidence, reason)
          continue
        }
        addWait(draft, { task, source: 'text', confidence: 0.8, evidence })
        report.guessed({
          task: draft.id,
          what: 'dependsOn',
          value: task,
          evidence,
          line: draft.line,
        })
      }
    }
    earlier.add(draft.id)
  }
}

function textOf(draft: TaskDraft): string {
  return `${draft.title}\n${draft.description.join('\n')}`
}
