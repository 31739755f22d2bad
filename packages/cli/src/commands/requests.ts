import type { Command } from 'commander'

import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import { requestLines } from '../request-lines.ts'
import { listRequests } from '../request-view.ts'
import type { Terminal } from '../terminal.ts'
import { writeJson } from '../write-json.ts'

interface RequestsOptions {
  readonly all?: boolean
}

/** `cueline requests`: what agents ask people. */
export function addRequests(program: Command, { terminal, run }: Cli): void {
  program
    .command('requests')
    .summary('list what agents ask people')
    .description('Lists the open questions, choices and approvals, oldest first.')
    .option('--all', 'also those that were answered or cancelled')
    .addHelpText(
      'after',
      `
Examples:
  cueline requests
  cueline requests --all --json`,
    )
    .action((_: unknown, command: Command) =>
      run<RequestsOptions>(command, (options) => requests(terminal, options)),
    )
}

async function requests(
  terminal: Terminal,
  options: RequestsOptions & GlobalOptions,
): Promise<number> {
  return withCueline(terminal, options, {}, async (cueline) => {
    const { id } = await chooseProject(cueline, options.project)
    const found = await listRequests(cueline, id, options.all === true ? undefined : ['open'])
    if (options.json) writeJson(terminal, { requests: found })
    else if (found.length === 0) terminal.out('Nobody waits for an answer.\n')
    else terminal.out(`${requestLines(found, terminal.columns).join('\n')}\n`)
    return exitCodes.ok
  })
}
