import { printableText } from '@cueline/core'
import type { Command } from 'commander'

import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import type { Terminal } from '../terminal.ts'
import { wrapText } from '../wrap-text.ts'
import { writeJson } from '../write-json.ts'

/** `cueline why`: everything that keeps a task from starting. */
export function addWhy(program: Command, { terminal, run }: Cli): void {
  program
    .command('why')
    .summary('say what keeps a task from starting')
    .description(
      'Says everything that keeps a task from starting right now: what it waits for, what is paused, ' +
        'what its context lacks, which limit is reached.',
    )
    .argument('<task>', 'its code or id')
    .addHelpText(
      'after',
      `
Examples:
  cueline why T7
  cueline why T7 --json`,
    )
    .action((task: string, _: unknown, command: Command) =>
      run(command, (options) => why(terminal, task, options)),
    )
}

async function why(terminal: Terminal, reference: string, options: GlobalOptions): Promise<number> {
  return withCueline(terminal, options, {}, async (cueline) => {
    const { id: projectId } = await chooseProject(cueline, options.project)
    const { task, ready, obstacles } = await cueline.tasks.why({ projectId, task: reference })
    if (options.json) {
      const { code, title, status } = task
      writeJson(terminal, { task: code, title, status, ready, obstacles })
      return exitCodes.ok
    }
    const name = printableText(`${task.code} ${task.title}`)
    const lines = ready
      ? [`${name} can start: the next free worker takes it.`]
      : [
          `${name} does not start because`,
          ...obstacles.flatMap(({ message }) =>
            wrapText(`- ${printableText(message)}`, terminal.columns),
          ),
        ]
    terminal.out(`${lines.join('\n')}\n`)
    return exitCodes.ok
  })
}
