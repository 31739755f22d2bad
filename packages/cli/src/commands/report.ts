import { writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'

import {
  CuelineError,
  eventsToJsonLines,
  renderReportMarkdown,
  renderReportText,
  type RunReport,
  type StoredEvent,
} from '@cueline/core'
import type { Command } from 'commander'

import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { makeFolder } from '../make-folder.ts'
import { withCueline } from '../open-cueline.ts'
import { numberAbove0 } from '../option-values.ts'
import { readEvents } from '../read-events.ts'
import type { Terminal } from '../terminal.ts'
import { writeJson } from '../write-json.ts'
import { writeOutput } from '../write-output.ts'

interface ReportOptions {
  readonly out?: string
  readonly svg?: string
  readonly timeScale?: number
}

/** `cueline report`: what a run came to, from the event log. */
export function addReport(program: Command, { terminal, run }: Cli): void {
  program
    .command('report')
    .summary('report on the work: times, speed-up, attempts, gates')
    .description(
      'Folds the event log into a report: predicted beside actual time, speed-up, attempts, gates and ' +
        'what barriers would have cost. With --out also as report.md, report.json and events.jsonl.',
    )
    .option('--out <folder>', 'write report.md, report.json and events.jsonl there')
    .option('--svg <file>', 'draw what was planned and what happened as a timeline')
    .option(
      '--time-scale <ms>',
      'milliseconds that one minute of the plan stands for (default: 60000)',
      numberAbove0,
    )
    .addHelpText(
      'after',
      `
Examples:
  cueline report
  cueline report --out reports/monday
  cueline report --svg run.svg
  cueline report --json | jq .speedup`,
    )
    .action((_: unknown, command: Command) =>
      run<ReportOptions>(command, (options) => report(terminal, options)),
    )
}

async function report(terminal: Terminal, options: ReportOptions & GlobalOptions): Promise<number> {
  return withCueline(terminal, options, {}, async (cueline) => {
    const { id } = await chooseProject(cueline, options.project)
    const scale = options.timeScale === undefined ? {} : { timeScale: options.timeScale }
    const folded = await cueline.reports.build({ projectId: id, ...scale })
    if (options.svg !== undefined) {
      const drawn = await cueline.reports.timeline({ projectId: id, ...scale })
      await writeOutput(terminal, '--svg', options.svg, drawn)
    }
    if (options.out !== undefined) {
      await writeFiles(terminal, options.out, folded, await readEvents(cueline, id))
    }
    if (options.json) writeJson(terminal, folded)
    else terminal.out(renderReportText(folded, terminal.columns))
    return exitCodes.ok
  })
}

async function writeFiles(
  terminal: Terminal,
  out: string,
  report: RunReport,
  events: readonly StoredEvent[],
): Promise<void> {
  const folder = resolve(terminal.cwd, out)
  try {
    makeFolder(folder)
    await writeFile(join(folder, 'report.md'), renderReportMarkdown(report))
    await writeFile(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
    await writeFile(join(folder, 'events.jsonl'), eventsToJsonLines(events))
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new CuelineError(
      'invalid-input',
      `The report cannot be written to ${out} (${code}). Name a folder that you may write to with --out.`,
      { details: { out }, cause },
    )
  }
  const shown = relative(terminal.cwd, folder) || '.'
  const first = events[0]?.sequence ?? 1
  const pruned = first > 1 ? ` The events before ${first} were pruned; the report covers them.` : ''
  terminal.err(`Wrote report.md, report.json and events.jsonl to ${shown}.${pruned}\n`)
}
