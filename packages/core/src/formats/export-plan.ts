import { CuelineError } from '../error.ts'
import { errorMessage } from '../error-message.ts'
import type { Plan } from '../plan/plan.ts'
import { requireGiven } from '../plan/require-input.ts'
import { requirePlanTasks } from '../plan/require-plan.ts'
import { shown } from '../plan/shown.ts'
import type { PlanDocument } from '../task/task-spec.ts'
import { toCsv } from './to-csv.ts'
import { toDot } from './to-dot.ts'
import { toICalendar } from './to-icalendar.ts'
import { toMermaidFlow } from './to-mermaid-flow.ts'
import { toMermaidGantt } from './to-mermaid-gantt.ts'

export const exportFormats = ['mermaid', 'gantt', 'dot', 'csv', 'ics', 'json'] as const
export type ExportFormat = (typeof exportFormats)[number]

export interface ExportOptions {
  /**
   * When the plan starts, in milliseconds since 1970. `ics` needs it; `gantt` starts in 1970 without
   * it, the others take no notice.
   */
  readonly startAt?: number | undefined
}

/**
 * A document and its plan as text for other tools: `mermaid` and `dot` are the tasks and what they
 * wait for, `gantt`, `csv` and `ics` the schedule, `json` is the document itself, which
 * `importDocument` reads again as it was. Pure: equal arguments give equal text.
 *
 * @throws CuelineError `invalid-input` when `ics` gets no `startAt`, a time is outside of the years
 *   1970 to 9999, or document or plan cannot be read.
 */
export function exportPlan(
  document: PlanDocument,
  plan: Plan,
  format: ExportFormat,
  options: ExportOptions = {},
): string {
  requireGiven('document', document, 'a document with tasks')
  requireGiven('options', options)
  const { startAt } = options
  const { tasks, project } = document
  switch (format) {
    case 'mermaid':
      return toMermaidFlow(tasks, plan)
    case 'gantt':
      return toMermaidGantt(tasks, plan, { startAt })
    case 'dot':
      return toDot(tasks, plan)
    case 'csv':
      return toCsv(tasks, plan)
    case 'ics':
      if (startAt === undefined) throw startMissing()
      return toICalendar(tasks, plan, { startAt, name: project?.name })
    case 'json':
      return json(document)
    default:
      throw unknownFormat(format)
  }
}

function json(document: PlanDocument): string {
  requirePlanTasks('document.tasks', document.tasks)
  try {
    return `${JSON.stringify(document, null, 2)}\n`
  } catch (cause) {
    throw new CuelineError(
      'invalid-input',
      `The document cannot be written as JSON: ${errorMessage(cause)}. Give one of plain values, without circles.`,
      { cause },
    )
  }
}

function startMissing(): CuelineError {
  return new CuelineError(
    'invalid-input',
    'A calendar needs the time at which the plan starts. Give startAt in milliseconds since 1970, e.g. Date.now().',
  )
}

function unknownFormat(format: never): CuelineError {
  return new CuelineError(
    'invalid-input',
    `There is no export format ${shown(format)}. Give one of ${exportFormats.join(', ')}.`,
  )
}
