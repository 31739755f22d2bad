import { resolve } from 'node:path'

import type { Cueline } from '@cueline/core'
import { type Command, InvalidArgumentError, Option } from 'commander'

import { each, mostWorkers, seedOption, share, wholeNumber } from './option-values.ts'
import { readRepository } from './read-repository.ts'
import type { Terminal } from './terminal.ts'

/** How a plan shall be made, beside its workers and barrier. */
export interface PlanningOptions {
  readonly conflicts?: 'none' | 'declared' | 'predicted'
  readonly repository?: string
  readonly allow?: readonly (readonly [string, string])[]
  readonly infer?: number
  readonly lanes?: number
  readonly resources?: readonly (readonly [string, number])[]
  readonly rounds?: number
  readonly budget?: number
  readonly seed?: number
}

/** The choices as `plans.build` takes them. */
export type Planning = Pick<
  Parameters<Cueline['plans']['build']>[0],
  'rounds' | 'budgetMs' | 'seed' | 'lanes' | 'resources' | 'files' | 'history' | 'infer'
> & {
  readonly conflicts: NonNullable<PlanningOptions['conflicts']>
  readonly allow: [string, string][]
}

export function addPlanningOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--conflicts <which>', 'which conflicts keep tasks apart')
        .choices(['none', 'declared', 'predicted'])
        .default(undefined, 'declared; predicted with --repository'),
    )
    .option(
      '--repository <folder>',
      'predict conflicts from its files and history (default: the current folder)',
    )
    .option('--allow <task:task>', 'these may run at once although they conflict', each(pair))
    .option(
      '--infer <confidence>',
      'dependencies that the texts imply count from 0 to 1: 0.9',
      share,
    )
    .option('--lanes <n>', 'how many workspaces there are', wholeNumber(mostWorkers))
    .option('--resources <name=n>', 'how many units there are of what tasks share', each(capacity))
    .option('--rounds <n>', 'rounds of improvement; 0 for none', roundCount)
    .option('--budget <time>', 'improve for so long: 400ms, 2s', duration)
    .addOption(seedOption('what the rounds try'))
}

/** The choices of a command line; reads a folder and its history where they are predicted from. */
export async function planningOf(options: PlanningOptions, terminal: Terminal): Promise<Planning> {
  const { repository, allow = [], infer, lanes, resources = [], rounds, budget, seed } = options
  const conflicts = options.conflicts ?? (repository === undefined ? 'declared' : 'predicted')
  const folder = resolve(terminal.cwd, repository ?? '.')
  return {
    conflicts,
    allow: allow.map(([one, other]) => [one, other]),
    infer,
    lanes,
    resources: Object.fromEntries(resources),
    rounds,
    budgetMs: budget,
    seed,
    ...(conflicts === 'predicted' && (await readRepository(folder))),
  }
}

function pair(text: string): readonly [string, string] {
  const at = text.lastIndexOf(':')
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('Give two tasks: T3:T7.')
  return [text.slice(0, at), text.slice(at + 1)]
}

function capacity(text: string): readonly [string, number] {
  const parts = /^(.+)=(\d+(?:\.\d+)?)$/.exec(text)
  if (parts === null) throw new InvalidArgumentError('Give a name and a number: accounts=3.')
  return [parts[1]!, Number(parts[2])]
}

function roundCount(text: string): number {
  if (/^\d{1,7}$/.test(text) && Number(text) <= 1_000_000) return Number(text)
  throw new InvalidArgumentError('Give a whole number from 0 to 1000000.')
}

/** Milliseconds. */
function duration(text: string): number {
  const parts = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text)
  const value = parts === null ? Infinity : Number(parts[1]) * (parts[2] === 's' ? 1_000 : 1)
  if (value <= 60_000) return value
  throw new InvalidArgumentError('Give a time of at most a minute: 400ms or 2s.')
}
