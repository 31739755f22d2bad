import { CuelineError } from '@cueline/core'
import type { Barrier } from '@cueline/core/planner'
import type { Command } from 'commander'

import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { barrierOption, workersOption } from '../option-values.ts'
import { planObject, unreadablePlan } from '../plan-object.ts'
import { planText, problemsText } from '../plan-text.ts'
import { readPlan } from '../read-plan.ts'
import { reportError } from '../report-error.ts'
import type { Terminal } from '../terminal.ts'
import { writeJson } from '../write-json.ts'

interface PlanOptions {
  readonly workers: number
  readonly barrier: Barrier
}

/** `cueline plan`: looks at a plan and says what it comes to; stores nothing. */
export function addPlan(program: Command, { terminal, run }: Cli): void {
  program
    .command('plan')
    .summary('look at a plan: problems, layers, schedule; stores nothing')
    .description(
      'Says what a plan comes to: its problems, layers, critical path, a schedule for n workers, ' +
        'what barriers would cost and how many workers are of use. Nothing is stored.\n\n' +
        'Reads Markdown plans, Cueline JSON and YAML, Task Master, beads and Backlog.md.',
    )
    .argument('<file-or-folder>', 'the plan')
    .addOption(workersOption())
    .addOption(barrierOption().default('none'))
    .addHelpText(
      'after',
      `
Examples:
  cueline plan plan.md
  cueline plan .taskmaster/tasks/tasks.json --workers 8
  cueline plan backlog/ --barrier stage
  cueline plan plan.md --json | jq .criticalPath

Exit code 2 when the plan has problems; with --json they are in "problems".`,
    )
    .action((path: string, _: unknown, command: Command) =>
      run<PlanOptions>(command, (options) => plan(terminal, path, options)),
    )
}

async function plan(
  terminal: Terminal,
  path: string,
  options: PlanOptions & GlobalOptions,
): Promise<number> {
  try {
    const imported = await readPlan(path, terminal.cwd)
    const { object, plan } = planObject(imported, options)
    if (options.json) writeJson(terminal, object)
    else if (plan === null) terminal.out(problemsText(object.problems, imported, terminal))
    else terminal.out(planText(plan, imported, terminal))
    return plan === null ? exitCodes.input : exitCodes.ok
  } catch (error) {
    // With --json there is always the one object, also for a file that is no plan.
    if (!options.json || !(error instanceof CuelineError)) throw error
    writeJson(terminal, unreadablePlan(error))
    return reportError(terminal, error, { ...options, json: false })
  }
}
