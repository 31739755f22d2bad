import { CuelineError, type PlanChange } from '@cueline/core'
import type { Command } from 'commander'

import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import {
  mostWorkers,
  type TaskEdge,
  taskEdge,
  type TaskEstimate,
  taskEstimate,
  wholeNumber,
} from '../option-values.ts'
import type { Terminal } from '../terminal.ts'
import { textLines } from '../text-lines.ts'
import { writeJson } from '../write-json.ts'

interface WhatIfOptions {
  readonly workers?: number
  readonly estimate?: TaskEstimate
  readonly without?: TaskEdge
  readonly failed?: string
}

/** `cueline what-if`: what one change would come to; changes nothing. */
export function addWhatIf(program: Command, { terminal, run }: Cli): void {
  program
    .command('what-if')
    .summary('say what other workers, minutes or dependencies would come to')
    .description(
      'Plans the open tasks as they are and with one change, and says what is different. Stores ' +
        'nothing. Give exactly one of the options.',
    )
    .option('-w, --workers <n>', 'so many workers', wholeNumber(mostWorkers))
    .option('--estimate <task=minutes>', 'another estimate: T7=30 or T7=20-40', taskEstimate)
    .option('--without <task:dependency>', 'the first does not wait for the second', taskEdge)
    .option('--failed <task>', 'it fails for good')
    .addHelpText(
      'after',
      `
Examples:
  cueline what-if --workers 8
  cueline what-if --estimate T7=90
  cueline what-if --without T9:T7
  cueline what-if --failed T7 --json`,
    )
    .action((_: unknown, command: Command) =>
      run<WhatIfOptions>(command, (options) => whatIf(terminal, options)),
    )
}

async function whatIf(
  terminal: Terminal,
  { workers, estimate, without, failed, ...options }: WhatIfOptions & GlobalOptions,
): Promise<number> {
  const changes: (PlanChange | undefined)[] = [
    workers === undefined ? undefined : { workers },
    estimate === undefined ? undefined : { estimate },
    without === undefined ? undefined : { removeDependency: without },
    failed === undefined ? undefined : { failed },
  ]
  const [change, another] = changes.filter((asked) => asked !== undefined)
  if (change === undefined || another !== undefined) {
    throw new CuelineError(
      'invalid-input',
      `what-if answers one question at a time; ${change === undefined ? 'none was' : 'several were'} asked. Give one of --workers, --estimate, --without and --failed.`,
    )
  }
  return withCueline(terminal, options, {}, async (cueline) => {
    const { id: projectId } = await chooseProject(cueline, options.project)
    const { difference, lost, text } = await cueline.plans.whatIf({ projectId, change })
    if (options.json) writeJson(terminal, { change, lost, difference })
    else {
      terminal.out(`${textLines(text, terminal).join('\n')}\n`)
    }
    return exitCodes.ok
  })
}
