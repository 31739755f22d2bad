import { printableText } from '@cueline/core'
import type { Command } from 'commander'

import { actorOf } from '../actor.ts'
import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import type { Terminal } from '../terminal.ts'
import { wrapText } from '../wrap-text.ts'
import { writeJson } from '../write-json.ts'

interface DoctorOptions {
  readonly replay?: boolean
  readonly repair?: boolean
}

const mostShown = 20

/** `cueline doctor`: whether state, log and counters agree. */
export function addDoctor(program: Command, { terminal, run }: Cli): void {
  program
    .command('doctor')
    .summary('check that state, log and counters agree')
    .description(
      'Checks the database: counters against dependencies, the ready set against the rule, leases. ' +
        'With --replay the whole event log is folded again and compared with the stored state.\n\n' +
        'Checks every project, or the one that --project names. Exit code 1 when something is wrong.',
    )
    .option('--replay', 'fold the event log again and compare')
    .option('--repair', 'mend counters that are wrong')
    .addHelpText(
      'after',
      `
Examples:
  cueline doctor
  cueline doctor --replay --json`,
    )
    .action((_: unknown, command: Command) =>
      run<DoctorOptions>(command, (options) => doctor(terminal, options)),
    )
}

async function doctor(
  terminal: Terminal,
  { replay = false, repair = false, ...options }: DoctorOptions & GlobalOptions,
): Promise<number> {
  return withCueline(terminal, options, {}, async (cueline) => {
    const projects =
      options.project === undefined
        ? await cueline.projects.list({})
        : [await chooseProject(cueline, options.project)]
    const checked = []
    for (const { id, name } of projects) {
      const actor = actorOf(terminal)
      const diagnosis = await cueline.doctor.check({ projectId: id, replay, repair, actor })
      checked.push({ id, name, ...diagnosis })
    }
    const ok = checked.every((project) => project.ok)
    if (options.json) writeJson(terminal, { ok, replayed: replay, projects: checked })
    else {
      const lines = checked.flatMap(({ name, ok, events, pruned, findings }) => [
        `${terminal.style(ok ? 'green' : 'red', ok ? 'sound' : 'wrong')}  ${printableText(name)}: ${events} events${replay ? replayedFrom(pruned) : ''}`,
        ...findings
          .slice(0, mostShown)
          .flatMap(({ kind, message, repaired }) =>
            wrapText(
              `- ${kind}: ${printableText(message)}${repaired ? ' Mended.' : ''}`,
              terminal.columns,
            ),
          ),
        ...(findings.length > mostShown ? [`… and ${findings.length - mostShown} more`] : []),
      ])
      terminal.out(
        `${lines.length === 0 ? 'The database is sound and has no project yet.' : lines.join('\n')}\n`,
      )
    }
    return ok ? exitCodes.ok : exitCodes.failed
  })
}

function replayedFrom(pruned: number): string {
  return pruned === 0 ? ', replayed' : `, replayed from event ${pruned + 1} on`
}
