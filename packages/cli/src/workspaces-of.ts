import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'

import { directoryWorkspaces } from '@cueline/adapter-agents/directory'
import { gitWorkspaces, type WorkspaceSetup } from '@cueline/adapter-git'
import { CuelineError, type WorkspaceProvider } from '@cueline/core'

import type { Terminal } from './terminal.ts'

/** Where finished work comes together, as options say it. */
export interface PlaceOptions {
  readonly result?: string
  readonly repository?: string
  readonly branch?: string
}

/** What worktrees of a repository get, and how many there may be, as options say it. */
export interface SetupOptions {
  /** A file with the set-up as JSON. */
  readonly setup?: string
  readonly policy?: 'attempt' | 'lane'
  readonly maxWorkspaces?: number
  /** MiB. */
  readonly minFree?: number
  readonly mergeGroup?: number
}

const usualResult = '.cueline/result'

/** Worktrees of a repository where one is named, else copies of a folder. */
export function workspacesOf(
  terminal: Terminal,
  {
    result,
    repository,
    branch,
    setup,
    policy,
    maxWorkspaces,
    minFree,
    mergeGroup,
  }: PlaceOptions & SetupOptions,
  root: string,
): WorkspaceProvider {
  if (repository === undefined) {
    const misplaced = Object.entries({
      setup,
      policy,
      'max-workspaces': maxWorkspaces,
      'min-free': minFree,
      'merge-group': mergeGroup,
    })
    for (const [name, value] of misplaced) {
      if (value === undefined) continue
      throw new CuelineError(
        'invalid-input',
        `--${name} is for worktrees of a repository. Say which: --repository . --${name} ${value}`,
      )
    }
    if (branch !== undefined) {
      throw new CuelineError(
        'invalid-input',
        `--branch ${JSON.stringify(branch)} is a branch of a repository. Say which: --repository . --branch ${branch}`,
      )
    }
    return directoryWorkspaces({ result: resolve(terminal.cwd, result ?? usualResult), root })
  }
  if (result !== undefined) {
    throw new CuelineError(
      'invalid-input',
      'Finished work comes together either in --result or on a branch of --repository. Leave one of them out.',
    )
  }
  const options = {
    repository: resolve(terminal.cwd, repository),
    root,
    ...(branch !== undefined && { branch }),
    ...(setup !== undefined && { setup: readSetup(terminal, setup, root) }),
    ...(policy !== undefined && { policy }),
    ...(maxWorkspaces !== undefined && { maxWorkspaces }),
    ...(minFree !== undefined && { minFreeBytes: minFree * 2 ** 20 }),
  }
  try {
    return gitWorkspaces(options)
  } catch (error) {
    throw setup === undefined ? error : inSetupFile(setup, error)
  }
}

/** What is wrong with a part of the set-up, with the file that it stands in. */
function inSetupFile(file: string, error: unknown): unknown {
  if (!(error instanceof CuelineError) || error.details['where'] === undefined) return error
  const { code, message, details } = error
  return new CuelineError(code, `--setup ${file}: ${message}`, {
    details: { ...details, file },
    cause: error,
  })
}

/** What the file says; gitWorkspaces checks it. Read once, before any agent works. */
function readSetup({ cwd }: Terminal, file: string, root: string): WorkspaceSetup {
  const next = 'Give a set-up as JSON, such as { "copy": [".env"], "run": [["npm", "ci"]] }.'
  const path = resolve(cwd, file)
  let text: string
  try {
    const inWorkspaces = relative(resolve(root), realpathSync(path))
    if (!inWorkspaces.startsWith('..') && !isAbsolute(inWorkspaces)) {
      throw new Error('it lies in a workspace, where agents write')
    }
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new CuelineError(
      'invalid-input',
      `--setup ${file} cannot be read (${(cause as Error).message}). ${next}`,
      { cause },
    )
  }
  try {
    return JSON.parse(text) as WorkspaceSetup
  } catch (cause) {
    throw new CuelineError(
      'invalid-input',
      `--setup ${file} is not JSON (${(cause as Error).message}). ${next}`,
      { cause },
    )
  }
}

/**
 * The place that earlier runs have worked in, for commands that only look: as named, else the one that
 * is found from the current folder on. Nothing is made where nothing was.
 *
 * @throws CuelineError `not-found` where no run has made a workspace, `invalid-input` where two places
 *   are found.
 */
export function knownPlace({ cwd }: Terminal, given: PlaceOptions): PlaceOptions {
  const { result, repository, branch } = given
  if (result !== undefined && repository !== undefined) return given
  if (result !== undefined) {
    if (existsSync(join(resolve(cwd, result), '.cueline'))) return given
    throw nowhere(`${result} is no folder that runs have worked in.`)
  }
  if (repository !== undefined || branch !== undefined) {
    const found = repositoryAbove(resolve(cwd, repository ?? '.'))
    if (found !== null) return { ...given, repository: found }
    throw nowhere(`${repository ?? '.'} is no git repository that runs have worked in.`)
  }
  const found = repositoryAbove(cwd)
  const hasResult = existsSync(resolve(cwd, usualResult, '.cueline'))
  if (found !== null && hasResult) {
    throw new CuelineError(
      'invalid-input',
      `Runs have worked both in the git repository ${found} and in ${usualResult}. Say which: --repository . or --result ${usualResult}.`,
    )
  }
  if (found !== null) return { repository: found }
  if (hasResult) return { result: usualResult }
  throw nowhere('No run has worked here: neither in a git repository nor in .cueline/result.')
}

/** The repository that a folder is in, if Cueline has worked there. */
function repositoryAbove(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    // A bare repository has no `.git`.
    for (const git of [join(at, '.git'), at]) {
      if (existsSync(join(git, 'cueline', 'host.git'))) return at
    }
    if (existsSync(join(at, '.git')) || dirname(at) === at) return null
  }
}

function nowhere(what: string): CuelineError {
  return new CuelineError(
    'not-found',
    `${what} Name the place that "cueline run" was given, with --repository <folder> or --result <folder>.`,
  )
}
