import { CuelineError, type Cueline, printableText, type StoredEvent } from '@cueline/core'
import type { Command } from 'commander'

import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { onInterrupt } from '../on-interrupt.ts'
import { withCueline } from '../open-cueline.ts'
import { wholeNumber } from '../option-values.ts'
import { readEvents } from '../read-events.ts'
import type { Terminal } from '../terminal.ts'
import { writeJson } from '../write-json.ts'

interface EventsOptions {
  readonly task?: string
  readonly worker?: string
  readonly last: number
  readonly follow?: boolean
}

/** `cueline events`: who did what and why, of a project, a task or a worker. */
export function addEvents(program: Command, { terminal, run }: Cli): void {
  program
    .command('events')
    .summary('show what happened: who, when, why')
    .description(
      'Shows the event log of a project, or what of it is about a task or a worker: one line per event ' +
        'with its number, time, actor and reason.',
    )
    .option('--task <code>', 'what is about this task, its attempts and its questions')
    .option('--worker <name>', 'what is about this worker, by name or id')
    .option('--last <n>', 'so many of the newest', wholeNumber(1_000_000), 50)
    .option('--follow', 'go on with what happens, until Ctrl-C')
    .addHelpText(
      'after',
      `
Examples:
  cueline events
  cueline events --task T7 --last 200
  cueline events --follow
  cueline events --worker worker-1 --json`,
    )
    .action((_: unknown, command: Command) =>
      run<EventsOptions>(command, (options) => showEvents(terminal, options)),
    )
}

async function showEvents(
  terminal: Terminal,
  options: EventsOptions & GlobalOptions,
): Promise<number> {
  const { json, last, follow = false } = options
  if (json && follow) {
    throw new CuelineError(
      'invalid-input',
      '--json prints one value, --follow never ends. Leave one of them out.',
    )
  }
  return withCueline(terminal, options, {}, async (cueline) => {
    const { id: projectId } = await chooseProject(cueline, options.project)
    const filter = {
      ...(options.task !== undefined && { task: options.task }),
      ...(options.worker !== undefined && { worker: options.worker }),
    }
    const { cursor } = await cueline.events.cursor({ projectId })
    // Of all events only the last are read, however long the log is.
    const from = Object.keys(filter).length === 0 ? { cursor: Math.max(0, cursor - last) } : filter
    const events = (await readEvents(cueline, projectId, from)).slice(-last)
    if (json) writeJson(terminal, { events })
    else {
      const names = namesIn(cueline, projectId)
      const show = async (event: StoredEvent) => terminal.out(`${await lineOf(event, names)}\n`)
      for (const event of events) await show(event)
      const seen = Math.max(cursor, events.at(-1)?.sequence ?? 0)
      if (follow)
        await followEvents(terminal, cueline, { projectId, cursor: seen, ...filter }, show)
    }
    return exitCodes.ok
  })
}

async function followEvents(
  terminal: Terminal,
  cueline: Cueline,
  options: { readonly projectId: string; readonly cursor: number },
  show: (event: StoredEvent) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  const release = onInterrupt(terminal, { first: () => stop.abort() })
  try {
    for await (const event of cueline.watch({ ...options, signal: stop.signal })) await show(event)
  } finally {
    release()
  }
}

/** What an event says in words, in the order in which the first that is there is shown. */
const words = ['reason', 'summary', 'text', 'answer', 'name', 'branch', 'salvaged', 'path'] as const

async function lineOf(event: StoredEvent, names: Names): Promise<string> {
  const fields = event as Readonly<Record<string, unknown>>
  const word = words.map((name) => fields[name]).find((value) => typeof value === 'string')
  const said = 'failure' in event ? event.failure.message : (word ?? '')
  const about = await aboutWhom(event, names)
  const at = new Date(event.at).toISOString()
  const parts = [String(event.sequence), at, event.actor, event.type, about, said].map(
    printableText,
  )
  return parts.filter((part) => part !== '').join('  ')
}

/** Code of the task that it is about, or name and new state of the worker. */
async function aboutWhom(event: StoredEvent, { taskOf, workerOf }: Names): Promise<string> {
  if (event.type === 'worker.changed') {
    return `${await workerOf(event.workerId)} ${event.status}`
  }
  return 'taskId' in event ? taskOf(event.taskId) : ''
}

interface Names {
  /** The code of a task. */
  taskOf(id: string): Promise<string>
  /** The name of a worker with its id, since workers of several runs may share a name. */
  workerOf(id: string): Promise<string>
}

/** Asks for all names at once, when one is not known. */
function namesIn(cueline: Cueline, projectId: string): Names {
  const codes = new Map<string, string>()
  const workers = new Map<string, string>()
  return {
    async taskOf(id) {
      if (!codes.has(id)) {
        for (const task of await cueline.tasks.list({ projectId })) codes.set(task.id, task.code)
      }
      return codes.get(id) ?? id
    },
    async workerOf(id) {
      if (!workers.has(id)) {
        for (const worker of await cueline.workers.list({ projectId })) {
          workers.set(worker.id, `${worker.name} (${worker.id})`)
        }
      }
      return workers.get(id) ?? id
    },
  }
}
