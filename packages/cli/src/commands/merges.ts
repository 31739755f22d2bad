import { type Cueline, formatDuration, printableText, renderTable } from '@cueline/core'
import type { Command } from 'commander'

import type { Cli } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import { writeJson } from '../write-json.ts'

/** `cueline merges`: what merges now, and what waits for its turn. */
export function addMerges(program: Command, { terminal, run }: Cli): void {
  program
    .command('merges')
    .summary('list what waits to be merged')
    .description(
      'Lists the merge queue of each target, of all projects: the first merges now, the others follow ' +
        'in this order.',
    )
    .addHelpText('after', '\nExamples:\n  cueline merges\n  cueline merges --json')
    .action((_: unknown, command: Command) =>
      run<object>(command, (options) =>
        withCueline(terminal, options, {}, async (cueline) => {
          const queues = await cueline.merges.list({})
          if (options.json) writeJson(terminal, { queues })
          else if (queues.length === 0) terminal.out('Nothing waits to be merged.\n')
          else
            terminal.out(
              `${queues.flatMap((queue) => linesOf(queue, terminal.columns)).join('\n')}\n`,
            )
          return exitCodes.ok
        }),
      ),
    )
}

type Queue = Awaited<ReturnType<Cueline['merges']['list']>>[number]

function linesOf({ target, attempts }: Queue, columns: number): readonly string[] {
  const table = renderTable(
    {
      title: '',
      columns: [
        { title: '', align: 'right' },
        { title: 'task' },
        { title: 'attempt', align: 'right' },
        { title: 'waits', align: 'right' },
      ],
      rows: attempts.map(({ position, task, number, waitingMs }) => [
        String(position),
        printableText(task),
        String(number),
        formatDuration(waitingMs),
      ]),
    },
    columns,
  )
  return [`Into ${printableText(target)}:`, ...table]
}
