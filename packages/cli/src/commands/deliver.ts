import { resolve } from 'node:path'

import { commandPullRequests } from '@cueline/adapter-git'
import { printableText, type ProjectDelivery } from '@cueline/core'
import { splitCommand } from '@cueline/adapter-agents'
import type { Command } from 'commander'

import { actorOf } from '../actor.ts'
import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import type { Terminal } from '../terminal.ts'
import { wrapText } from '../wrap-text.ts'
import { writeJson } from '../write-json.ts'

interface DeliverOptions {
  readonly to: string
  readonly repository: string
  readonly remote: string
  readonly command: string
  readonly title?: string
  readonly status?: boolean
}

/** `cueline deliver`: hands finished work over as a pull request, and says what has become of it. */
export function addDeliver(program: Command, { terminal, run }: Cli): void {
  program
    .command('deliver')
    .summary('hand finished work over as a pull request')
    .description(
      'Pushes what has landed to a branch of its own on a remote, and makes a pull request of it with ' +
        "GitHub's gh, or another program with the same words. As long as that is open, the same command " +
        'brings it up to date. The base branch is never pushed to.\n\n' +
        'Without it finished work stays on the integration branch (cueline/main) of the repository.',
    )
    .option('--to <branch>', 'the branch that it is meant for', 'main')
    .option('--repository <folder>', 'the repository that the work landed in', '.')
    .option('--remote <name>', 'the remote to push to', 'origin')
    .option('--command <program>', 'the program that makes pull requests', 'gh')
    .option('--title <text>', 'the title of the pull request')
    .option('--status', 'only ask what has become of it')
    .addHelpText(
      'after',
      `
Examples:
  cueline deliver
  cueline deliver --to develop --remote upstream
  cueline deliver --status
  cueline deliver --status --json | jq .deliveries[0].checks

Exit code 3 when the forge asks to log in or to wait; nothing is lost then.`,
    )
    .action((_: unknown, command: Command) =>
      run<DeliverOptions>(command, (options) => deliver(terminal, options)),
    )
}

async function deliver(
  terminal: Terminal,
  options: DeliverOptions & GlobalOptions,
): Promise<number> {
  const delivery = commandPullRequests({
    repository: resolve(terminal.cwd, options.repository),
    remote: options.remote,
    command: splitCommand(options.command, '--command'),
  })
  return withCueline(terminal, options, { delivery }, async (cueline) => {
    const { id: projectId, name } = await chooseProject(cueline, options.project)
    const actor = actorOf(terminal)
    const deliveries =
      options.status === true
        ? await cueline.deliveries.refresh({ projectId, actor })
        : [
            await cueline.deliveries.open({
              projectId,
              base: options.to,
              actor,
              ...(options.title !== undefined && { title: options.title }),
            }),
          ]
    if (options.json) {
      writeJson(terminal, { deliveries })
      return exitCodes.ok
    }
    const lines =
      deliveries.length === 0
        ? [`Nothing of "${name}" has been delivered. To do it: cueline deliver.`]
        : deliveries.map(lineOf)
    terminal.out(
      `${lines.flatMap((line) => wrapText(printableText(line), terminal.columns)).join('\n')}\n`,
    )
    return exitCodes.ok
  })
}

function lineOf({ base, commit, state, checks, url }: ProjectDelivery): string {
  const told = checks === 'none' ? '' : `, checks ${checks}`
  return `${commit.slice(0, 12)} to ${base}: ${state}${told}. ${url}`
}
