import { CuelineError, type PlanChange, printableText } from '@cueline/core'
import { type Command, InvalidArgumentError } from 'commander'

import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import { mostWorkers, wholeNumber } from '../option-values.ts'
import type { Terminal } from '../terminal.ts'
import { wrapText } from '../wrap-text.ts'
import { writeJson } from '../write-json.ts'

interface WhatIfOptions {
  readonly workers?: number
  readonly estimate?: PlanChange
  readonly without?: PlanChange
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
    .option('--estimate <task=minutes>', 'another estimate: T7=30 or T7=20-40', estimateChange)
    .option('--without <task:dependency>', 'the first does not wait for the second', edgeChange)
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
    estimate,
    without,
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
      const lines = text
        .split('\n')
        .flatMap((line) => wrapText(printableText(line), terminal.columns))
      terminal.out(`${lines.join('\n')}\n`)
    }
    return exitCodes.ok
  })
}

function estimateChange(text: string): PlanChange {
  const parts = /^(.+)=(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?$/.exec(text)
  if (parts === null) throw new InvalidArgumentError('Give a task and minutes: T7=30 or T7=20-40.')
  const [, task = '', min = '', max] = parts
  const minutes = max === undefined ? Number(min) : { min: Number(min), max: Number(max) }
  return { estimate: { task, minutes } }
}

function edgeChange(text: string): PlanChange {
  const at = text.lastIndexOf(':')
  if (at < 1 || at === text.length - 1) {
    throw new InvalidArgumentError('Give a task and what it waits for: T9:T7.')
  }
  return { removeDependency: { task: text.slice(0, at), dependsOn: text.slice(at + 1) } }
}
