import { Command, CommanderError, Option } from 'commander'

import type { Cli, GlobalOptions } from './cli.ts'
import { addAnswer } from './commands/answer.ts'
import { addCancel } from './commands/cancel.ts'
import { addDeliver } from './commands/deliver.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEvents } from './commands/events.ts'
import { addExplain } from './commands/explain.ts'
import { addForecast } from './commands/forecast.ts'
import { addImport } from './commands/import.ts'
import { addPlan } from './commands/plan.ts'
import { addPromote } from './commands/promote.ts'
import { addPrune } from './commands/prune.ts'
import { addReport } from './commands/report.ts'
import { addRequests } from './commands/requests.ts'
import { addRetry } from './commands/retry.ts'
import { addRevise } from './commands/revise.ts'
import { addRun } from './commands/run.ts'
import { addMerges } from './commands/merges.ts'
import { addQueues } from './commands/queues.ts'
import { addSessions } from './commands/sessions.ts'
import { addStage } from './commands/stage.ts'
import { addStatus } from './commands/status.ts'
import { addSuggest } from './commands/suggest.ts'
import { addTasks } from './commands/tasks.ts'
import { addWhatIf } from './commands/what-if.ts'
import { addWhy } from './commands/why.ts'
import { addWorkers } from './commands/workers.ts'
import { addWorkspaces } from './commands/workspaces.ts'
import { exitCodes } from './exit-code.ts'
import { reportError, reportUsageError } from './report-error.ts'
import type { Terminal } from './terminal.ts'
import { version } from './version.ts'

const about = `Plans, stages and runs work for coding agents.

A plan becomes tasks (import), tasks become batches (stage), agents work on them (run).`

const examples = `
Examples:
  cueline plan plan.md --workers 4        look at a plan; nothing is stored
  cueline import plan.md                  make a project of it
  cueline stage                           plan it and stage its batches
  cueline run --agent "my-agent --print"  work on it with four agents at once
  cueline why T7                          what keeps a task from starting

Exit codes:
  0  done                    3    not allowed now
  1  the work failed         4    the database cannot be used, or is not there
  2  wrong input, or a plan  70   a fault of Cueline
     with problems           130  interrupted

\`cueline <command> --help\` shows the options and examples of a command.`

/** Runs one command line to its end and resolves with the exit code. Never rejects. */
export async function runProgram(argv: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = exitCodes.ok
  const cli: Cli = {
    terminal,
    async run<Own extends object>(
      command: Command,
      work: (options: Own & GlobalOptions) => Promise<number>,
    ) {
      const {
        json = false,
        verbose = false,
        ...options
      } = command.optsWithGlobals<Own & Partial<GlobalOptions>>()
      exitCode = await work({ ...options, json, verbose } as unknown as Own & GlobalOptions)
    },
  }
  const program = createProgram(cli)
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.ok
      return reportUsageError(terminal, error, { json: asksForJson(argv) })
    }
    const { json = false, verbose = false } = program.opts<Partial<GlobalOptions>>()
    const debug = (terminal.env.CUELINE_DEBUG ?? '') !== ''
    return reportError(terminal, error, { json, verbose: verbose || debug })
  }
}

/** Of a command line that could not be read to its end, whose options are therefore not known. */
function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json')
}

/** A command that does something by itself takes no other word than the names of its parts. */
function refuseOtherParts(command: Command): void {
  const names = command.commands.map((part) => part.name()).join(', ')
  command.allowExcessArguments(true).hook('preAction', (_, acting) => {
    const [word] = acting.args
    if (acting !== command || word === undefined) return
    command.error(`error: unknown command '${word}'\n(${command.name()} has ${names})`)
  })
}

/** Whoever asks for the help of a command that does not exist gets told so, not the help of everything. */
function refuseUnknownHelp(program: Command): void {
  program.addHelpText('before', () => {
    const [first, second] = program.args
    const word = first === 'help' ? second : first
    // A command that exists has a help of its own: what is named where this one is shown, is none.
    if (word !== undefined && !word.startsWith('-')) program.parse([word], { from: 'user' })
    return ''
  })
}

function createProgram(cli: Cli): Command {
  const { terminal } = cli
  const program = new Command('cueline')
    .description(about)
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .addOption(
      new Option('--db <file>', 'the database: a file, or postgres://…')
        .default('.cueline/cueline.db')
        .env('CUELINE_DB'),
    )
    .addOption(
      new Option(
        '--project <name>',
        'the project, by name or id; needed when there are several',
      ).env('CUELINE_PROJECT'),
    )
    .option('--json', 'print one JSON value on standard output')
    .option('--verbose', 'show where an error happened')
    .addHelpText('after', examples)
    .configureHelp({ showGlobalOptions: true })
  for (const add of [
    addPlan,
    addImport,
    addStage,
    addPromote,
    addRun,
    addStatus,
    addTasks,
    addWhy,
    addExplain,
    addWhatIf,
    addForecast,
    addSuggest,
    addRevise,
    addRequests,
    addAnswer,
    addSessions,
    addQueues,
    addMerges,
    addWorkers,
    addWorkspaces,
    addRetry,
    addCancel,
    addEvents,
    addReport,
    addDeliver,
    addDoctor,
    addPrune,
  ]) {
    add(program, cli)
  }
  program.helpCommand('help [command]', 'show the help of a command')
  refuseUnknownHelp(program)
  const parts = program.commands.flatMap((command) => [command, ...command.commands])
  for (const command of [program, ...parts]) {
    command
      .exitOverride()
      .configureOutput({
        writeOut: (text) => terminal.out(text),
        writeErr: (text) => terminal.err(text),
        getOutHelpWidth: () => terminal.columns,
        getErrHelpWidth: () => terminal.columns,
      })
      .showHelpAfterError('(add --help for what it takes)')
    if (command !== program && command.commands.length > 0) refuseOtherParts(command)
  }
  return program
}
