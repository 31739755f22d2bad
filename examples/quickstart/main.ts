// The quickstart: a plan in Markdown becomes a tested library, worked on by several agents at once.
// Usage: npm start -- --help
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, relative, resolve } from 'node:path'

import { commandGates, processRunner } from '@cueline/adapter-agents'
import { directoryWorkspaces } from '@cueline/adapter-agents/directory'
import { gitWorkspaces } from '@cueline/adapter-git'
import { sqliteStorage } from '@cueline/adapter-sqlite'
import {
  createCueline,
  type Cueline,
  eventsToJsonLines,
  formatDuration,
  renderReportMarkdown,
  renderReportText,
} from '@cueline/core'
import { importDocument } from '@cueline/core/formats'

import { type Options, parseCommandLine, usage } from './command-line.ts'
import { checkResult } from './check-result.ts'
import { eventsOf, followRun } from './follow-run.ts'
import { gitProblem, makeRepository } from './repository.ts'
import { lastOptions, takeFolder } from './run-folder.ts'

const root = join(import.meta.dirname, '..', '..')
const planFile = join(import.meta.dirname, 'plan.md')
const recordedAgent = join(import.meta.dirname, 'recorded-agent.ts')
const ownFolder = join(root, '.cueline', 'quickstart')
/** Where finished work lands; `main`, which is checked out, is brought up to it at the end. */
const branch = 'cueline/main'
let folder = ownFolder
const inFolder = (name: string) => join(folder, name)

try {
  process.exitCode = await main()
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}

async function main(): Promise<number> {
  const options = readOptions()
  if (options.help) return say(usage, 0)
  if (options.resume && !existsSync(inFolder('cueline.db'))) {
    return say('There is no run to go on with. Start one with: npm start', 2)
  }
  const problem = options.git ? gitProblem() : null
  if (problem !== null) return say(problem, 2)
  const leave = takeFolder(folder, options)
  if (options.git) makeRepository(inFolder('result'))
  // Gates and agents call `node`: they get the one that runs this program.
  process.env.PATH = [dirname(process.execPath), process.env.PATH].join(delimiter)

  // #region cueline
  const cueline = await createCueline({
    storage: await sqliteStorage({ file: inFolder('cueline.db') }),
    runner: processRunner({
      command: options.agent ?? [process.execPath, recordedAgent, '--scale', `${options.scale}`],
      stateFolder: inFolder('processes'),
    }),
    workspace: options.git
      ? gitWorkspaces({ repository: inFolder('result'), branch, root: inFolder('workspaces') })
      : directoryWorkspaces({ result: inFolder('result'), root: inFolder('workspaces') }),
    gates: commandGates({ stateFolder: inFolder('processes') }),
    times: { leaseMs: 5_000 }, // So long --resume waits for the work of a run that was killed.
    onError: (error, where) => console.error(`Went on after an error (${where}):`, error),
  })
  // #endregion cueline
  try {
    const projectId = await prepare(cueline, options)
    const following = await followRun(cueline, projectId, options)
    const report = await cueline
      .run({
        projectId,
        workers: options.workers,
        signal: stopOnInterrupt(following.tell),
        drainMs: 2_000,
        timeScale: msPerPlanMinute(options),
      })
      .finally(following.close)

    const events = await eventsOf(cueline, projectId)
    writeFileSync(inFolder('events.jsonl'), eventsToJsonLines(events))
    writeFileSync(inFolder('report.md'), renderReportMarkdown(report))
    const how = { agent: options.agent ?? 'recorded', timeScale: msPerPlanMinute(options) }
    writeFileSync(inFolder('report.json'), `${JSON.stringify({ ...how, ...report }, null, 2)}\n`)
    const { done, total } = report.tasks
    if (report.ended === 'stopped') {
      console.log(`\nStopped with ${done} of ${total} tasks done. Nothing is lost; go on with:`)
      return say(`\n  ${resumeCommand()}\n`, 130)
    }
    const width = process.stdout.columns ?? 100
    console.log(`\n${renderReportText(report, width)}`)
    const place = { result: inFolder('result'), scratch: inFolder('checked'), branch }
    const { passes, lines, page } = await checkResult(place, options.git, report, events, width)
    appendFileSync(inFolder('report.md'), page)
    for (const line of lines) console.log(line)
    console.log(`The library  ${shown(inFolder('result'))}`)
    console.log(
      `The report   ${shown(inFolder('report.md'))}, report.json and events.jsonl beside it`,
    )
    console.log('Next         your own plan and agent: docs/getting-started.md')
    return passes ? 0 : 1
  } finally {
    await cueline.close()
    leave()
  }
}

/** Imports, plans and stages what is not there yet, and says what is going to happen. */
async function prepare(cueline: Cueline, options: Options): Promise<string> {
  const [known] = await cueline.projects.list({})
  const { id: projectId } = known ?? (await cueline.projects.create({ name: 'Opening hours' }))

  if ((await cueline.tasks.list({ projectId })).length === 0) {
    const text = readFileSync(planFile, 'utf8')
    const { document, report } = importDocument({ name: shown(planFile), text })
    for (const { where, what, reason } of report.refused) {
      console.log(`Not imported: ${what} of ${where}, ${reason}`)
    }
    await cueline.tasks.import({ projectId, document })
  }
  if ((await cueline.stages.list({ projectId })).length === 0) {
    const plan = await cueline.plans.build({ projectId, workers: options.workers })
    await cueline.stages.fromPlan({ planId: plan.id })
  }

  const done = (await cueline.tasks.list({ projectId, status: ['done'] })).length
  const plan = await cueline.plans.get({ projectId })
  if (plan === null) throw new Error('The plan is gone: start again without --resume.')
  const batches = await cueline.stages.list({ projectId })
  const planned = (minutes: number) => {
    const here =
      options.agent === null ? ` (${formatDuration(minutes * options.scale * 1_000)} here)` : ''
    return `${formatDuration(minutes * 60_000)}${here}`
  }
  const agent =
    options.agent === null
      ? `recorded: a program that plays back the work, 1 plan minute = ${options.scale} s`
      : options.agent.join(' ')
  console.log(`
Cueline quickstart: a plan becomes a tested library.

  Plan     ${shown(planFile)}: ${plan.tasks} tasks, ${plan.edges} dependencies, ${batches.length} batches
  Alone    ${planned(plan.work)}
  Workers  ${plan.workers}: ${planned(plan.makespan)}
  Path     ${plan.criticalPath.tasks.join(' → ')}
  Agent    ${agent}
  Work     ${options.git ? `in git worktrees, landing on ${branch}, one at a time` : 'in plain folders, applied one at a time'}${options.resume ? `\n  Resumed  with ${done} of ${plan.tasks} tasks done` : ''}
`)
  return projectId
}

/** Options of this run; those of the last one where it is resumed. Sets the folder. */
function readOptions(): Options {
  const args = process.argv.slice(2)
  try {
    const options = parseCommandLine(args)
    if (options.folder !== null) folder = resolve(options.folder)
    return options.resume ? parseCommandLine(args, lastOptions(folder)) : options
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    process.exit(2)
  }
}

/** Ctrl-C stops cleanly; a second one stops at once, which loses nothing either. */
function stopOnInterrupt(tell: (text: string) => void): AbortSignal {
  const stop = new AbortController()
  const onSignal = () => {
    if (stop.signal.aborted) {
      console.log(`\nStopped at once. Nothing is lost; go on with:\n\n  ${resumeCommand()}\n`)
      process.exit(130)
    }
    tell('Stopping: what runs gets two seconds to finish. Ctrl-C again stops at once.')
    stop.abort()
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  return stop.signal
}

function resumeCommand(): string {
  return `npm start -- ${folder === ownFolder ? '' : `--folder ${shown(folder)} `}--resume`
}

/** A path as short as it can be written from here. */
function shown(file: string): string {
  const short = relative(process.cwd(), file)
  return short.startsWith('..') ? file : short
}

/** A foreign agent works in real time. */
function msPerPlanMinute({ agent, scale }: Options): number {
  return agent === null ? scale * 1000 : 60_000
}

function say(text: string, code: number): number {
  console.log(text)
  return code
}
