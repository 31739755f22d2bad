import { printableText } from '@cueline/core'
import type { Command } from 'commander'

import { actorOf } from '../actor.ts'
import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import type { Terminal } from '../terminal.ts'
import { writeJson } from '../write-json.ts'

/** `cueline retry`: gives failed or cancelled tasks another chance. */
export function addRetry(program: Command, { terminal, run }: Cli): void {
  program
    .command('retry')
    .summary('give failed tasks another chance')
    .description(
      'Reopens failed or cancelled tasks; the next run takes them up. Without tasks: all that failed.',
    )
    .argument('[tasks...]', 'their codes; every failed task when absent')
    .addHelpText(
      'after',
      `
Examples:
  cueline retry
  cueline retry T7 T9`,
    )
    .action((tasks: string[], _: unknown, command: Command) =>
      run(command, (options) => retry(terminal, tasks, options)),
    )
}

async function retry(
  terminal: Terminal,
  named: readonly string[],
  options: GlobalOptions,
): Promise<number> {
  return withCueline(terminal, options, {}, async (cueline) => {
    const { id: projectId } = await chooseProject(cueline, options.project)
    const tasks = await cueline.tasks.list({ projectId })
    const failed = tasks.filter(({ status }) => status === 'failed').map(({ code }) => code)
    const wanted = named.length > 0 ? [...named] : failed
    const results =
      wanted.length === 0
        ? []
        : await cueline.tasks.retry({ projectId, tasks: wanted, actor: actorOf(terminal) })
    const codes = new Map<string, string>(tasks.map((task) => [task.id, task.code]))
    const shown = results.map(({ taskId, ok, message }) => ({
      task: codes.get(taskId) ?? taskId,
      ok,
      message,
    }))
    if (options.json) writeJson(terminal, { results: shown })
    else if (shown.length === 0) terminal.out('No task has failed.\n')
    else {
      terminal.out(
        shown.map(({ task, message }) => `${printableText(`${task}: ${message}`)}\n`).join(''),
      )
    }
    return shown.every(({ ok }) => ok) ? exitCodes.ok : exitCodes.refused
  })
}
