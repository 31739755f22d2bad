import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { promisify } from 'node:util'

import { CuelineError, errorMessage } from '@cueline/core'

import type { Terminal } from './terminal.ts'

/** What the current folder says about which files tasks may touch. */
export interface RepositoryKnowledge {
  /** Paths from the current folder on, with `/`. */
  readonly files: string[]
  /** Past changes, the oldest first; none without git. */
  readonly history: RepositoryChange[]
}

export interface RepositoryChange {
  readonly title: string
  readonly body: string
  readonly files: string[]
}

const mostFiles = 100_000
const mostCommits = 2_000
const largestOutput = 256 * 1024 * 1024
/** Signs that stand in no message and no path: one before each commit, one before its files. */
const beforeCommit = '\u001e'
const beforeBody = '\u001f'
const beforeFiles = '\u001d'

/**
 * Files and history of the folder: from git where it is a repository of one, else by walking it, links
 * not followed, `node_modules` and hidden folders left out. Changes nothing.
 */
export async function readRepository(terminal: Terminal): Promise<RepositoryKnowledge> {
  const listed = await git(terminal, [
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
  ])
  if (listed === null) return { files: await filesBelow(terminal.cwd), history: [] }
  const files = [...new Set(listed.split('\0').filter((path) => path !== ''))].slice(0, mostFiles)
  const log = await git(terminal, [
    'log',
    `--max-count=${mostCommits}`,
    '--no-merges',
    '--reverse',
    '--relative',
    '--name-only',
    '-z',
    `--format=${beforeCommit}%s${beforeBody}%b${beforeFiles}`,
  ])
  return { files, history: changesOf(log ?? '') }
}

/** What git prints, or null where there is no git, no repository or no commit. */
async function git({ cwd, env }: Terminal, args: readonly string[]): Promise<string | null> {
  // A repository's own settings must not start programs because somebody asks for a plan.
  const safe = [
    '-c',
    'core.fsmonitor=false',
    '-c',
    'core.pager=cat',
    '-c',
    'log.showSignature=false',
  ]
  try {
    const { stdout } = await promisify(execFile)('git', [...safe, ...args], {
      cwd,
      env: { PATH: env.PATH, HOME: env.HOME, GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' },
      maxBuffer: largestOutput,
      timeout: 60_000,
      windowsHide: true,
    })
    return stdout
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'ENOENT' || typeof code === 'number') return null
    throw new CuelineError(
      'invalid-input',
      `git ${args[0]} gave no answer in ${cwd} (${errorMessage(cause).slice(0, 200)}). Plan with --conflicts declared, which asks no history.`,
      { cause },
    )
  }
}

function changesOf(log: string): RepositoryChange[] {
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

async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = []
  const open = [folder]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    // A folder that cannot be read holds no file that a plan could be kept from.
    const entries = await readdir(next, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
      const path = join(next, entry.name)
      if (entry.isDirectory()) open.push(path)
      else if (entry.isFile()) files.push(relative(folder, path).split(sep).join('/'))
      if (files.length >= mostFiles) return files.sort()
    }
  }
  return files.sort()
}
