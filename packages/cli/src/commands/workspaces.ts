import { join } from 'node:path'

import {
  type Cueline,
  CuelineError,
  printableText,
  type WorkspaceProvider,
  type WorkspaceView,
} from '@cueline/core'
import type { Command } from 'commander'

import { actorOf } from '../actor.ts'
import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { stateFolderOf } from '../database-place.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import { days } from '../option-values.ts'
import { isMeant, shortId } from '../short-id.ts'
import type { Terminal } from '../terminal.ts'
import { knownPlace, type PlaceOptions, workspacesOf } from '../workspaces-of.ts'
import { explanationLines, overlapLines, prunedLines, workspaceTable } from '../workspace-lines.ts'
import { wrapText } from '../wrap-text.ts'
import { writeJson } from '../write-json.ts'

interface ListOptions extends PlaceOptions {
  readonly kept?: boolean
}
interface RemoveOptions extends PlaceOptions {
  readonly setup?: string
}
interface PruneOptions extends PlaceOptions {
  readonly olderThan?: number
  readonly keptOlderThan?: number
  readonly dryRun?: boolean
}
interface RestoreOptions extends PlaceOptions {
  readonly as?: string
}

/** `cueline workspaces`: where attempts work, and what is kept of what they did. */
export function addWorkspaces(program: Command, { terminal, run }: Cli): void {
  const workspaces = program
    .command('workspaces')
    .summary('list where attempts work, explain, restore or remove one')
    .description(
      'Lists the workspaces that stand, oldest first: how far each is and how many files in it have not ' +
        'landed. Nothing in them is changed by looking, and none is removed before what has not landed ' +
        'is kept.',
    )
    .option('--kept', 'also those that are gone, of which something is kept')
    .option('--repository <folder>', 'the git repository that runs work in')
    .option('--branch <name>', 'the branch that its finished work lands on')
    .option('--result <folder>', 'the folder that runs work in, where it is no repository')
    .addHelpText(
      'after',
      `
Examples:
  cueline workspaces
  cueline workspaces --kept --json
  cueline workspaces show T7
  cueline workspaces restore T7 --as rescue/t7
  cueline workspaces remove attempt_2f1c
  cueline workspaces prune --older-than 30d --dry-run`,
    )
    .action((_: unknown, command: Command) =>
      run<ListOptions>(command, (options) => list(terminal, options)),
    )
  workspaces
    .command('show')
    .summary('explain one: what is in it, why it stands, what will happen to it')
    .argument('<attempt>', reference)
    .addHelpText('after', '\nExamples:\n  cueline workspaces show T7')
    .action((attempt: string, _: unknown, command: Command) =>
      run<PlaceOptions>(command, (options) => show(terminal, attempt, options)),
    )
  workspaces
    .command('restore')
    .summary('make a branch of what is kept of a workspace that is gone')
    .description(
      'Makes a branch of the work that had not landed or, where there is none, of the commits that the ' +
        'agent made. No checkout and no other branch is touched, and what is kept stays kept.',
    )
    .argument('<attempt>', `${reference}, or a name that --kept lists`)
    .option('--as <branch>', 'the name of the branch (default: cueline/restored/…)')
    .addHelpText(
      'after',
      `
Examples:
  cueline workspaces restore T7
  cueline workspaces restore refs/cueline/commits/attempt_2f1c --as rescue/t7`,
    )
    .action((attempt: string, _: unknown, command: Command) =>
      run<RestoreOptions>(command, (options) => restore(terminal, attempt, options)),
    )
  workspaces
    .command('remove')
    .summary('remove one that no attempt works in')
    .description(
      'Removes a workspace that was left behind, and says where what had not landed is kept. Refused ' +
        'while an attempt works in it. With the set-up that its run was given, what that took - a ' +
        'database, a port - is given back as well.',
    )
    .argument('<attempt>', reference)
    .option(
      '--setup <file>',
      'the set-up of "cueline run": its teardown runs before the folder goes',
    )
    .addHelpText(
      'after',
      `
Examples:
  cueline workspaces remove T7
  cueline workspaces remove T7 --setup setup.json`,
    )
    .action((attempt: string, _: unknown, command: Command) =>
      run<RemoveOptions>(command, (options) => remove(terminal, attempt, options)),
    )
  workspaces
    .command('prune')
    .summary('let go old records and, where asked to, old kept work')
    .description(
      'Lets go what Cueline has noted in the repository about work of long ago: what was tried, what ' +
        'has landed, which claims were taken back. Work that nothing else names stays, unless ' +
        '--kept-older-than says from which age on it goes as well; it is named here and in the log ' +
        'before. Nothing of a workspace that stands is touched.',
    )
    .option('--older-than <days>', `records of at least this age (default: ${usualDays}d)`, days)
    .option('--kept-older-than <days>', 'also kept work of at least this age', days)
    .option('--dry-run', 'only say what would go')
    .addHelpText(
      'after',
      `
Examples:
  cueline workspaces prune --dry-run
  cueline workspaces prune --older-than 7d
  cueline workspaces prune --kept-older-than 180d --json`,
    )
    .action((_: unknown, command: Command) =>
      run<PruneOptions>(command, (options) => prune(terminal, options)),
    )
}

const usualDays = 30
const reference = 'code of its task, id of the attempt or the start or end of that'

async function list(terminal: Terminal, options: ListOptions & GlobalOptions): Promise<number> {
  return withProject(terminal, options, async (cueline, projectId, place) => {
    const found = await cueline.workspaces.list({
      projectId,
      kept: options.kept === true,
      overlaps: true,
    })
    const parked = (await place.parked?.()) ?? []
    if (options.json) writeJson(terminal, { workspaces: found, parked })
    else if (found.length + parked.length === 0) {
      const more = options.kept === true ? '' : ' See what is kept of earlier ones: --kept.'
      terminal.out(`No workspace stands; no attempt is at work here.${more}\n`)
    } else {
      const lines = [
        ...workspaceTable(found, parked, terminal.columns),
        ...overlapLines(found, terminal.columns),
      ]
      terminal.out(`${lines.join('\n')}\n`)
    }
    return exitCodes.ok
  })
}

async function show(
  terminal: Terminal,
  attempt: string,
  options: PlaceOptions & GlobalOptions,
): Promise<number> {
  return withProject(terminal, options, async (cueline, projectId) => {
    const { attemptId } = await choose(cueline, projectId, attempt)
    const found = await cueline.workspaces.show({ projectId, attemptId })
    if (options.json) writeJson(terminal, found)
    else terminal.out(`${explanationLines(found, terminal).join('\n')}\n`)
    return exitCodes.ok
  })
}

async function restore(
  terminal: Terminal,
  attempt: string,
  options: RestoreOptions & GlobalOptions,
): Promise<number> {
  return withProject(terminal, options, async (cueline, projectId) => {
    const { attemptId, kept } = await choose(cueline, projectId, attempt)
    const name = kept.find((each) => each.name === attempt)?.name
    const restored = await cueline.workspaces.restore({
      projectId,
      attemptId,
      ...(name !== undefined && { name }),
      ...(options.as !== undefined && { branch: options.as }),
      actor: actorOf(terminal),
    })
    if (options.json) {
      writeJson(terminal, restored)
      return exitCodes.ok
    }
    const { branch, others } = restored
    terminal.out(`Made branch ${branch} of ${restored.kept.name}; nothing else has changed.\n`)
    terminal.out(`Look at it: git show ${branch}\n`)
    if (others.length > 0) {
      const [first = ''] = others
      terminal.out(
        `${others.length} more ${others.length === 1 ? 'end' : 'ends'} of history, which no branch names: ${others.slice(0, 5).join(', ')}. One of them as a branch: git branch <name> ${first}\n`,
      )
    }
    return exitCodes.ok
  })
}

async function remove(
  terminal: Terminal,
  attempt: string,
  options: RemoveOptions & GlobalOptions,
): Promise<number> {
  return withProject(terminal, options, async (cueline, projectId) => {
    const { attemptId, task, state } = await choose(cueline, projectId, attempt)
    const { kept, problems } = await cueline.workspaces.remove({
      projectId,
      attemptId,
      actor: actorOf(terminal),
    })
    if (options.json) writeJson(terminal, { attemptId, task, kept, problems })
    else {
      const of = printableText(task ?? attemptId)
      terminal.out(
        state === 'removed'
          ? `The workspace of ${of} is gone already.\n`
          : `Removed the workspace of ${of}.\n`,
      )
      for (const { name } of kept) terminal.out(`What had not landed is kept as ${name}.\n`)
      if (kept.length === 0) terminal.out('It held nothing that had not landed.\n')
      else terminal.out(`A branch of it: cueline workspaces restore ${shortId(attemptId)}\n`)
      for (const problem of problems) {
        terminal.err(`${wrapText(printableText(problem), terminal.columns).join('\n')}\n`)
      }
    }
    return exitCodes.ok
  })
}

async function prune(terminal: Terminal, options: PruneOptions & GlobalOptions): Promise<number> {
  return withProject(terminal, options, async (cueline, projectId) => {
    const { olderThan = usualDays, keptOlderThan, dryRun = false } = options
    const found = await cueline.workspaces.prune({
      projectId,
      olderThanDays: olderThan,
      ...(keptOlderThan !== undefined && { keptOlderThanDays: keptOlderThan }),
      dryRun,
      actor: actorOf(terminal),
    })
    if (options.json) writeJson(terminal, found)
    else for (const line of prunedLines(found)) terminal.out(`${printableText(line)}\n`)
    return exitCodes.ok
  })
}

function withProject(
  terminal: Terminal,
  options: PlaceOptions & Pick<RemoveOptions, 'setup'> & GlobalOptions,
  work: (cueline: Cueline, projectId: string, place: WorkspaceProvider) => Promise<number>,
): Promise<number> {
  const { result, repository, branch, setup } = options
  const given = {
    ...(result !== undefined && { result }),
    ...(repository !== undefined && { repository }),
    ...(branch !== undefined && { branch }),
  }
  const root = join(stateFolderOf(terminal, options.db), 'workspaces')
  const place = { ...knownPlace(terminal, given), ...(setup !== undefined && { setup }) }
  const workspace = workspacesOf(terminal, place, root)
  return withCueline(terminal, options, { workspace }, async (cueline) => {
    const { id } = await chooseProject(cueline, options.project)
    return work(cueline, id, workspace)
  })
}

/** The newest workspace that fits: of a task, by a part of the attempt's id, by what is kept. */
async function choose(cueline: Cueline, projectId: string, wanted: string): Promise<WorkspaceView> {
  const all = await cueline.workspaces.list({ projectId, kept: true })
  const named = all.filter(
    ({ attemptId, kept }) => attemptId === wanted || kept.some(({ name }) => name === wanted),
  )
  const ofTask = all.filter(({ task }) => task === wanted)
  const standing = ofTask.filter(({ state }) => state !== 'removed')
  const byPart = all.filter(({ attemptId }) => isMeant(attemptId, wanted))
  const found = [named, standing, ofTask, byPart].find((each) => each.length > 0) ?? []
  const newest = found.at(-1)
  if (newest !== undefined && (found !== byPart || found.length === 1)) return newest
  if (newest !== undefined) {
    throw new CuelineError(
      'invalid-input',
      `${found.length} workspaces fit "${wanted}": ${found.map(({ attemptId }) => attemptId).join(', ')}. Give more of the id.`,
    )
  }
  const known = all.slice(-5).map(({ attemptId, task }) => `${shortId(attemptId)} (${task ?? '?'})`)
  throw new CuelineError(
    'not-found',
    known.length === 0
      ? `No workspace fits "${wanted}": none stands, and nothing is kept of one.`
      : `No workspace fits "${wanted}". There ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}. List them all: cueline workspaces --kept.`,
  )
}
