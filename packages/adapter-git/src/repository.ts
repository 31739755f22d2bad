import { copyFile, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { join, resolve } from 'node:path'

import { CuelineError } from '@cueline/core'

import { makeFolder } from './make-folder.ts'
import { digestOf } from './names.ts'
import { refAt, shortName, tipOf } from './refs.ts'
import { askGit, runGit, type GitAnswer, type GitCall } from './run-git.ts'
import { readSettings, type GitSettings } from './settings.ts'
import {
  checkVersion,
  refuseCheckedOut,
  refuseShallow,
  refuseSubmodules,
} from './sound-repository.ts'

/** A repository, opened: where its parts are, and how to ask it. */
export interface Repository {
  /** The repository itself, which all worktrees share. */
  readonly common: string
  /** The integration branch as a whole ref name. */
  readonly target: string
  /** Cueline's own folder for that branch. */
  readonly control: string
  /** Where workspaces and trials are made. */
  readonly root: string
  /** The user's folder, from which ignored files are shared. */
  readonly top: string
  readonly settings: GitSettings
  /** About refs and worktrees: its output. */
  refs(args: readonly string[], call?: Partial<GitCall>): Promise<string>
  /**
   * About contents. Only the objects are the repository's: its settings, hooks and attributes, all
   * of which an agent may have written, do not count.
   */
  content(args: readonly string[], call?: ContentCall): Promise<GitAnswer>
}

export interface ContentCall extends Omit<Partial<GitCall>, 'env'> {
  readonly worktree?: string
  readonly index?: string
}

export interface RepositoryOptions {
  readonly repository: string
  readonly branch: string
  readonly from: string
  readonly root?: string | undefined
}

/**
 * Finds the repository, checks that Cueline can work with it, and makes the integration branch at
 * `from` when it is not there yet.
 *
 * @throws CuelineError that says what to do: no repository, no commit, a git that is too old, a
 *   shallow clone, submodules, or an integration branch that cannot be one.
 */
export async function openRepository(options: RepositoryOptions): Promise<Repository> {
  const { branch, from } = options
  const [top, common] = await locate(resolve(options.repository))
  await checkVersion(top)
  const target = await checkedTarget(top, branch)
  const settings = await readSettings(top)
  const state = join(common, 'cueline')
  const host = join(state, 'host.git')
  const repository: Repository = {
    common,
    target,
    control: join(state, digestOf(target)),
    root: resolve(options.root ?? join(top, '.cueline', 'workspaces')),
    top,
    settings,
    async refs(args, { env, ...call } = {}) {
      const answer = await runGit(args, { cwd: common, ...call, env: { GIT_DIR: common, ...env } })
      return answer.stdout
    },
    content: (args, { worktree, index, ...call } = {}) =>
      runGit([...settings.arguments, ...args], {
        cwd: worktree ?? host,
        ...call,
        env: {
          GIT_DIR: host,
          GIT_OBJECT_DIRECTORY: join(common, 'objects'),
          ...(worktree !== undefined && { GIT_WORK_TREE: worktree }),
          ...(index !== undefined && { GIT_INDEX_FILE: index }),
          ...identity(settings),
        },
      }),
  }
  await refuseShallow(common, top)
  await makeHost(repository, host)
  await makeFolders(repository)
  await makeTarget(repository, from)
  await refuseCheckedOut(repository)
  return repository
}

/** The folders of a repository, and an empty repository of Cueline's own whose settings are its own. */
export interface RepositoryFolders {
  readonly top: string
  readonly common: string
  readonly host: string
}

/** Finds the folders of a repository without making a branch in it. Throws as `openRepository`. */
export async function repositoryFolders(repository: string): Promise<RepositoryFolders> {
  const [top, common] = await locate(resolve(repository))
  await checkVersion(top)
  const host = join(common, 'cueline', 'host.git')
  await makeHost({ common, top }, host)
  return { top, common, host }
}

async function locate(folder: string): Promise<readonly [top: string, common: string]> {
  const ask = ['rev-parse', '--path-format=absolute', '--git-common-dir', '--show-toplevel']
  try {
    // A bare repository has no other folder: then git says 128 after the first line.
    const { stdout } = await askGit(ask, { cwd: folder, answers: [128] })
    const [common = '', top = ''] = stdout.split('\n')
    if (common === '') throw new Error(`git rev-parse found no repository in ${folder}`)
    return [await realpath(top === '' ? common : top), await realpath(common)]
  } catch (error) {
    throw new CuelineError(
      'not-found',
      `There is no git repository in ${folder}. Give the folder of one, or run "git init" there and make a first commit.`,
      { details: { folder }, cause: error },
    )
  }
}

/** Names below which Cueline makes the branches of workspaces. */
const workBranches = 'cueline/attempt'

/** Names that need no asking: git allows all of them. */
const plainBranch = /^[a-z0-9]+(?:[/-][a-z0-9]+)*$/i

async function checkedTarget(top: string, branch: string): Promise<string> {
  const target = `refs/heads/${branch}`
  const inTheWay = `${workBranches}/`.startsWith(`${branch}/`) || branch.startsWith(workBranches)
  const legal =
    !branch.startsWith('-') &&
    !branch.includes('\0') &&
    (plainBranch.test(branch) ||
      (await askGit(['check-ref-format', target], { cwd: top, answers: [1] })).code === 0)
  if (legal && !inTheWay) return target
  throw new CuelineError(
    'invalid-input',
    inTheWay
      ? `"${branch}" cannot be the integration branch: the branches of workspaces are made below "${workBranches}". Choose another name, such as "cueline/main".`
      : `${JSON.stringify(branch)} is no name for a branch. Choose one such as "cueline/main".`,
    { details: { branch } },
  )
}

/** An empty repository of Cueline's own, whose settings nobody else has a reason to touch. */
async function makeHost(
  { common, top }: Pick<Repository, 'common' | 'top'>,
  host: string,
): Promise<void> {
  if ((await readFile(join(host, 'HEAD'), 'utf8').catch(() => null)) === null) {
    const { stdout } = await askGit(['rev-parse', '--show-object-format'], { cwd: top })
    const draft = `${host}.${randomUUID()}`
    await mkdir(join(common, 'cueline'), { recursive: true })
    const init = ['init', '-q', '--bare', '--template=', `--object-format=${stdout.trim()}`, draft]
    await runGit(init, { cwd: common })
    await mkdir(join(draft, 'info'), { recursive: true })
    await rename(draft, host).catch(async (error: unknown) => {
      // Another process was first; a folder with something in it is not replaced.
      await rm(draft, { recursive: true, force: true })
      if ((await readFile(join(host, 'HEAD'), 'utf8').catch(() => null)) === null) throw error
    })
  }
  // What only this clone ignores is ignored here too.
  await copyFile(join(common, 'info', 'exclude'), join(host, 'info', 'exclude')).catch(() => {})
}

async function makeFolders({ control, root, top }: Repository): Promise<void> {
  await mkdir(join(control, 'workspaces'), { recursive: true })
  await mkdir(join(control, 'index'), { recursive: true })
  makeFolder(root)
  const own = join(top, '.cueline')
  // Whatever lies there is no part of the user's work.
  if (root.startsWith(own)) await writeFile(join(own, '.gitignore'), '*\n')
}

async function makeTarget(repository: Repository, from: string): Promise<void> {
  const { refs, target, top } = repository
  const tip = await refAt(repository, target)
  if (tip !== null) return refuseSubmodules(repository, tip)
  const start = await askGit(
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${from}^{commit}`],
    { cwd: top, answers: [1, 128] },
  )
  if (start.code !== 0) {
    throw new CuelineError(
      'not-found',
      `${top} has no commit ${JSON.stringify(from)} to start branch "${shortName(target)}" from. Make a first commit, or name another in \`from\`.`,
      { details: { from } },
    )
  }
  const commit = start.stdout.trim()
  await refuseSubmodules(repository, commit)
  // Another process may be first; then its start counts.
  await refs(['update-ref', target, commit, '']).catch(() => tipOf(repository))
}

function identity({ author: { name, email } }: GitSettings): Record<string, string> {
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
  }
}
