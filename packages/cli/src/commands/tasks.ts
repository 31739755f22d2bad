import { type Cueline, CuelineError, renderTable } from '@cueline/core'
import { type Command, InvalidArgumentError, Option } from 'commander'

import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import { each } from '../option-values.ts'
import type { Terminal } from '../terminal.ts'
import { writeJson } from '../write-json.ts'

const statuses = ['todo', 'staged', 'doing', 'review', 'done', 'failed', 'cancelled'] as const
type TaskStatus = (typeof statuses)[number]

interface TasksOptions {
  readonly status?: readonly TaskStatus[]
  readonly batch?: string
}

/** What `--json` says of a task. */
interface TaskRow {
  readonly task: string
  readonly id: string
  readonly title: string
  readonly status: TaskStatus
  readonly batch: string | null
  readonly priority: string
  readonly attempts: number
}

/** `cueline tasks`: the tasks of a project with their codes. */
export function addTasks(program: Command, { terminal, run }: Cli): void {
  program
    .command('tasks')
    .summary('list the tasks with their codes')
    .description('Lists the tasks of a project in the order they were added.')
    .addOption(
      new Option('--status <status>', `only those that are ${statuses.join(', ')}; repeatable`)
        // Choices of an option that may be repeated are checked by its parser.
        .argParser(each(statusOption)),
    )
    .option('--batch <name>', 'only those staged in this batch, by name or id')
    .addHelpText(
      'after',
      `
Examples:
  cueline tasks
  cueline tasks --status failed --status cancelled
  cueline tasks --batch "Batch 2" --json`,
    )
    .action((_: unknown, command: Command) =>
      run<TasksOptions>(command, (options) => listTasks(terminal, options)),
    )
}

async function listTasks(
  terminal: Terminal,
  options: TasksOptions & GlobalOptions,
): Promise<number> {
  return withCueline(terminal, options, {}, async (cueline) => {
    const { id: projectId, name } = await chooseProject(cueline, options.project)
    const tasks = await rowsOf(cueline, projectId, options)
    if (options.json) {
      writeJson(terminal, { project: { id: projectId, name }, tasks })
    } else if (tasks.length === 0) {
      const some = options.status !== undefined || options.batch !== undefined
      terminal.out(some ? 'No task fits.\n' : 'There is no task yet.\n')
    } else {
      terminal.out(`${linesOf(tasks, terminal.columns).join('\n')}\n`)
    }
    return exitCodes.ok
  })
}

async function rowsOf(
  cueline: Cueline,
  projectId: string,
  { status, batch: wanted }: TasksOptions,
): Promise<TaskRow[]> {
  const batches = (await cueline.stages.list({ projectId })).map(({ batch }) => batch)
  const batch = batches.find(({ id, name }) => id === wanted || name === wanted)
  if (wanted !== undefined && batch === undefined) {
    const names = batches.map(({ name }) => `"${name}"`).join(', ')
    throw new CuelineError(
      'not-found',
      `There is no batch "${wanted}". ${names === '' ? 'Stage the tasks first: cueline stage.' : `There is ${names}.`}`,
      { details: { batch: wanted } },
    )
  }
  const tasks = await cueline.tasks.list({
    projectId,
    ...(status !== undefined && { status: [...status] }),
    ...(batch !== undefined && { batchId: batch.id }),
  })
  const names = new Map<string, string>(batches.map(({ id, name }) => [id, name]))
  return tasks.map(({ id, code, title, status, batchId, priority, attemptCount }) => ({
    task: code,
    id,
    title,
    status,
    batch: batchId === null ? null : (names.get(batchId) ?? batchId),
    priority,
    attempts: attemptCount,
  }))
}

function linesOf(tasks: readonly TaskRow[], columns: number): readonly string[] {
  return renderTable(
    {
      title: '',
      columns: [
        { title: 'Task' },
        { title: 'Status' },
        { title: 'Batch', flexible: true },
        { title: 'Title', flexible: true },
      ],
      rows: tasks.map(({ task, status, batch, title }) => [task, status, batch ?? '-', title]),
    },
    columns,
  )
}

function statusOption(text: string): TaskStatus {
  const status = statuses.find((name) => name === text)
  if (status !== undefined) return status
  throw new InvalidArgumentError(`Allowed choices are ${statuses.join(', ')}.`)
}
