import type { Command } from 'commander'

import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import { mostWorkers, seedOption, wholeNumber } from '../option-values.ts'
import type { Terminal } from '../terminal.ts'
import { textLines } from '../text-lines.ts'
import { writeJson } from '../write-json.ts'

interface ForecastOptions {
  readonly workers?: number
  readonly runs: number
  readonly seed: number
}

/** `cueline forecast`: by when the open tasks may be finished, as far as estimates go. */
export function addForecast(program: Command, { terminal, run }: Cli): void {
  program
    .command('forecast')
    .summary('say by when it may be finished, and how sure that is')
    .description(
      'Plays the open tasks through many times, each with minutes drawn from the range of its ' +
        'estimate, and says by when half of the runs and nine in ten are finished. Estimates are ' +
        'guesses, and the forecast is no better than they are. Stores nothing.',
    )
    .option('-w, --workers <n>', "other workers than the plan's", wholeNumber(mostWorkers))
    .option('--runs <n>', 'how many times', wholeNumber(100_000), 1_000)
    .addOption(seedOption('the same seed draws the same minutes').default(1))
    .addHelpText(
      'after',
      `
Examples:
  cueline forecast
  cueline forecast --workers 8 --json`,
    )
    .action((_: unknown, command: Command) =>
      run<ForecastOptions>(command, (options) => forecast(terminal, options)),
    )
}

async function forecast(
  terminal: Terminal,
  { workers, runs, seed, ...options }: ForecastOptions & GlobalOptions,
): Promise<number> {
  return withCueline(terminal, options, {}, async (cueline) => {
    const { id: projectId } = await chooseProject(cueline, options.project)
    const found = await cueline.plans.forecast({ projectId, workers, runs, seed })
    if (options.json) writeJson(terminal, found)
    else terminal.out(`${textLines(found.text, terminal).join('\n')}\n`)
    return exitCodes.ok
  })
}
