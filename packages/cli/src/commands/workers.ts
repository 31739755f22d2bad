import { type Cueline, formatDuration, printableText, renderTable } from '@cueline/core'
import type { Command } from 'commander'

import { chooseProject } from '../choose-project.ts'
import type { Cli } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import { wrapText } from '../wrap-text.ts'
import { writeJson } from '../write-json.ts'

/** `cueline workers`: who works on a project, on all hosts. */
export function addWorkers(program: Command, { terminal, run }: Cli): void {
  program
    .command('workers')
    .summary('list who works on a project, on all hosts')
    .description(
      'Lists the workers of all runs that are there, and what each works on. One of which nothing was ' +
        'heard for two leases counts as gone. There can be more than --workers of a run: a task that ' +
        'waits to merge or for a person keeps its worker, and another starts the next task in its place.',
    )
    .option('--all', 'also those that have gone')
    .addHelpText('after', '\nExamples:\n  cueline workers\n  cueline workers --all --json')
    .action((_: unknown, command: Command) =>
      run<{ readonly all?: boolean }>(command, (options) =>
        withCueline(terminal, options, {}, async (cueline) => {
          const { id: projectId } = await chooseProject(cueline, options.project)
          const listed = await cueline.workers.list({ projectId })
          const workers = listed.filter(({ status }) => options.all || status !== 'offline')
          if (options.json) writeJson(terminal, { workers })
          else if (workers.length === 0) terminal.out(`${noneThere(listed.length)}\n`)
          else terminal.out(`${linesOf(workers, terminal.columns).join('\n')}\n`)
          return exitCodes.ok
        }),
      ),
    )
}

type Workers = Awaited<ReturnType<Cueline['workers']['list']>>

function noneThere(gone: number): string {
  return gone === 0
    ? 'Nobody has worked on it yet. Next: cueline run --agent "<command>".'
    : `Nobody works on it now; ${gone} have gone (--all).`
}

/** A worker beyond those that a run was asked for is explained where it is seen. */
function linesOf(workers: Workers, columns: number): readonly string[] {
  const apart = workers.filter(standsApart).length
  const table = tableOf(workers, columns)
  if (apart === 0) return table
  const [which, whose] =
    apart === 1 ? ['1 of them only waits', 'its'] : [`${apart} of them only wait`, 'their']
  return [
    ...table,
    '',
    ...wrapText(`${which} to merge or for a person; others work in ${whose} place.`, columns),
  ]
}

/** Its slot is free for other work. */
function standsApart({ attempts }: Workers[number]): boolean {
  return (
    attempts.length > 0 &&
    attempts.every(({ status }) => status === 'merging' || status === 'waiting')
  )
}

function tableOf(workers: Workers, columns: number): readonly string[] {
  return renderTable(
    {
      title: '',
      columns: [
        { title: 'worker' },
        { title: 'id' },
        { title: 'state' },
        { title: 'there for', align: 'right' },
        { title: 'works on' },
      ],
      rows: workers.map(({ name, id, status, ageMs, attempts }) => [
        printableText(name),
        id,
        status,
        formatDuration(ageMs),
        attempts.map(workInWords).join(', '),
      ]),
    },
    columns,
  )
}

function workInWords({ task, number, status, forMs }: Workers[number]['attempts'][number]): string {
  const which = number === 1 ? '' : ` (attempt ${number})`
  return `${printableText(task)}${which} ${status} for ${formatDuration(forMs)}`
}
