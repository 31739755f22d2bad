import { formatDuration } from './format-duration.ts'
import { printableText } from './printable-text.ts'
import type { RunReport, TaskReport } from './run-report.ts'

/** Forges refuse more; tasks beyond this are counted, not named. */
const mostTasks = 200
const mostText = 60_000
const mostTitle = 200

/** One line that names a delivery. */
export function deliveryTitle({ project, tasks }: RunReport): string {
  const title = `${printableText(project)}: ${tasks.done} ${tasks.done === 1 ? 'task' : 'tasks'}`
  return Array.from(title).slice(0, mostTitle).join('')
}

/**
 * The page that goes with a delivery: which tasks are in it, what their gates found and what is not
 * done, as Markdown of at most 60 000 characters. Text from outside stays text: it makes no link, no
 * picture, notifies nobody and closes no issue.
 */
export function renderDelivery(report: RunReport): string {
  const done = report.perTask.filter(({ status }) => status === 'done')
  const rest = report.perTask.filter(({ status }) => status !== 'done' && status !== 'cancelled')
  const { landed, conflicts, withoutConflict } = report.merges
  const facts = [
    `Done: ${done.length} of ${report.tasks.total}. Gates passed: ${report.gates.passed}.`,
    ...(withoutConflict === null
      ? []
      : [`Merges: ${landed} landed, ${conflicts} met a conflict and were tried anew.`]),
    ...(report.timeSaved === null
      ? []
      : [
          `Work of ${formatDuration(report.workMs)} took ${formatDuration(report.wallMs)}; workers: ${report.workers}.`,
        ]),
  ]
  const parts = [
    facts.join(' '),
    ...listOf('Tasks', done, taskLine),
    ...listOf('Not in it', rest, restLine),
  ]
  return withinLimit(parts.join('\n\n'))
}

function listOf(
  title: string,
  tasks: readonly TaskReport[],
  line: (task: TaskReport) => string,
): string[] {
  if (tasks.length === 0) return []
  const more = tasks.length - mostTasks
  const lines = tasks.slice(0, mostTasks).map(line)
  if (more > 0) lines.push(`- … and ${more} more`)
  return [`## ${title}`, lines.join('\n')]
}

function taskLine({ task, title, attempts, gates }: TaskReport): string {
  const passed = gates.filter(({ result }) => result === 'pass').map(({ gate }) => quoted(gate))
  const judged = passed.length === 0 ? 'no gates' : `passed ${passed.join(', ')}`
  const tries = attempts > 1 ? `, attempt ${attempts}` : ''
  return `- **${quoted(task)}** ${quoted(title)} (${judged}${tries})`
}

function restLine({ task, title, status, failure }: TaskReport): string {
  const why = failure === null ? '' : `: ${quoted(failure.message.slice(0, mostTitle))}`
  return `- **${quoted(task)}** ${quoted(title)} (${status}${why})`
}

/**
 * Text as text. A backslash is enough for Markdown; names of people, issues and addresses are also
 * found in what Markdown has rendered, so nothing may follow their sign.
 */
function quoted(text: string): string {
  return printableText(text)
    .replaceAll(/[\\`*_{}[\]<>()+!|~&]/g, String.raw`\$&`)
    .replaceAll(/[@#]|:(?=\/\/)|\bGH-|\bwww\./gi, `$&${invisible}`)
}

/** A space without width. */
const invisible = '\u200B'

function withinLimit(text: string): string {
  if (text.length <= mostText) return `${text}\n`
  return `${text.slice(0, text.lastIndexOf('\n', mostText))}\n\n… and more than fits here.\n`
}
