import { type Cueline, CuelineError, type Project, type Task } from '@cueline/core'
import type { Barrier } from '@cueline/core/planner'
import { type Command, Option } from 'commander'

import { actorOf } from '../actor.ts'
import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import { barrierOption, name, workersOption } from '../option-values.ts'
import { addPlanningOptions, type PlanningOptions, planningOf } from '../planning-options.ts'
import { type Staged, stagedLines } from '../staged-lines.ts'
import type { Terminal } from '../terminal.ts'
import { writeJson } from '../write-json.ts'

interface StageOptions extends PlanningOptions {
  readonly batch?: string
  readonly workers: number
  readonly barrier?: Barrier
  readonly force?: boolean
}

/** `cueline stage`: plans the open tasks and stages them in batches, or stages tasks by hand. */
export function addStage(program: Command, { terminal, run }: Cli): void {
  const command = program
    .command('stage')
    .summary('plan the tasks and stage them in batches')
    .description(
      'Plans the open tasks for n workers and stages them in the batches of that plan.\n\n' +
        'With --batch and tasks: stages these tasks in that batch, which is made when it is not there.\n\n' +
        'Staged tasks wait until their batch is promoted, by you or by a run. A task whose context is ' +
        'incomplete is staged but not started, unless it was staged with --force.',
    )
    .argument('[tasks...]', 'codes of the tasks to stage with --batch')
    .addOption(
      new Option('--from-plan', 'stage the batches of a plan; the default').conflicts('batch'),
    )
    .option('--batch <name>', 'stage the tasks in this batch', name)
    .addOption(workersOption())
    .addOption(barrierOption())
  addPlanningOptions(command)
    .option('--force', 'let tasks start although their context is incomplete')
    .addHelpText(
      'after',
      `
Examples:
  cueline stage
  cueline stage --workers 8 --barrier layer
  cueline stage --force                also tasks without a complete context
  cueline stage --batch "Before lunch" T3 T4`,
    )
    .action((tasks: string[], _: unknown, command: Command) =>
      run<StageOptions>(command, (options) => stage(terminal, tasks, options)),
    )
}

async function stage(
  terminal: Terminal,
  tasks: readonly string[],
  options: StageOptions & GlobalOptions,
): Promise<number> {
  if (tasks.length > 0 && options.batch === undefined) {
    throw new CuelineError(
      'invalid-input',
      `Say in which batch to stage ${tasks.join(', ')}: --batch "<name>". Without tasks, the whole plan is staged.`,
    )
  }
  if (tasks.length === 0 && options.batch !== undefined) {
    throw new CuelineError(
      'invalid-input',
      `Name the tasks to stage in batch "${options.batch}": cueline stage --batch "${options.batch}" T1 T2.`,
    )
  }
  return withCueline(terminal, options, {}, async (cueline) => {
    const project = await chooseProject(cueline, options.project)
    const actor = actorOf(terminal)
    const staged =
      options.batch === undefined
        ? await fromPlan(cueline, project, options, terminal)
        : await byHand(cueline, project, options.batch, tasks, options.force ?? false, actor)
    const refused = staged.results.filter(({ ok }) => !ok)
    if (options.json) {
      writeJson(terminal, { project: { id: project.id, name: project.name }, ...staged })
    } else terminal.out(`${stagedLines(staged, terminal).join('\n')}\n`)
    return refused.length > 0 ? exitCodes.refused : exitCodes.ok
  })
}

async function fromPlan(
  cueline: Cueline,
  project: Project,
  options: StageOptions,
  terminal: Terminal,
): Promise<Staged> {
  const { workers, barrier, force = false } = options
  const actor = actorOf(terminal)
  const projectId = project.id
  const tasks = await cueline.tasks.list({ projectId })
  const open = tasks.filter(({ status }) => status === 'todo')
  const incomplete = tasks.filter(
    ({ status, contextReady, forced }) => status === 'staged' && !contextReady && !forced,
  )
  if (force && incomplete.length > 0) return forceStaged(cueline, incomplete, projectId, actor)
  if (open.length === 0 || tasks.some(({ batchId }) => batchId !== null)) {
    throw new CuelineError(
      'refused',
      open.length === 0
        ? `Nothing is left to stage: no task of "${project.name}" is todo. See: cueline status.`
        : `Tasks of "${project.name}" are staged already, and ${open.length} are not (${open
            .slice(0, 5)
            .map(({ code }) => code)
            .join(
              ', ',
            )}${open.length > 5 ? ', …' : ''}). Stage those with: cueline stage --batch "<name>" <tasks>.`,
    )
  }
  const plan = await cueline.plans.build({
    projectId,
    workers,
    barrier,
    ...(await planningOf(options, terminal)),
    actor,
  })
  const { batches, results } = await cueline.stages.fromPlan({ planId: plan.id, force, actor })
  const staged = Map.groupBy(
    await cueline.tasks.list({ projectId, status: ['staged'] }),
    ({ batchId }) => batchId,
  )
  return {
    plan: {
      makespan: plan.makespan,
      lowerBound: plan.lowerBound,
      conflicts: plan.conflicts,
    },
    batches: batches.map(({ id, name }) => ({
      id,
      name,
      tasks: (staged.get(id) ?? []).map(({ code }) => code),
    })),
    results: results.map(({ code, ok, message }) => ({ task: code, ok, message })),
  }
}

/** Lets tasks start that are staged already but held back by their context, each in its batch. */
async function forceStaged(
  cueline: Cueline,
  tasks: readonly Task[],
  projectId: string,
  actor: string,
): Promise<Staged> {
  const batches = []
  const results: Staged['results'][number][] = []
  const byBatch = Map.groupBy(tasks, ({ batchId }) => batchId)
  for (const { batch } of await cueline.stages.list({ projectId })) {
    const own = (byBatch.get(batch.id) ?? []).map(({ code }) => code)
    if (own.length === 0) continue
    const staged = await cueline.stages.stage({
      batchId: batch.id,
      tasks: own,
      force: true,
      actor,
    })
    batches.push({ id: batch.id, name: batch.name, tasks: own })
    results.push(...staged.results.map(({ code, ok, message }) => ({ task: code, ok, message })))
  }
  return { plan: null, batches, results }
}

async function byHand(
  cueline: Cueline,
  { id: projectId }: Project,
  name: string,
  tasks: readonly string[],
  force: boolean,
  actor: string,
): Promise<Staged> {
  const known = (await cueline.stages.list({ projectId })).map(({ batch }) => batch)
  let batch = known.find((batch) => batch.name === name || batch.id === name)
  if (batch === undefined) {
    // Before a batch is made that no task would be in.
    for (const task of tasks) await cueline.tasks.get({ projectId, task })
    batch = await cueline.stages.create({ projectId, name, actor })
  }
  const { results } = await cueline.stages.stage({
    batchId: batch.id,
    tasks: [...tasks],
    force,
    actor,
  })
  return {
    plan: null,
    batches: [{ id: batch.id, name: batch.name, tasks: results.map(({ code }) => code) }],
    results: results.map(({ code, ok, message }) => ({ task: code, ok, message })),
  }
}
