import { CuelineError, type PrunedLog } from '@cueline/core'
import type { Command } from 'commander'

import { actorOf } from '../actor.ts'
import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import { numberUpTo, wholeNumber } from '../option-values.ts'
import type { Terminal } from '../terminal.ts'
import { writeJson } from '../write-json.ts'

interface PruneOptions {
  readonly keepDays?: number
  readonly keepEvents?: number
  readonly before?: number
  readonly dryRun?: boolean
}

const usualDays = 30
const mostDays = 36_500
const mostEvents = 2 ** 48

/** `cueline prune`: takes old events out of the log. */
export function addPrune(program: Command, { terminal, run }: Cli): void {
  program
    .command('prune')
    .summary('take old events out of the log')
    .description(
      'Takes old events out of the log of a project. What they come to stays: state, reports and ' +
        '`cueline doctor --replay` are as before. What they say one by one is gone: back up first if ' +
        `it may be wanted. Keeps ${usualDays} days when nothing else is said; asks nothing.`,
    )
    .option(
      '--keep-days <n>',
      `keep the events of so many days (default: ${usualDays})`,
      numberUpTo(mostDays),
    )
    .option('--keep-events <n>', 'keep so many of the newest events', wholeNumber(mostEvents, 0))
    .option('--before <sequence>', 'keep this event and all after it', wholeNumber(mostEvents))
    .option('--dry-run', 'only say what would go')
    .addHelpText(
      'after',
      `
Examples:
  cueline prune --dry-run
  cueline prune --keep-days 90
  cueline prune --project Greenhouse --keep-events 10000 --json`,
    )
    .action((_: unknown, command: Command) =>
      run<PruneOptions>(command, (options) => prune(terminal, options)),
    )
}

async function prune(terminal: Terminal, options: PruneOptions & GlobalOptions): Promise<number> {
  const { keepDays, keepEvents, before, dryRun = false } = options
  const given = givenFlags({ keepDays, keepEvents, before })
  if (given.length > 1) throw severalFlags(given)
  return withCueline(terminal, options, {}, async (cueline) => {
    const { id: projectId } = await chooseProject(cueline, options.project)
    const pruned = await cueline.events.prune({
      projectId,
      ...(keepDays !== undefined && { keepDays }),
      ...(keepEvents !== undefined && { keepEvents }),
      ...(before !== undefined && { before }),
      ...(given.length === 0 && { keepDays: usualDays }),
      dryRun,
      actor: actorOf(terminal),
    })
    if (options.json) writeJson(terminal, pruned)
    else terminal.out(`${inWords(pruned)}\n`)
    return exitCodes.ok
  })
}

const flagOf = { keepDays: '--keep-days', keepEvents: '--keep-events', before: '--before' } as const

/** The flags that say what stays, of those given. */
function givenFlags(options: Readonly<Record<keyof typeof flagOf, number | undefined>>): string[] {
  const names = ['keepDays', 'keepEvents', 'before'] as const
  return names.filter((name) => options[name] !== undefined).map((name) => flagOf[name])
}

function severalFlags(given: readonly string[]): CuelineError {
  return new CuelineError(
    'invalid-input',
    `${given.join(' and ')} each say which events stay. Give one of them.`,
    { details: { given } },
  )
}

function inWords({ events, from, to, bytes, firstSequence, dryRun }: PrunedLog): string {
  if (events === 0) return `Nothing is older; the log starts with event ${firstSequence}.`
  const what = events === 1 ? `event ${from}` : `${events} events, ${from} to ${to}`
  return `${dryRun ? 'Would take out' : 'Took out'} ${what} (${sizeOf(bytes)} of text). The log ${dryRun ? 'would start' : 'starts'} with event ${firstSequence}.`
}

function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  return bytes < 1_000_000
    ? `${(bytes / 1_000).toFixed(1)} kB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`
}
