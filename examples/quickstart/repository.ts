import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { devNull } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { runSuite } from './run-suite.ts'

const oldestGit = [2, 38] as const
/** The demo is no work of the user: it is not signed, hooked or filtered as theirs is. */
const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))),
  GIT_CONFIG_GLOBAL: devNull,
  GIT_CONFIG_NOSYSTEM: '1',
}
const identity = ['-c', 'user.name=Quickstart', '-c', 'user.email=quickstart@localhost']

export interface LandedCommit {
  readonly commit: string
  readonly subject: string
  /** The task that it says it is for. */
  readonly task: string
  readonly passes: boolean
  /** In words for people. */
  readonly says: string
}

/** Why the quickstart cannot work with git here, for people; null when it can. */
export function gitProblem(): string | null {
  const found = versionOfGit()
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(found ?? '') ?? []).slice(1).map(Number)
  if (major > oldestGit[0] || (major === oldestGit[0] && minor >= oldestGit[1])) return null
  const what = found === null ? 'git is not installed' : `${found} is too old`
  return `${what}: agents work in git worktrees here, which needs git ${oldestGit.join('.')} or newer.
Install or update git, or let them work in plain folders: npm start -- --no-git`
}

/** Makes the folder a repository with one commit of all that is in it; one that is stays as it is. */
export function makeRepository(folder: string): void {
  if (existsSync(join(folder, '.git')) && ask(folder, 'rev-list', '--all', '-1') !== '') return
  ask(folder, 'init', '-q', '-b', 'main', '--template=')
  ask(folder, 'add', '-A')
  ask(folder, ...identity, 'commit', '-q', '-m', 'Start with an empty package')
}

/** Whether the checkout is as it was when the run began: on `main`, and nothing changed in it. */
export function isUntouched(folder: string): boolean {
  return ask(folder, 'symbolic-ref', 'HEAD') === 'refs/heads/main' && statusOf(folder) === ''
}

/** Brings what has landed into the checkout, as its user does after having looked at it. */
export function takeOver(folder: string, branch: string): void {
  ask(folder, 'merge', '-q', '--ff-only', branch)
}

/** The history of a branch as a picture of at most `width` columns. */
export function pictureOf(folder: string, branch: string, width: number): string {
  const format = `--format=%h %<(${Math.max(20, width - 20)},trunc)%s`
  return ask(folder, 'log', '--graph', format, branch).replaceAll(/ +$/gm, '')
}

/** Every commit that has landed on the branch, the first one first, each with its own suite run. */
export async function judgeCommits(
  folder: string,
  branch: string,
  scratch: string,
): Promise<LandedCommit[]> {
  const format = '--format=%H%x00%s%x00%(trailers:key=Cueline-Task,valueonly,separator=%x2C)'
  const log = ask(folder, 'log', '--reverse', '--first-parent', format, branch)
  const landed = log.split('\n').slice(1)
  const judged: LandedCommit[] = []
  const queue = landed.entries()
  const judge = async () => {
    for (const [index, line] of queue) {
      const [commit = '', subject = '', task = ''] = line.split('\0')
      const suite = await withFiles(folder, commit, join(scratch, commit), runSuite)
      judged[index] = { commit, subject, task, ...suite }
    }
  }
  await Promise.all(Array.from({ length: 4 }, judge))
  rmSync(scratch, { recursive: true, force: true })
  return judged
}

/** Gives a folder that holds the files of a commit, without a checkout that others would see. */
async function withFiles<Result>(
  folder: string,
  commit: string,
  place: string,
  work: (place: string) => Promise<Result>,
): Promise<Result> {
  mkdirSync(place, { recursive: true })
  const index = `${place}.index`
  try {
    await promisify(execFile)('git', ['read-tree', '-u', '--reset', commit], {
      cwd: folder,
      env: { ...environment, GIT_DIR: join(folder, '.git'), GIT_WORK_TREE: place, GIT_INDEX_FILE: index }, // prettier-ignore
    })
    return await work(place)
  } finally {
    rmSync(place, { recursive: true, force: true })
    rmSync(index, { force: true })
  }
}

function statusOf(folder: string): string {
  return ask(folder, 'status', '--porcelain')
}

function versionOfGit(): string | null {
  try {
    return execFileSync('git', ['version'], { encoding: 'utf8', env: environment }).trim()
  } catch {
    return null
  }
}

/** What git prints. */
function ask(folder: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd: folder, env: environment, encoding: 'utf8' }).trimEnd()
}
