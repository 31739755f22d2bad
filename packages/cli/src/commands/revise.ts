import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'

import { type Cueline, CuelineError, errorMessage } from '@cueline/core'
import type { Barrier } from '@cueline/core/planner'
import { type Command, InvalidArgumentError } from 'commander'

import { actorOf } from '../actor.ts'
import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import {
  barrierOption,
  each,
  mostWorkers,
  type TaskEdge,
  taskEdge,
  type TaskEstimate,
  taskEstimate,
  wholeNumber,
} from '../option-values.ts'
import { readRepository } from '../read-repository.ts'
import type { Terminal } from '../terminal.ts'
import { textLines } from '../text-lines.ts'
import { writeJson } from '../write-json.ts'

type Patch = Parameters<Cueline['plans']['revise']>[0]['patch']

interface ReviseOptions {
  readonly repository?: string
  readonly estimate?: readonly TaskEstimate[]
  readonly priority?: readonly TaskPriority[]
  readonly wait?: readonly TaskEdge[]
  readonly without?: readonly TaskEdge[]
  readonly remove?: readonly string[]
  readonly workers?: number
  readonly barrier?: Barrier
  readonly restart?: boolean
  readonly preview?: boolean
}

interface TaskPriority {
  readonly task: string
  readonly priority: 'high' | 'normal' | 'low'
}

/** `cueline revise`: changes the plan, also while it is worked on. */
export function addRevise(program: Command, { terminal, run }: Cli): void {
  program
    .command('revise')
    .summary('change the plan, also while it is worked on')
    .description(
      'Changes the plan: what may change freely does, what would need a running task to start again ' +
        'is named and only done with --restart, what cannot be is refused and the rest applied. The ' +
        'plan gets its next revision.\n\n' +
        'The file holds a patch as JSON: { "removeDependencies": [{ "task", "dependsOn" }], "remove": ' +
        '["T7"], "change": [{ "task", "estimate", "priority", "title", "epic", "touches", "resources" }], ' +
        '"add": [tasks], "addDependencies": [{ "task", "dependsOn" }] }, each part as needed. Options ' +
        'come on top of it.',
    )
    .argument('[file]', 'the patch')
    .option('--estimate <task=minutes>', 'another estimate: T7=30 or T7=20-40', each(taskEstimate))
    .option('--priority <task=priority>', 'high, normal or low: T7=high', each(taskPriority))
    .option('--wait <task:dependency>', 'the first waits for the second', each(taskEdge))
    .option(
      '--without <task:dependency>',
      'the first no longer waits for the second',
      each(taskEdge),
    )
    .option('--remove <task>', 'cancel it; nothing waits for it any more', each(String))
    .option('-w, --workers <n>', 'plan for so many workers', wholeNumber(mostWorkers))
    .addOption(barrierOption())
    .option('--repository <folder>', 'predict conflicts anew from its files and history')
    .option('--restart', 'start running tasks again where that is needed')
    .option('--preview', 'only say what would come of it')
    .addHelpText(
      'after',
      `
Examples:
  cueline revise --estimate T7=90 --preview
  cueline revise --remove T3 --wait T9:T7
  cueline revise patch.json --restart

Options that name a task may be given several times.
Exit code 3 when a part of the patch was not applied.`,
    )
    .action((file: string | undefined, _: unknown, command: Command) =>
      run<ReviseOptions>(command, (options) => revise(terminal, file, options)),
    )
}

async function revise(
  terminal: Terminal,
  file: string | undefined,
  options: ReviseOptions & GlobalOptions,
): Promise<number> {
  const { workers, barrier, restart = false, preview = false } = options
  const patch = withOptions(file === undefined ? {} : await readPatch(file, terminal.cwd), options)
  if (Object.keys(patch).length === 0 && workers === undefined && barrier === undefined) {
    throw new CuelineError(
      'invalid-input',
      'revise was told nothing to change. Give a file with a patch, or one of --estimate, --priority, --wait, --without, --remove, --workers and --barrier.',
    )
  }
  const known =
    options.repository === undefined
      ? {}
      : await readRepository(resolve(terminal.cwd, options.repository))
  return withCueline(terminal, options, {}, async (cueline) => {
    const { id: projectId } = await chooseProject(cueline, options.project)
    const revised = await cueline.plans.revise({
      projectId,
      patch,
      restart,
      preview,
      workers,
      barrier,
      ...known,
      actor: actorOf(terminal),
    })
    const { plan: _, ...answer } = revised
    if (options.json) writeJson(terminal, answer)
    else
      terminal.out(
        `${[...textLines(revised.text, terminal), '', last(revised, preview)].join('\n')}\n`,
      )
    const left = revised.refused.length + (restart ? 0 : revised.restart.length)
    return left > 0 ? exitCodes.refused : exitCodes.ok
  })
}

function last(
  { applied, revision, restarted }: Awaited<ReturnType<Cueline['plans']['revise']>>,
  preview: boolean,
): string {
  if (preview) return `Nothing is changed yet: this is a preview of revision ${revision}.`
  if (!applied) return `Nothing is changed: the plan stays at revision ${revision}.`
  const again = restarted.length === 0 ? '' : ` Started again: ${restarted.join(', ')}.`
  return `The plan is at revision ${revision} now.${again}`
}

/** Options after what the file says; those of one task in one change. */
function withOptions(patch: Patch, options: ReviseOptions): Patch {
  const { estimate = [], priority = [], wait = [], without = [], remove = [] } = options
  const changes = [
    ...estimate.map(({ task, minutes }) => ({ task, estimate: minutes })),
    ...priority,
  ]
  const more = {
    removeDependencies: [...(patch.removeDependencies ?? []), ...without],
    remove: [...(patch.remove ?? []), ...remove],
    change: [...(patch.change ?? []), ...changes],
    addDependencies: [...(patch.addDependencies ?? []), ...wait],
  }
  const named = Object.entries(more).filter(([, parts]) => parts.length > 0)
  return { ...patch, ...(Object.fromEntries(named) as Patch) }
}

async function readPatch(file: string, cwd: string): Promise<Patch> {
  const text = await readFile(resolve(cwd, file), 'utf8').catch((cause: unknown) => {
    throw new CuelineError(
      'invalid-input',
      `${file} cannot be read (${errorMessage(cause)}). Give a file with a patch as JSON.`,
      { cause },
    )
  })
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch (cause) {
    throw new CuelineError(
      'invalid-input',
      `${file} is not JSON (${errorMessage(cause)}). Give a patch such as { "remove": ["T7"] }.`,
      { cause },
    )
  }
  throw new CuelineError(
    'invalid-input',
    `${file} holds JSON that is no object. Give a patch such as { "remove": ["T7"] }.`,
  )
}

function taskPriority(text: string): TaskPriority {
  const parts = /^(.+)=(high|normal|low)$/.exec(text)
  if (parts === null) throw new InvalidArgumentError('Give a task and its priority: T7=high.')
  return { task: parts[1]!, priority: parts[2] as TaskPriority['priority'] }
}
