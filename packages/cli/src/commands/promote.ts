import { type Batch, type Cueline, CuelineError, printableText } from '@cueline/core'
import type { Command } from 'commander'

import { actorOf } from '../actor.ts'
import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import type { Terminal } from '../terminal.ts'
import { writeJson } from '../write-json.ts'

/** `cueline promote`: lets the tasks of a batch start. */
export function addPromote(program: Command, { terminal, run }: Cli): void {
  program
    .command('promote')
    .summary('let the tasks of a batch start')
    .description(
      'Promotes a batch: its ready tasks can be claimed at once, the others as soon as what they wait ' +
        'for has settled. Runs promote batches by themselves when a worker would else be idle.',
    )
    .argument('[batch]', 'its name, number or id; the next one that is not promoted when absent')
    .addHelpText(
      'after',
      `
Examples:
  cueline promote
  cueline promote 2
  cueline promote "Batch 2" --json`,
    )
    .action((batch: string | undefined, _: unknown, command: Command) =>
      run(command, (options) => promote(terminal, batch, options)),
    )
}

async function promote(
  terminal: Terminal,
  named: string | undefined,
  options: GlobalOptions,
): Promise<number> {
  return withCueline(terminal, options, {}, async (cueline) => {
    const { id: projectId } = await chooseProject(cueline, options.project)
    const batch = await chooseBatch(cueline, projectId, named)
    const actor = actorOf(terminal)
    const results = await cueline.stages.promote({ batchId: batch.id, actor })
    const tasks = await cueline.tasks.list({ projectId })
    const codes = new Map<string, string>(tasks.map((task) => [task.id, task.code]))
    const codesOf = (ok: boolean) =>
      results.filter((result) => result.ok === ok).map(({ taskId }) => codes.get(taskId) ?? taskId)
    const [released, waiting] = [codesOf(true), codesOf(false)]
    if (options.json) {
      writeJson(terminal, { batch: { id: batch.id, name: batch.name }, released, waiting })
      return exitCodes.ok
    }
    terminal.out(
      [
        `Promoted ${printableText(batch.name)}.`,
        ...listed('Can start now', released),
        ...listed('Start when what they wait for has settled', waiting),
        '',
      ].join('\n'),
    )
    return exitCodes.ok
  })
}

async function chooseBatch(
  cueline: Cueline,
  projectId: string,
  named: string | undefined,
): Promise<Batch> {
  const batches = (await cueline.stages.list({ projectId })).map(({ batch }) => batch)
  if (named === undefined) {
    const next = batches.find((batch) => batch.promotedAt === null)
    if (next !== undefined) return next
    throw new CuelineError(
      'refused',
      batches.length === 0
        ? 'No batch is there to promote. Stage the tasks first: cueline stage.'
        : `All ${batches.length} batches are promoted already. See: cueline status.`,
    )
  }
  const found = batches.find(
    (batch) => batch.id === named || batch.name === named || String(batch.order) === named,
  )
  if (found !== undefined) return found
  throw new CuelineError(
    'not-found',
    `There is no batch "${named}". ${
      batches.length === 0
        ? 'Stage the tasks first: cueline stage.'
        : `There is ${batches
            .slice(0, 10)
            .map(({ name }) => `"${name}"`)
            .join(', ')}${batches.length > 10 ? ', …' : ''}.`
    }`,
  )
}

function listed(title: string, codes: readonly string[]): string[] {
  if (codes.length === 0) return []
  const shown = codes.slice(0, 50).map(printableText)
  return [`${title}: ${shown.join(' ')}${codes.length > 50 ? ` … ${codes.length} in all` : ''}`]
}
