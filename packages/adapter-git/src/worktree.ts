import { randomUUID } from 'node:crypto'
import { copyFile, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import { CuelineError } from '@cueline/core'

import { makeFolder } from './make-folder.ts'
import type { Repository } from './repository.ts'

export interface WorktreeOrder {
  readonly path: string
  /** The commit that is checked out. */
  readonly commit: string
  /** A branch to make for it; without one nothing is on a branch. */
  readonly branch?: string
  /** Where the index of later snapshots is to lie. */
  readonly index: string
  /** Leaves the folder without any file, and without an index. */
  readonly empty?: boolean
}

/** Attempts at making a worktree while other processes make theirs. */
const mostTries = 20
/** What git says when it meets another process half way through a lock, a ref or a worktree. */
const contended =
  /unable to (create|lock)|cannot lock ref|file exists|index file open failed|could not lock|failed to read \S*\/worktrees\//i
const inProcess = new Map<string, Promise<unknown>>()

/**
 * Makes a worktree and fills it without running anything that the repository's settings name.
 * Resolves with the folder in which git keeps what it knows of the worktree.
 */
export async function addWorktree(
  place: Repository,
  { path, commit, branch, index, empty = false }: WorktreeOrder,
  signal?: AbortSignal,
): Promise<string> {
  makeFolder(dirname(path))
  // Where a try failed half way its branch may be there already; nobody else has one of that name.
  const onto = branch === undefined ? ['--detach'] : ['-B', branch.replace(/^refs\/heads\//, '')]
  const add = ['worktree', 'add', '--no-checkout', ...onto, '--', path, commit]
  await oneByOne(place.common, () => again(() => place.refs(add, { signal }), signal))
  const gitFolder = await gitFolderOf(place, path)
  if (empty) return gitFolder
  await place.content(['read-tree', '-u', '--reset', commit], { worktree: path, index, signal })
  // The agent's own git finds the files as they were checked out, without reading them all.
  await copyFile(index, join(gitFolder, 'index'))
  return gitFolder
}

/** Removes a worktree whose work is kept. Harmless when it is gone. */
export async function removeWorktree(
  place: Repository,
  path: string,
  gitFolder: string | null,
): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 })
  const known = gitFolder ?? (await findGitFolder(place, path))
  if (known !== null && dirname(known) === join(place.common, 'worktrees')) {
    // Gone at once: other processes list all worktrees, and fail on one that is half removed.
    const removed = join(place.control, `removed-${randomUUID()}`)
    await rename(known, removed).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    })
    await rm(removed, { recursive: true, force: true })
  }
}

/** One after the other in this process: git's own locks are not waited for, they fail. */
async function oneByOne<Value>(key: string, work: () => Promise<Value>): Promise<Value> {
  const before = inProcess.get(key) ?? Promise.resolve()
  const mine = before.then(work, work)
  const quiet = mine.catch(() => {})
  inProcess.set(key, quiet)
  try {
    return await mine
  } finally {
    if (inProcess.get(key) === quiet) inProcess.delete(key)
  }
}

async function again<Value>(work: () => Promise<Value>, signal?: AbortSignal): Promise<Value> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      signal?.throwIfAborted()
      const said = error instanceof CuelineError ? error.details.stderr : undefined
      if (tries >= mostTries || typeof said !== 'string' || !contended.test(said)) throw error
    }
    const pause = 5 * tries * (0.5 + Math.random())
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

async function gitFolderOf({ common }: Repository, path: string): Promise<string> {
  const text = await readFile(join(path, '.git'), 'utf8')
  const folder = /^gitdir: (.+)\n?$/.exec(text)?.[1]
  if (folder !== undefined) return join(common, 'worktrees', basename(folder))
  throw new CuelineError('internal', `${path} is no worktree, although git has just made it.`)
}

/** Finds it by what git noted, for a worktree whose making was interrupted. */
async function findGitFolder({ common }: Repository, path: string): Promise<string | null> {
  for (const name of await readdir(join(common, 'worktrees')).catch(() => [])) {
    const folder = join(common, 'worktrees', name)
    const noted = await readFile(join(folder, 'gitdir'), 'utf8').catch(() => '')
    if (noted.trim() === join(path, '.git')) return folder
  }
  return null
}
