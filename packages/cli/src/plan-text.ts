import { cutText, formatMinutes, printableText, renderTable, textWidth } from '@cueline/core'
import type { ImportReport, ImportResult } from '@cueline/core/formats'
import type { Plan } from '@cueline/core/planner'

import type { PlanProblem } from './plan-object.ts'
import type { Terminal } from './terminal.ts'
import { timeline } from './timeline.ts'
import { wrapText } from './wrap-text.ts'

const mostShown = 12
/** More tasks than these make no readable picture; `--json` has them all. */
const mostScheduled = 60

/** The plan for people: what it comes to, its layers, its schedule, what the import did. */
export function planText(
  plan: Plan,
  { document, report }: ImportResult,
  terminal: Terminal,
): string {
  const name = document.project?.name ?? 'Plan'
  const blocks = [
    [
      terminal.style('bold', cutText(printableText(name), terminal.columns)),
      ...figureLines(figures(plan), terminal.columns),
    ],
    warningLines(plan, terminal),
    conflictLines(plan, terminal),
    inferredLines(plan, terminal),
    layerLines(plan, terminal),
    scheduleLines(plan, document.tasks, terminal),
    importLines(report, terminal),
  ]
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

/** Why there is no plan: each problem with its path and its next step. */
export function problemsText(
  problems: readonly PlanProblem[],
  { document, report }: ImportResult,
  terminal: Terminal,
): string {
  const lines = [
    terminal.style(
      'red',
      `${count(problems.length, 'problem')} in ${count(document.tasks.length, 'task')}; there is no plan until ${problems.length === 1 ? 'it is' : 'they are'} mended.`,
    ),
    '',
  ]
  for (const { kind, message } of problems.slice(0, mostShown * 2)) {
    lines.push(terminal.style('bold', kind))
    lines.push(...wrapText(printableText(message), terminal.columns, '  '))
  }
  if (problems.length > mostShown * 2) {
    lines.push(`… and ${problems.length - mostShown * 2} more; --json shows all.`)
  }
  return `${[...lines, '', ...importLines(report, terminal)].join('\n')}\n`
}

/** The number of useful workers is found without conflicts. */
function isHeldApart({ conflicts }: Plan): boolean {
  return conflicts.some(({ allowed }) => !allowed)
}

/** Names in a column, what is said of them beside it, in as many lines as it takes. */
function figureLines(rows: readonly (readonly [string, string])[], columns: number): string[] {
  const width = rows.reduce((widest, [name]) => Math.max(widest, textWidth(name)), 0) + 2
  const indent = ' '.repeat(width)
  return rows.flatMap(([name, words]) => {
    const [first = '', ...more] = wrapText(printableText(words), columns, indent)
    return [`${name}${' '.repeat(width - textWidth(name))}${first.slice(width)}`.trimEnd(), ...more]
  })
}

function figures(plan: Plan): (readonly [string, string])[] {
  const { workers, laneCap, makespan, lowerBound, gap, barrierMakespan, criticalPath } = plan
  const parallel = plan.layers.reduce((most, layer) => Math.max(most, layer.length), 0)
  return [
    ['Tasks', `${plan.tasks}, with ${count(plan.edges, 'dependency', 'dependencies')}`],
    ['Work', `${formatMinutes(plan.work)} for one worker`],
    ['Critical path', `${formatMinutes(criticalPath.length)}, whatever the number of workers`],
    ['', path(criticalPath.tasks)],
    [
      count(workers, 'worker'),
      `${formatMinutes(makespan)}${laneCap < workers ? ` in ${count(laneCap, 'lane')}` : ''}${plan.barrier === 'none' ? '' : ` with a barrier after each ${plan.barrier}`}${speedup(plan)}`,
    ],
    [
      'Lower bound',
      `${formatMinutes(lowerBound)}; the schedule is ${gap < 0.00005 ? 'the best possible' : `${percent(gap)} above it`}`,
    ],
    [
      'Barriers',
      `stages ${cost(barrierMakespan.stage, makespan)}, layers ${cost(barrierMakespan.layer, makespan)}`,
    ],
    [
      'Useful workers',
      `${plan.smallestUsefulWorkers}${isHeldApart(plan) ? ' if nothing were kept apart' : ''}; more make it no faster (widest layer: ${parallel})`,
    ],
    ['Parallel', `${percent(plan.parallelShare)} of the tasks stand in layers of two or more`],
  ]
}

function warningLines({ warnings }: Plan, terminal: Terminal): string[] {
  const lines = warnings
    .slice(0, mostShown)
    .flatMap(({ message }) => wrapText(`- ${printableText(message)}`, terminal.columns))
  if (lines.length === 0) return []
  const more = warnings.length - mostShown
  return [
    terminal.style('yellow', count(warnings.length, 'warning')),
    ...lines,
    ...(more > 0 ? [`… and ${more} more`] : []),
  ]
}

/** Who is kept apart from whom, the most certain first, each with what shows it. */
function conflictLines({ conflicts }: Plan, terminal: Terminal): string[] {
  if (conflicts.length === 0) return []
  const sure = ({ confidence = 1 }: Plan['conflicts'][number]) => confidence
  const apart = conflicts.filter(({ allowed }) => !allowed).length
  const allowed = conflicts.length - apart
  const lines = conflicts
    .toSorted((one, other) => sure(other) - sure(one))
    .slice(0, mostShown)
    .flatMap((conflict) => {
      const { tasks, kind, evidence } = conflict
      const known = [...(kind === undefined ? [] : [kind]), `${Math.round(sure(conflict) * 100)} %`]
      const heading = `${tasks.join(' and ')} (${known.join(', ')})${conflict.allowed ? ', allowed' : ''}`
      return [
        ...wrapText(printableText(`- ${heading}`), terminal.columns),
        ...evidence
          .slice(0, 2)
          .flatMap((why) => wrapText(printableText(why), terminal.columns, '    ')),
      ]
    })
  const more = conflicts.length - mostShown
  return [
    terminal.style('bold', 'Conflicts'),
    `${count(apart, 'pair')} kept apart${allowed > 0 ? `, ${allowed} allowed` : ''}; what is predicted is a guess.`,
    ...lines,
    ...(more > 0 ? [`… and ${more} more; --json shows all.`] : []),
  ]
}

/** The dependencies that nobody declared but that count. */
function inferredLines({ inferred }: Plan, terminal: Terminal): string[] {
  if (inferred.length === 0) return []
  const more = inferred.length - mostShown
  return [
    terminal.style('bold', 'Dependencies from the texts'),
    ...inferred
      .slice(0, mostShown)
      .flatMap(({ task, dependsOn, confidence, evidence }) =>
        wrapText(
          printableText(
            `- ${task} after ${dependsOn}: ${evidence} (${Math.round(confidence * 100)} %)`,
          ),
          terminal.columns,
        ),
      ),
    ...(more > 0 ? [`… and ${more} more; --json shows all.`] : []),
  ]
}

function layerLines({ layers }: Plan, terminal: Terminal): string[] {
  if (layers.length === 0) return []
  const rows = layers
    .slice(0, mostShown * 2)
    .map((tasks, layer) => [String(layer), String(tasks.length), tasks.slice(0, 40).join(' ')])
  const table = {
    title: '',
    columns: [
      { title: 'Layer', align: 'right' as const },
      { title: 'Tasks', align: 'right' as const },
      { title: '', flexible: true },
    ],
    rows,
  }
  const more = layers.length - rows.length
  return [
    terminal.style('bold', 'Layers'),
    ...renderTable(table, terminal.columns),
    ...(more > 0 ? [`… and ${more} more; --json shows all.`] : []),
  ]
}

function scheduleLines(
  { schedule, makespan }: Plan,
  tasks: ImportResult['document']['tasks'],
  terminal: Terminal,
): string[] {
  if (schedule.length === 0) return []
  const heading = terminal.style('bold', 'Schedule')
  const picture = timeline(schedule, {
    makespan,
    columns: terminal.columns,
    end: formatMinutes(makespan),
  })
  if (schedule.length > mostScheduled) {
    return [heading, ...picture, `${schedule.length} tasks; --json lists them.`]
  }
  const titles = new Map(tasks.map((task) => [task.id, task.title]))
  const table = {
    title: '',
    columns: [
      { title: 'Start', align: 'right' as const },
      { title: 'Finish', align: 'right' as const },
      { title: 'Lane', align: 'right' as const },
      { title: 'Task', flexible: true },
      { title: 'Title', flexible: true },
    ],
    rows: schedule.map(({ task, start, finish, lane }) => [
      formatMinutes(start),
      formatMinutes(finish),
      String(lane),
      task,
      titles.get(task) ?? '',
    ]),
  }
  return [heading, ...picture, '', ...renderTable(table, terminal.columns)]
}

/** What the import mapped, guessed and refused. */
export function importLines(report: ImportReport, terminal: Terminal): string[] {
  const { mapped, guessed, refused, warnings } = report
  const done = mapped.done > 0 ? `, ${mapped.done} done already` : ''
  const cancelled = mapped.cancelled > 0 ? `, ${mapped.cancelled} cancelled` : ''
  const summary = `read as ${report.format}: ${count(mapped.tasks, 'task')}, ${count(mapped.dependencies, 'dependency', 'dependencies')}, ${count(mapped.estimates, 'estimate')}${done}${cancelled}`
  return [
    terminal.style('bold', 'Import'),
    ...wrapText(summary, terminal.columns),
    ...listed(
      `guessed (${guessed.length})`,
      guessed.map(
        ({ task, what, value, evidence }) => `${task}: ${what} = ${value} (from "${evidence}")`,
      ),
      terminal,
    ),
    ...listed(
      `not taken over (${refused.length})`,
      refused.map(
        ({ where, what, reason, count: times }) =>
          `${where}: ${what} – ${reason}${times > 1 ? ` (${times} times)` : ''}`,
      ),
      terminal,
    ),
    ...listed(
      `to look at (${warnings.length})`,
      warnings.map(({ message }) => message),
      terminal,
      true,
    ),
  ]
}

function listed(
  title: string,
  entries: readonly string[],
  terminal: Terminal,
  whole = false,
): string[] {
  if (entries.length === 0) return []
  const more = entries.length - mostShown
  return [
    `  ${title}`,
    ...entries
      .slice(0, mostShown)
      .map(printableText)
      .flatMap((entry) =>
        whole
          ? wrapText(entry, terminal.columns, '    ')
          : [`    ${cutText(entry, terminal.columns - 4)}`],
      ),
    ...(more > 0 ? [`    … and ${more} more; --json shows all`] : []),
  ]
}

function path(tasks: readonly string[]): string {
  const shown = tasks.length > 12 ? [...tasks.slice(0, 6), '…', ...tasks.slice(-5)] : tasks
  return shown.join(' → ')
}

function speedup({ work, makespan, workers }: Plan): string {
  return workers === 1 || makespan === 0 ? '' : `, ${(work / makespan).toFixed(2)}× as fast as one`
}

function cost(barrier: number, makespan: number): string {
  const more = makespan === 0 ? 0 : barrier / makespan - 1
  if (Math.abs(more) < 0.0005) return `${formatMinutes(barrier)} (no more)`
  return `${formatMinutes(barrier)} (${more > 0 ? '+' : '−'}${percent(Math.abs(more))})`
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`
}

function count(value: number, one: string, many = `${one}s`): string {
  return `${value} ${value === 1 ? one : many}`
}
