import { type Cueline, formatDuration, renderTable } from '@cueline/core'
import type { Command } from 'commander'

import { chooseProject } from '../choose-project.ts'
import type { Cli } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import { writeJson } from '../write-json.ts'

/** `cueline queues`: what waits for a worker, and what workers hold. */
export function addQueues(program: Command, { terminal, run }: Cli): void {
  program
    .command('queues')
    .summary('count what waits for workers')
    .description(
      'Counts the work of each priority that is queued or held by a worker, and says for how long the ' +
        'oldest has been waiting.',
    )
    .addHelpText('after', '\nExamples:\n  cueline queues\n  cueline queues --json')
    .action((_: unknown, command: Command) =>
      run<object>(command, (options) =>
        withCueline(terminal, options, {}, async (cueline) => {
          const { id: projectId } = await chooseProject(cueline, options.project)
          const queues = await cueline.queues.statistics({ projectId })
          if (options.json) writeJson(terminal, { queues })
          else terminal.out(`${tableOf(queues, terminal.columns).join('\n')}\n`)
          return exitCodes.ok
        }),
      ),
    )
}

type Queues = Awaited<ReturnType<Cueline['queues']['statistics']>>

function tableOf(queues: Queues, columns: number): readonly string[] {
  const count = (title: string) => ({ title, align: 'right' as const })
  return renderTable(
    {
      title: '',
      columns: [
        { title: 'priority' },
        count('queued'),
        count('of them later'),
        count('of them retried'),
        count('claimed'),
        count('oldest waits'),
      ],
      rows: queues.map(({ priority, queued, later, retried, claimed, oldestMs }) => [
        priority,
        ...[queued, later, retried, claimed].map(String),
        oldestMs === null ? '-' : formatDuration(oldestMs),
      ]),
    },
    columns,
  )
}
