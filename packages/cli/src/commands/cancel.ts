import { printableText } from '@cueline/core'
import type { Command } from 'commander'

import { actorOf } from '../actor.ts'
import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import type { Terminal } from '../terminal.ts'
import { writeJson } from '../write-json.ts'

interface CancelOptions {
  readonly reason: string
}

/** `cueline cancel`: a task that shall not be done; what works on it is stopped. */
export function addCancel(program: Command, { terminal, run }: Cli): void {
  program
    .command('cancel')
    .summary('cancel a task; what works on it is stopped')
    .description(
      'Cancels a task. An attempt that is running is stopped, in whichever run. Tasks that wait for it stay waiting.',
    )
    .argument('<task>', 'its code or id')
    .option('--reason <text>', 'why, for the log', 'cancelled by a person')
    .addHelpText(
      'after',
      `
Examples:
  cueline cancel T7
  cueline cancel T7 --reason "done by hand"`,
    )
    .action((task: string, _: unknown, command: Command) =>
      run<CancelOptions>(command, (options) => cancel(terminal, task, options)),
    )
}

async function cancel(
  terminal: Terminal,
  task: string,
  { reason, ...options }: CancelOptions & GlobalOptions,
): Promise<number> {
  return withCueline(terminal, options, {}, async (cueline) => {
    const { id: projectId } = await chooseProject(cueline, options.project)
    await cueline.tasks.cancel({ projectId, task, reason, actor: actorOf(terminal) })
    if (options.json) writeJson(terminal, { task, status: 'cancelled', reason })
    else terminal.out(`Cancelled ${printableText(task)}.\n`)
    return exitCodes.ok
  })
}
