import {
  type Cueline,
  CuelineError,
  formatDuration,
  printableText,
  renderTable,
  type Session,
} from '@cueline/core'
import type { Command } from 'commander'

import { actorOf } from '../actor.ts'
import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import { isMeant, shortId } from '../short-id.ts'
import type { Terminal } from '../terminal.ts'
import { writeJson } from '../write-json.ts'

interface ListOptions {
  readonly all?: boolean
  readonly task?: string
}
interface EndOptions {
  readonly force?: boolean
}

/** `cueline sessions`: the agents' own sessions, and how to end them. */
export function addSessions(program: Command, { terminal, run }: Cli): void {
  const sessions = program
    .command('sessions')
    .summary("list the agents' own sessions, or end them")
    .description(
      "Lists the agents' own sessions that the next attempt of a task can resume, oldest first. They " +
        'end during a run, or by `cueline sessions sweep`, when they were idle for 30 minutes or are ' +
        'older than an hour, never while ' +
        'work needs them.',
    )
    .option('--all', 'also those that have ended')
    .option('--task <code>', 'those of one task')
    .addHelpText(
      'after',
      `
Examples:
  cueline sessions
  cueline sessions --task T7 --all --json
  cueline sessions end session_2f1c
  cueline sessions sweep`,
    )
    .action((_: unknown, command: Command) =>
      run<ListOptions>(command, (options) => list(terminal, options)),
    )
  sessions
    .command('end')
    .summary('end a session: no later attempt resumes it')
    .description(
      'Ends a session, so that the next attempt of its task begins a new one. Work that goes on in it ' +
        'is not stopped.',
    )
    .argument('<session>', 'id of the session, its start, or the code of its task')
    .option('--force', 'also while work is in flight, or waits for a person')
    .addHelpText(
      'after',
      `
Examples:
  cueline sessions end T7
  cueline sessions end session_2f1c --force`,
    )
    .action((session: string, _: unknown, command: Command) =>
      run<EndOptions>(command, (options) => end(terminal, session, options)),
    )
  sessions
    .command('sweep')
    .summary('end the sessions that were kept for long enough')
    .description(
      'Ends the sessions that were idle or open for longer than the settings of the project say. A ' +
        'run does that by itself; this is for projects that nobody runs.',
    )
    .addHelpText('after', '\nExamples:\n  cueline sessions sweep --json')
    .action((_: unknown, command: Command) =>
      run<object>(command, (options) => sweep(terminal, options)),
    )
}

async function sweep(terminal: Terminal, options: GlobalOptions): Promise<number> {
  return withCueline(terminal, options, {}, async (cueline) => {
    const { id: projectId } = await chooseProject(cueline, options.project)
    const { ended } = await cueline.sessions.sweep({ projectId, actor: actorOf(terminal) })
    if (options.json) writeJson(terminal, { ended })
    else terminal.out(`${sweptInWords(ended.length)}\n`)
    return exitCodes.ok
  })
}

function sweptInWords(count: number): string {
  if (count === 0) return 'No session has been kept for long enough.'
  return `Ended ${count === 1 ? 'one session' : `${count} sessions`}.`
}

async function list(terminal: Terminal, options: ListOptions & GlobalOptions): Promise<number> {
  return withCueline(terminal, options, {}, async (cueline) => {
    const { id: projectId } = await chooseProject(cueline, options.project)
    const found = await viewsOf(cueline, projectId, {
      ...(options.task !== undefined && { task: options.task }),
      ...(options.all !== true && { status: ['active', 'idle'] }),
    })
    if (options.json) writeJson(terminal, { sessions: found })
    else if (found.length === 0) terminal.out('No agent has a session to go on with.\n')
    else terminal.out(`${tableOf(found, terminal.columns).join('\n')}\n`)
    return exitCodes.ok
  })
}

async function end(
  terminal: Terminal,
  reference: string,
  { force = false, ...options }: EndOptions & GlobalOptions,
): Promise<number> {
  return withCueline(terminal, options, {}, async (cueline) => {
    const { id: projectId } = await chooseProject(cueline, options.project)
    const { id, task } = chooseSession(await viewsOf(cueline, projectId), reference)
    await cueline.sessions.end({ sessionId: id, force, actor: actorOf(terminal) })
    if (options.json) writeJson(terminal, { session: id, task })
    else terminal.out(`Ended the session of ${printableText(task)}.\n`)
    return exitCodes.ok
  })
}

/** A session as the command line shows it. */
interface SessionView extends Pick<
  Session,
  'id' | 'agentSessionId' | 'status' | 'endReason' | 'startedAt' | 'lastUsedAt' | 'endedAt'
> {
  /** Code of its task. */
  readonly task: string
  readonly worker: string
}

async function viewsOf(
  cueline: Cueline,
  projectId: string,
  filter: Omit<Parameters<Cueline['sessions']['list']>[0], 'projectId'> = {},
): Promise<readonly SessionView[]> {
  const sessions = await cueline.sessions.list({ projectId, ...filter })
  if (sessions.length === 0) return []
  const tasks = await cueline.tasks.list({ projectId })
  const codes = new Map<string, string>(tasks.map((task) => [task.id, task.code]))
  return sessions.map((session) => ({
    id: session.id,
    task: codes.get(session.taskId) ?? session.taskId,
    agentSessionId: session.agentSessionId,
    worker: session.workerId,
    status: session.status,
    endReason: session.endReason,
    startedAt: session.startedAt,
    lastUsedAt: session.lastUsedAt,
    endedAt: session.endedAt,
  }))
}

function tableOf(sessions: readonly SessionView[], width: number): string[] {
  const now = Date.now()
  const since = (at: number) => formatDuration(Math.max(0, now - at))
  return renderTable(
    {
      title: '',
      columns: [
        { title: 'task', flexible: true },
        { title: 'status' },
        { title: 'age', align: 'right' },
        { title: 'used', align: 'right' },
        { title: 'session' },
        { title: "agent's id", flexible: true },
      ],
      rows: sessions.map((session) => [
        session.task,
        session.endReason === null ? session.status : `ended (${session.endReason})`,
        since(session.startedAt),
        `${since(session.lastUsedAt)} ago`,
        shortId(session.id),
        session.agentSessionId,
      ]),
    },
    width,
  )
}

function chooseSession(sessions: readonly SessionView[], reference: string): SessionView {
  const exact = sessions.find(({ id }) => id === reference)
  if (exact !== undefined) return exact
  const found = sessions.filter(({ id, task, status }) =>
    task === reference ? status !== 'ended' : isMeant(id, reference),
  )
  const [first] = found
  if (first !== undefined && found.length === 1) return first
  if (found.length > 1) {
    throw new CuelineError(
      'invalid-input',
      `${found.length} sessions fit "${reference}": ${found.map(({ id }) => id).join(', ')}. Name one by its id.`,
    )
  }
  const open = sessions.filter(({ status }) => status !== 'ended')
  throw new CuelineError(
    'not-found',
    open.length === 0
      ? `There is no session "${reference}", and none is open. See: cueline sessions --all.`
      : `No session fits "${reference}". Open: ${open.map(({ id, task }) => `${id} (${task})`).join(', ')}.`,
  )
}
