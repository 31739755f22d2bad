import { CuelineError, renderTimeline } from '@cueline/core'
import {
  type ExportFormat,
  exportFormats,
  exportPlan,
  type ImportResult,
} from '@cueline/core/formats'
import type { Barrier, Plan } from '@cueline/core/planner'
import { type Command, Option } from 'commander'

import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { barrierOption, momentOption, workersOption } from '../option-values.ts'
import { planObject, unreadablePlan } from '../plan-object.ts'
import { addPlanningOptions, type PlanningOptions, planningOf } from '../planning-options.ts'
import { planText, problemsText } from '../plan-text.ts'
import { readPlan } from '../read-plan.ts'
import { reportError } from '../report-error.ts'
import type { Terminal } from '../terminal.ts'
import { writeJson } from '../write-json.ts'
import { writeOutput } from '../write-output.ts'

interface PlanOptions extends PlanningOptions {
  readonly workers: number
  readonly barrier: Barrier
  readonly svg?: string
  readonly export?: ExportFormat
  readonly out?: string
  readonly start?: number
}

/** `cueline plan`: looks at a plan and says what it comes to; stores nothing. */
export function addPlan(program: Command, { terminal, run }: Cli): void {
  const command = program
    .command('plan')
    .summary('look at a plan: problems, layers, schedule; stores nothing')
    .description(
      'Says what a plan comes to: its problems, layers, critical path, a schedule for n workers, ' +
        'what barriers would cost and how many workers are of use. Nothing is stored.\n\n' +
        'Reads Markdown plans, Cueline JSON and YAML, Task Master, beads and Backlog.md. With --svg ' +
        'and --export it also writes the plan for other tools.\n\n' +
        'Tasks that declare the same file in touches are kept apart. With --repository the texts, ' +
        'its files and its history are asked, too.',
    )
    .argument('<file-or-folder>', 'the plan')
    .addOption(workersOption())
    .addOption(barrierOption().default('none'))
  addPlanningOptions(command)
    .option('--svg <file>', 'draw the schedule as a timeline')
    .addOption(
      new Option('--export <format>', 'write the plan for other tools').choices(exportFormats),
    )
    .option('--out <file>', 'where --export writes; standard output when left out')
    .option(
      '--start <time>',
      'when the plan starts, for gantt and ics (default: now)',
      momentOption,
    )
    .addHelpText(
      'after',
      `
Examples:
  cueline plan plan.md
  cueline plan .taskmaster/tasks/tasks.json --workers 8
  cueline plan backlog/ --barrier stage
  cueline plan plan.md --repository . --allow T3:T7
  cueline plan plan.md --resources accounts=2 --budget 2s
  cueline plan plan.md --json | jq .criticalPath
  cueline plan plan.md --svg plan.svg
  cueline plan plan.md --export mermaid
  cueline plan plan.md --export ics --start 2026-03-02T09:00Z --out plan.ics

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
  checkExport(options)
  try {
    const imported = await readPlan(path, terminal.cwd)
    const planning = await planningOf(options, terminal)
    const { workers, barrier } = options
    const { object, plan } = planObject(imported, { workers, barrier, planning })
    if (plan !== null && (await exported(terminal, imported, plan, options))) return exitCodes.ok
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

/** Options that mean nothing, or two things on standard output, are mistakes. */
function checkExport(options: PlanOptions & GlobalOptions): void {
  const mistake =
    options.export === undefined
      ? options.out !== undefined
        ? '--out is where --export writes. Add --export <format>, or name the picture with --svg <file>.'
        : null
      : options.json && options.out === undefined
        ? '--json and --export both write to standard output. Add --out <file>, or leave one of them out.'
        : null
  if (mistake !== null) throw new CuelineError('invalid-input', mistake)
}

/** Writes the files that were asked for. True when standard output is taken by one of them. */
async function exported(
  terminal: Terminal,
  { document }: ImportResult,
  plan: Plan,
  { svg, export: format, out, start }: PlanOptions,
): Promise<boolean> {
  if (svg !== undefined) {
    const title = document.project?.name ?? 'Plan'
    const text = renderTimeline(plan, { tasks: document.tasks, title })
    await writeOutput(terminal, '--svg', svg, text)
  }
  if (format === undefined) return false
  const minute = 60_000
  const startAt = start ?? Math.ceil(Date.now() / minute) * minute
  const text = exportPlan(document, plan, format, { startAt })
  if (out === undefined) {
    terminal.out(text)
    return true
  }
  await writeOutput(terminal, '--out', out, text)
  return false
}
