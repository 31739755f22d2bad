import { type Cueline, cutText, formatDuration, printableText, renderTable } from '@cueline/core'
import type { Command } from 'commander'

import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import { requestLines } from '../request-lines.ts'
import { listRequests, type RequestView } from '../request-view.ts'
import type { Terminal } from '../terminal.ts'
import { wrapText } from '../wrap-text.ts'
import { writeJson } from '../write-json.ts'

interface Status {
  readonly project: {
    readonly id: string
    readonly name: string
    readonly paused: boolean
    readonly barrier: string
  }
  readonly tasks: Readonly<Record<'total' | TaskStatus, number>>
  readonly batches: readonly BatchStatus[]
  readonly running: readonly RunningTask[]
  readonly failed: readonly {
    readonly task: string
    readonly title: string
    readonly message: string
  }[]
  readonly requests: readonly RequestView[]
}

const mostShown = 10
const statuses = ['todo', 'staged', 'doing', 'review', 'done', 'failed', 'cancelled'] as const
type TaskStatus = (typeof statuses)[number]

interface BatchStatus {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly total: number
  readonly done: number
  readonly running: number
  readonly failed: number
  readonly stuck: string | null
}

interface RunningTask {
  readonly task: string
  readonly title: string
  readonly status: string
  readonly attempt: number
  /** Milliseconds since its first attempt started. */
  readonly forMs: number
}

/** `cueline status`: where a project stands. */
export function addStatus(program: Command, { terminal, run }: Cli): void {
  program
    .command('status')
    .summary('show where the project stands')
    .description(
      'Shows tasks by status, batches, what runs, what failed and what people are asked.',
    )
    .addHelpText(
      'after',
      `
Examples:
  cueline status
  cueline status --project Greenhouse --json`,
    )
    .action((_: unknown, command: Command) => run(command, (options) => status(terminal, options)))
}

async function status(terminal: Terminal, options: GlobalOptions): Promise<number> {
  return withCueline(terminal, options, {}, async (cueline) => {
    const found = await statusOf(cueline, options)
    if (options.json) writeJson(terminal, found)
    else terminal.out(`${statusLines(found, terminal).join('\n')}\n`)
    return exitCodes.ok
  })
}

async function statusOf(cueline: Cueline, options: GlobalOptions): Promise<Status> {
  const project = await chooseProject(cueline, options.project)
  const projectId = project.id
  const tasks = await cueline.tasks.list({ projectId })
  const batches = await cueline.stages.list({ projectId })
  const counts = { total: tasks.length, ...Object.fromEntries(statuses.map((name) => [name, 0])) }
  const byStatus = counts as Record<'total' | TaskStatus, number>
  for (const { status } of tasks) byStatus[status]++
  const now = Date.now()
  return {
    project: {
      id: project.id,
      name: project.name,
      paused: project.pausedAt !== null,
      barrier: project.settings.barrier,
    },
    tasks: byStatus,
    batches: batches.map(({ batch, label, total, done, doing, review, failed }) => ({
      id: batch.id,
      name: batch.name,
      state: label,
      total,
      done,
      running: doing + review,
      failed,
      stuck: batch.stuckReason,
    })),
    running: tasks
      .filter(({ status }) => status === 'doing' || status === 'review')
      .map(({ code, title, status, attemptCount, startedAt }) => ({
        task: code,
        title,
        status,
        attempt: attemptCount,
        forMs: startedAt === null ? 0 : Math.max(0, now - startedAt),
      })),
    failed: tasks
      .filter(({ status }) => status === 'failed')
      .map(({ code, title, failure }) => ({ task: code, title, message: failure?.message ?? '' })),
    requests: await listRequests(cueline, projectId, ['open']),
  }
}

function statusLines(status: Status, terminal: Terminal): string[] {
  const { project, tasks, batches, running, failed, requests } = status
  const width = terminal.columns
  const counts = statuses.filter((name) => tasks[name] > 0).map((name) => `${tasks[name]} ${name}`)
  const paused = project.paused ? ', paused' : ''
  const blocks = [
    [
      terminal.style('bold', printableText(project.name)) + paused,
      `${tasks.total} tasks${counts.length > 0 ? `: ${counts.join(', ')}` : ''}`,
    ],
    batches.length === 0
      ? [
          tasks.total === 0
            ? 'There is no task yet. Next: cueline import plan.md.'
            : 'Nothing is staged yet. Next: cueline stage.',
        ]
      : batchLines(batches, width),
    running.length === 0
      ? []
      : [
          terminal.style('bold', 'Running'),
          ...renderTable(
            {
              title: '',
              columns: [{ title: '' }, { title: '', flexible: true }, { title: '' }, { title: '' }],
              rows: running.map(({ task, title, status, attempt, forMs }) => [
                task,
                title,
                attempt > 1 ? `${status}, attempt ${attempt}` : status,
                formatDuration(forMs),
              ]),
            },
            width,
          ),
        ],
    failed.length === 0
      ? []
      : [
          terminal.style('red', 'Failed'),
          ...failed
            .slice(0, mostShown)
            .flatMap(({ task, title, message }) => [
              cutText(`- ${printableText(`${task} ${title}`)}`, width),
              ...wrapText(printableText(message), width, '  '),
            ]),
          ...(failed.length > mostShown
            ? [`… and ${failed.length - mostShown} more; --json shows all.`]
            : []),
          'Another chance: cueline retry',
        ],
    requests.length === 0
      ? []
      : [terminal.style('yellow', 'Waiting for an answer'), ...requestLines(requests, width)],
  ]
  return blocks
    .filter((lines) => lines.length > 0)
    .flatMap((lines, at) => (at === 0 ? lines : ['', ...lines]))
}

function batchLines(batches: readonly BatchStatus[], width: number): string[] {
  const shown = batches.slice(0, 30)
  const table = {
    title: '',
    columns: [
      { title: 'Batch', flexible: true },
      { title: 'State' },
      { title: 'Done', align: 'right' as const },
      { title: 'Running', align: 'right' as const },
      { title: 'Failed', align: 'right' as const },
      { title: '', flexible: true },
    ],
    rows: shown.map(({ name, state, done, total, running, failed, stuck }) => [
      name,
      state,
      `${done}/${total}`,
      String(running),
      String(failed),
      stuck ?? '',
    ]),
  }
  const more = batches.length - shown.length
  return [
    ...renderTable(table, width),
    ...(more > 0 ? [`… and ${more} more; --json shows all.`] : []),
  ]
}
