import type { Barrier } from '@cueline/core/planner'
import type { Command } from 'commander'

import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import { barrierOption, mostWorkers, wholeNumber } from '../option-values.ts'
import type { Terminal } from '../terminal.ts'
import { textLines } from '../text-lines.ts'
import { writeJson } from '../write-json.ts'

interface ExplainOptions {
  readonly workers?: number
  readonly barrier?: Barrier
}

/** `cueline explain`: why a task stands where it stands in the plan. */
export function addExplain(program: Command, { terminal, run }: Cli): void {
  program
    .command('explain')
    .summary('say why a task stands where it stands in the plan')
    .description(
      'Plans the open tasks and says what decides the start of one, what it waits for, how late it ' +
        'may be, and what finishing it unlocks. Stores nothing.',
    )
    .argument('<task>', 'its code or id')
    .option('-w, --workers <n>', "other workers than the plan's", wholeNumber(mostWorkers))
    .addOption(barrierOption())
    .addHelpText(
      'after',
      `
Examples:
  cueline explain T7
  cueline explain T7 --workers 8 --json`,
    )
    .action((task: string, _: unknown, command: Command) =>
      run<ExplainOptions>(command, (options) => explain(terminal, task, options)),
    )
}

async function explain(
  terminal: Terminal,
  task: string,
  { workers, barrier, ...options }: ExplainOptions & GlobalOptions,
): Promise<number> {
  return withCueline(terminal, options, {}, async (cueline) => {
    const { id: projectId } = await chooseProject(cueline, options.project)
    const explanation = await cueline.plans.explain({ projectId, task, workers, barrier })
    if (options.json) writeJson(terminal, explanation)
    else {
      terminal.out(`${textLines(explanation.text, terminal).join('\n')}\n`)
    }
    return exitCodes.ok
  })
}
