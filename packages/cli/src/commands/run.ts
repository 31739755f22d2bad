import { join, resolve } from 'node:path'

import { commandGate, commandGates, processRunner, splitCommand } from '@cueline/adapter-agents'
import {
  createRunView,
  type Cueline,
  CuelineError,
  type Gates,
  printableText,
  renderReportText,
  type RunResult,
  type StoredEvent,
} from '@cueline/core'
import { type Command, Option } from 'commander'

import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { shownDatabase, stateFolderOf } from '../database-place.ts'
import { exitCodes } from '../exit-code.ts'
import { findProgram } from '../find-program.ts'
import { onInterrupt } from '../on-interrupt.ts'
import { withCueline } from '../open-cueline.ts'
import {
  mostWorkers,
  numberAbove0,
  positiveNumber,
  wholeNumber,
  workersOption,
} from '../option-values.ts'
import { openRunScreen } from '../run-screen.ts'
import type { Terminal } from '../terminal.ts'
import { type SetupOptions, workspacesOf } from '../workspaces-of.ts'
import { wrapText } from '../wrap-text.ts'
import { writeJson } from '../write-json.ts'

/** As `mergeGroup` of `createCueline` takes it. */
const mostMergedTogether = 100

/** As `gitWorkspaces` has it. */
const usualBranch = 'cueline/main'

interface RunOptions extends SetupOptions {
  readonly agent: string
  readonly resume?: string
  readonly workers: number
  readonly result?: string
  readonly repository?: string
  readonly branch?: string
  readonly gate?: readonly string[]
  readonly allowPath?: readonly string[]
  readonly timeout?: number
  readonly drain: number
}

/** `cueline run`: has agents work on the project until nothing is left that could go on. */
export function addRun(program: Command, { terminal, run }: Cli): void {
  program
    .command('run')
    .allowExcessArguments(true)
    .hook('preAction', (_, { args: [file] }) => {
      if (file === undefined) return
      program.error(
        `error: run takes no plan, and was given '${file}'\n(it works on what is staged: cueline import ${file}, then cueline stage, then run)`,
      )
    })
    .summary('work on the project with agents')
    .description(
      'Works on the staged tasks until nothing is left that could go on by itself: promotes batches, ' +
        'starts agents, judges their work by gates, brings it together and retries what failed.\n\n' +
        'The agent is any program. It is started once per attempt in a folder of its own, finds the ' +
        'task on standard input and in the files that CUELINE_PROMPT and CUELINE_CONTEXT name, and may ' +
        'write a result to the file CUELINE_RESULT. It never goes through a shell.\n\n' +
        'Ctrl-C lets running attempts finish for a while, then stops them; the same command goes on. ' +
        'Several runs may work on one project at once.',
    )
    .requiredOption('-a, --agent <command>', 'the agent: a program with its arguments')
    .option(
      '--resume <command>',
      "goes on with an agent's own session, instead of --agent; {session} stands for its id",
    )
    .addOption(workersOption())
    .option(
      '--result <folder>',
      'where finished work comes together; every attempt starts with a copy of it (default: ".cueline/result")',
    )
    .option(
      '--repository <folder>',
      'a git repository instead of --result: every attempt gets a worktree of its own',
    )
    .option(
      '--branch <name>',
      'the branch of --repository that finished work lands on (default: "cueline/main")',
    )
    .option(
      '--setup <file>',
      'what each worktree of --repository gets: ignored files, commands, ports, variables, as JSON',
    )
    .addOption(
      new Option(
        '--policy <policy>',
        'of worktrees of --repository: fresh for each attempt, or one per lane that stays',
      ).choices(['attempt', 'lane']),
    )
    .option(
      '--max-workspaces <n>',
      'worktrees of the branch at a time, of all runs; work waits for room',
      wholeNumber(mostWorkers),
    )
    .option(
      '--min-free <MiB>',
      'work waits while the disk has less free (default: 64)',
      positiveNumber,
    )
    .option(
      '--gate <command>',
      'must exit with 0 for every task, beside the gates of the plan; repeatable',
      (command: string, before: readonly string[] | undefined): readonly string[] => [
        ...(before ?? []),
        command,
      ],
    )
    .option(
      '--allow-path <path>',
      'what work may change without a person, of the paths that are protected; repeatable',
      (path: string, before: readonly string[] | undefined): readonly string[] => [
        ...(before ?? []),
        path,
      ],
    )
    .option(
      '--merge-group <n>',
      'merge and judge up to so many tasks together where several wait to be merged (default: 1)',
      wholeNumber(mostMergedTogether),
    )
    .option('--timeout <minutes>', 'stop an attempt after so many minutes of work', numberAbove0)
    .option('--drain <seconds>', 'what attempts get to finish after Ctrl-C', positiveNumber, 10)
    .addHelpText(
      'after',
      `
Examples:
  cueline run --agent "my-agent --print" --workers 4
  cueline run --agent "node $PWD/agent.js" --result . --gate "npm test"
  cueline run --agent ./agent.sh --repository . --gate "npm test"
  cueline run --agent ./agent.sh --repository . --setup setup.json
  cueline run --agent ./agent.sh --timeout 30 --json > report.json

Exit code 1 when tasks failed or could not go on, 130 after Ctrl-C.`,
    )
    .action((_: unknown, command: Command) =>
      run<RunOptions>(command, (options) => runAgents(terminal, options)),
    )
}

async function runAgents(terminal: Terminal, options: RunOptions & GlobalOptions): Promise<number> {
  const folder = stateFolderOf(terminal, options.db)
  const stateFolder = join(folder, 'processes')
  const root = join(folder, 'workspaces')
  const ports = {
    runner: processRunner({
      command: findProgram(splitCommand(options.agent, '--agent'), '--agent', terminal),
      stateFolder,
      ...(options.resume !== undefined && {
        resumeCommand: findProgram(splitCommand(options.resume, '--resume'), '--resume', terminal),
      }),
      ...(options.timeout !== undefined && { timeoutMs: options.timeout * 60_000 }),
    }),
    workspace: workspacesOf(terminal, options, root),
    gates: gatesOf(options, stateFolder),
    protect: { allow: options.allowPath ?? [] },
    ...(options.mergeGroup !== undefined && { mergeGroup: options.mergeGroup }),
  }
  return withCueline(terminal, options, ports, async (cueline) => {
    const { id: projectId, name } = await chooseProject(cueline, options.project)
    await requireStaged(cueline, projectId)
    const workers = usefulWorkers(terminal, options)
    const result = await showRun(terminal, cueline, projectId, { ...options, workers })
    if (options.json) writeJson(terminal, result)
    else if (result.ended === 'rested') {
      terminal.out(renderReportText(result, terminal.columns))
      for (const line of whereItLanded(result, options, terminal)) terminal.out(`${line}\n`)
    }
    const { done, total } = result.tasks
    if (result.ended === 'stopped') {
      terminal.err(
        `Stopped "${printableText(name)}": ${done} of ${total} tasks are done, ${result.interrupted} running ${result.interrupted === 1 ? 'attempt was' : 'attempts were'} put back.\nNothing is lost; the same command goes on.\n`,
      )
      return exitCodes.interrupted
    }
    if (done + result.tasks.cancelled === total) return exitCodes.ok
    for (const line of await leftOver(cueline, projectId, result)) {
      terminal.err(`${wrapText(line, terminal.columns).join('\n')}\n`)
    }
    return exitCodes.failed
  })
}

/** More than there are workspaces would only wait, and count as work that they do. */
function usefulWorkers(terminal: Terminal, { workers, maxWorkspaces }: RunOptions): number {
  if (maxWorkspaces === undefined || maxWorkspaces >= workers) return workers
  terminal.err(
    `--max-workspaces ${maxWorkspaces} leaves no workspace for more than ${maxWorkspaces} of the ${workers} workers; the others are not started.\n`,
  )
  return maxWorkspaces
}

/** What a person does next with the branch that work has landed on. */
function whereItLanded(
  { merges }: RunResult,
  { repository, branch = usualBranch }: RunOptions,
  { cwd }: Terminal,
): string[] {
  if (repository === undefined || (merges?.landed ?? 0) === 0) return []
  const folder = resolve(cwd, repository)
  const name = pasted(branch)
  const isHere = folder === resolve(cwd)
  const git = isHere ? 'git' : `git -C ${pasted(folder)}`
  const deliver = isHere ? 'cueline deliver' : `cueline deliver --repository ${pasted(folder)}`
  return [
    '',
    `The work is on branch ${branch} of ${folder}; your checkout is as it was.`,
    `Look at it:  ${git} log --graph ${name}`,
    `Take it:     ${git} merge ${name}, or as a pull request: ${deliver}`,
  ].map(printableText)
}

/** As people paste it into a shell. */
function pasted(text: string): string {
  return /^[\w./:@^-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** The gates that a task's context asks for, and those of the command line. */
function gatesOf({ gate: commands = [] }: RunOptions, stateFolder: string): Gates {
  const own = commandGates({ stateFolder })
  const added = commands.map((text) =>
    commandGate({
      name: text.length <= 60 ? text : `${text.slice(0, 59)}…`,
      command: splitCommand(text, '--gate'),
      stateFolder,
    }),
  )
  return (attempt) => [...own(attempt), ...added]
}

async function requireStaged(cueline: Cueline, projectId: string): Promise<void> {
  const tasks = await cueline.tasks.list({ projectId })
  if (tasks.some(({ batchId }) => batchId !== null)) return
  const open = tasks.filter(({ status }) => status === 'todo').length
  throw new CuelineError(
    'refused',
    tasks.length === 0
      ? 'The project has no tasks. Import a plan first: cueline import plan.md.'
      : open === 0
        ? `All ${tasks.length} tasks have settled; nothing is left to run. See: cueline status.`
        : `None of the ${open} open tasks is staged. Stage them first: cueline stage.`,
  )
}

async function showRun(
  terminal: Terminal,
  cueline: Cueline,
  projectId: string,
  { workers, drain, db }: RunOptions & GlobalOptions,
): Promise<RunResult> {
  const snapshot = await cueline.projects.snapshot({ projectId })
  const view = createRunView(workers, snapshot)
  const codes = new Map<string, string>(snapshot.tasks.map((task) => [task.id, task.code]))
  const screen = openRunScreen(terminal, view, Date.now)
  const stop = new AbortController()
  const release = onInterrupt(terminal, {
    first() {
      screen.say(
        `Stopping: running attempts get ${drain} s to finish. Ctrl-C again ends this at once.`,
      )
      stop.abort()
    },
  })
  const silence = cueline.on('event', (event) => {
    screen.lines(view.apply(event))
    if (event.type === 'request.opened') screen.say(`  ${howToAnswer(event, codes, db)}`)
  })
  try {
    const { signal } = stop
    return await cueline.run({ projectId, workers, signal, drainMs: drain * 1_000 })
  } finally {
    silence()
    release()
    screen.close()
  }
}

function howToAnswer(
  { request }: Extract<StoredEvent, { type: 'request.opened' }>,
  codes: ReadonlyMap<string, string>,
  db: string,
): string {
  const code = codes.get(request.taskId) ?? ''
  const name = /^[\w.-]+$/.test(code) ? code : request.id
  const where = db === '.cueline/cueline.db' ? '' : ` --db ${shownDatabase(db)}`
  return `in another terminal: cueline answer ${name} "${printableText(request.options[0] ?? '…')}"${where}`
}

/** Why tasks are not done although nothing goes on: the first few, in words. */
async function leftOver(cueline: Cueline, projectId: string, result: RunResult): Promise<string[]> {
  const open = result.perTask.filter(
    ({ status }) => status !== 'done' && status !== 'cancelled' && status !== 'failed',
  )
  const lines =
    result.tasks.failed > 0
      ? [
          `${result.tasks.failed} failed. What went wrong: cueline status. Another chance: cueline retry.`,
        ]
      : []
  for (const { task } of open.slice(0, 5)) {
    const { obstacles } = await cueline.tasks.why({ projectId, task })
    const why = obstacles.map(({ message }) => message).join('; ')
    lines.push(
      printableText(`${task} did not start: ${why === '' ? 'nothing keeps it now' : why}.`),
    )
  }
  if (open.length > 5) lines.push(`… and ${open.length - 5} more; see: cueline why <task>.`)
  return lines
}
