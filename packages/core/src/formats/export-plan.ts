import { CuelineError } from '../error.ts'
import type { Plan } from '../plan/plan.ts'
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
 * @throws CuelineError `invalid-input` when `ics` gets no `startAt`, or a time is outside of the
 *   years 1970 to 9999.
 */
export function exportPlan(
  document: PlanDocument,
  plan: Plan,
  format: ExportFormat,
  { startAt }: ExportOptions = {},
): string {
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
      return `${JSON.stringify(document, null, 2)}\n`
    default:
      throw unknownFormat(format)
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
    `There is no export format ${JSON.stringify(format)}. Give one of ${exportFormats.join(', ')}.`,
  )
}
