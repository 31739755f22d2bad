import { resolve } from 'node:path'

import { CuelineError } from '@cueline/core'

import { runGit } from './run-git.ts'

export interface GitHistoryOptions {
  /** A folder of a repository: paths are told from there on, what lies outside of it is left out. */
  readonly repository: string
  /** At most so many commits, the newest; 2 000 when absent. */
  readonly limit?: number
}

export interface GitChange {
  readonly title: string
  readonly body: string
  readonly files: string[]
}

const usualLimit = 2_000
const mostFiles = 1_000_000
const timeoutMs = 60_000
/** Signs that stand in no message and no path: one before each commit, one before its files. */
const beforeCommit = '\u001e'
const beforeBody = '\u001f'
const beforeFiles = '\u001d'
/** What would start programs because somebody asks for a plan. */
const quiet = [
  '-c',
  'core.pager=cat',
  '-c',
  'log.showSignature=false',
  '-c',
  'core.quotePath=false',
]

/**
 * Past changes of a repository, the oldest first, merges left out: what predictions learn from. Changes
 * nothing, runs no hook and no program that the settings of the repository name; empty without a commit.
 *
 * @throws CuelineError `not-found` where there is no repository.
 */
export async function gitHistory({
  repository,
  limit = usualLimit,
}: GitHistoryOptions): Promise<GitChange[]> {
  if (!Number.isSafeInteger(limit) || limit < 0) {
    throw new CuelineError('invalid-input', `limit is ${limit}. Give a whole number of commits.`)
  }
  const log = await ask(repository, [
    'log',
    `--max-count=${limit}`,
    '--no-merges',
    '--reverse',
    '--relative',
    '--name-only',
    '--no-ext-diff',
    '--no-textconv',
    '-z',
    `--format=${beforeCommit}%s${beforeBody}%b${beforeFiles}`,
    '--end-of-options',
    'HEAD',
  ])
  return changesOf(log)
}

/**
 * The files of a repository from this folder on, those that nobody has added yet included, the ignored
 * ones not. Throws as `gitHistory`.
 */
export async function gitFiles({
  repository,
}: Pick<GitHistoryOptions, 'repository'>): Promise<string[]> {
  const listed = await ask(repository, [
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
  ])
  return [...new Set(listed.split('\0').filter((path) => path !== ''))].slice(0, mostFiles)
}

async function ask(repository: string, args: readonly string[]): Promise<string> {
  const cwd = resolve(repository)
  const env = { GIT_OPTIONAL_LOCKS: '0' }
  const inside = ['rev-parse', '--is-inside-work-tree']
  const { code } = await runGit(inside, { cwd, env, timeoutMs, answers: [128] })
  if (code !== 0) {
    throw new CuelineError(
      'not-found',
      `There is no git repository in ${cwd}. Give the folder of one.`,
      { details: { repository: cwd } },
    )
  }
  // 128: there is no commit yet.
  return (await runGit([...quiet, ...args], { cwd, env, timeoutMs, answers: [128] })).stdout
}

function changesOf(log: string): GitChange[] {
  return log
    .split(beforeCommit)
    .slice(1)
    .flatMap((commit) => {
      const body = commit.indexOf(beforeBody)
      const files = commit.indexOf(beforeFiles, body)
      const paths = commit
        .slice(files + 1)
        .split('\0')
        .map((path) => path.replace(/^\n+/, ''))
        .filter((path) => path !== '')
      if (paths.length === 0) return []
      return [{ title: commit.slice(0, body), body: commit.slice(body + 1, files), files: paths }]
    })
}
