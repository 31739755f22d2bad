import { CuelineError } from '@cueline/core'
import type { Command } from 'commander'

import { actorOf } from '../actor.ts'
import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import { mostWorkers, wholeNumber } from '../option-values.ts'
import { type Staged, stagedLines } from '../staged-lines.ts'
import type { Terminal } from '../terminal.ts'
import { textLines } from '../text-lines.ts'
import { writeJson } from '../write-json.ts'

interface SuggestOptions {
  readonly size?: number
  readonly workers?: number
  readonly stage?: boolean
  readonly promote?: boolean
  readonly name?: string
  readonly force?: boolean
}

/** `cueline suggest`: which ready tasks should go next, and why; stages them when asked to. */
export function addSuggest(program: Command, { terminal, run }: Cli): void {
  program
    .command('suggest')
    .summary('say which tasks should go next, and stage them')
    .description(
      'Says which ready tasks shorten the expected finish most when they go next, and why. Counts ' +
        'what is done, what runs and what was promoted; tasks in conflict are kept apart.\n\n' +
        'With --stage they are staged in a batch of their own, with --promote they also start in the ' +
        'next run, or at once where one is under way.',
    )
    .option('--size <n>', 'how many tasks; as many as workers when left out', wholeNumber(100_000))
    .option('-w, --workers <n>', "other workers than the plan's", wholeNumber(mostWorkers))
    .option('--stage', 'stage them in a batch')
    .option('--promote', 'stage them and promote the batch')
    .option('--name <name>', 'what --stage calls the batch')
    .option('--force', 'let them start although their context is incomplete')
    .addHelpText(
      'after',
      `
Examples:
  cueline suggest
  cueline suggest --size 3 --json
  cueline suggest --stage --name "Before lunch"
  cueline suggest --promote --force`,
    )
    .action((_: unknown, command: Command) =>
      run<SuggestOptions>(command, (options) => suggest(terminal, options)),
    )
}

async function suggest(
  terminal: Terminal,
  options: SuggestOptions & GlobalOptions,
): Promise<number> {
  const { size, workers, promote = false, stage = promote, name, force = false } = options
  const useless = name !== undefined ? '--name' : force ? '--force' : null
  if (!stage && useless !== null) {
    throw new CuelineError(
      'invalid-input',
      `${useless} is about staging, and nothing is staged without --stage or --promote. Add one of them.`,
    )
  }
  return withCueline(terminal, options, {}, async (cueline) => {
    const { id: projectId, name: project } = await chooseProject(cueline, options.project)
    if (!stage) {
      const next = await cueline.plans.suggestBatch({ projectId, size, workers })
      if (options.json) writeJson(terminal, next)
      else terminal.out(`${textLines(next.text, terminal).join('\n')}\n`)
      return exitCodes.ok
    }
    const actor = actorOf(terminal)
    const { batch, suggestion, results } = await cueline.stages.fromSuggestion({
      projectId,
      size,
      workers,
      name,
      force,
      promote,
      actor,
    })
    const staged: Staged = {
      plan: null,
      batches: [
        { id: batch.id, name: batch.name, tasks: suggestion.tasks.map(({ task }) => task) },
      ],
      results: results.map(({ code, ok, message }) => ({ task: code, ok, message })),
    }
    if (options.json) {
      const answer = { project: { id: projectId, name: project }, suggestion, promoted: promote }
      writeJson(terminal, { ...answer, ...staged })
    } else {
      const lines = [...textLines(suggestion.text, terminal), '', ...stagedLines(staged, terminal)]
      terminal.out(`${lines.join('\n')}\n`)
    }
    return exitCodes.ok
  })
}
