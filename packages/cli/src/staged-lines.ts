import { printableText, renderTable } from '@cueline/core'

import type { Plan } from '@cueline/core/planner'

import type { Terminal } from './terminal.ts'
import { wrapText } from './wrap-text.ts'

/** What a command has staged, as `--json` says it. */
export interface Staged {
  readonly plan: {
    readonly makespan: number
    readonly lowerBound: number
    readonly conflicts: Plan['conflicts']
  } | null
  readonly batches: readonly {
    readonly id: string
    readonly name: string
    readonly tasks: readonly string[]
  }[]
  readonly results: readonly {
    readonly task: string
    readonly ok: boolean
    readonly message: string
  }[]
}

/** Batches with their tasks, what is to be known of them, and what comes next. */
export function stagedLines({ plan, batches, results }: Staged, terminal: Terminal): string[] {
  const staged = results.filter(({ ok }) => ok).length
  const table = {
    title: '',
    columns: [{ title: 'Batch' }, { title: 'Tasks', flexible: true }],
    rows: batches.map(({ name, tasks }) => [name, tasks.join(' ')]),
  }
  const notes = Map.groupBy(
    results.filter(({ ok, message }) => !ok || message !== 'staged'),
    ({ message }) => message,
  )
  const apart = (plan?.conflicts ?? []).filter(({ allowed }) => !allowed).length
  const held = results.some(({ ok, message }) => ok && message !== 'staged')
  return [
    `Staged ${staged} ${staged === 1 ? 'task' : 'tasks'} in ${batches.length} ${batches.length === 1 ? 'batch' : 'batches'}.`,
    ...renderTable(table, terminal.columns),
    ...(apart > 0
      ? [
          `${apart} ${apart === 1 ? 'pair of tasks is' : 'pairs of tasks are'} planned apart: see cueline explain <task>.`,
        ]
      : []),
    ...[...notes].flatMap(([message, tasks]) =>
      wrapText(
        `- ${named(tasks.map(({ task }) => printableText(task)))}: ${printableText(message)}`,
        terminal.columns,
      ),
    ),
    '',
    ...(held
      ? [
          'What a context lacks:         cueline why <task>',
          'Let them start all the same:  cueline stage --force',
        ]
      : []),
    'Next: cueline run --agent "<command>"',
  ]
}

function named(tasks: readonly string[]): string {
  return tasks.length > 10 ? `${tasks.slice(0, 10).join(' ')} … (${tasks.length})` : tasks.join(' ')
}
