import { constants } from 'node:fs'
import { copyFile, lstat, mkdir, readdir, readlink, realpath, symlink } from 'node:fs/promises'
import { join, posix, relative, sep } from 'node:path'

import { CuelineError, isGlob, matchesGlob } from '@cueline/core'

import type { Repository } from './repository.ts'
import { runGit } from './run-git.ts'
import type { CheckedSetup } from './workspace-setup.ts'

/** Something of the user's checkout that workspaces get. */
interface Source {
  /** Where it lies, and where it will lie, from the top. */
  readonly path: string
  readonly how: 'copy' | 'link'
  /** Where it really lies. */
  readonly from: string
  readonly isFolder: boolean
}

export interface PlaceOrder {
  /** The folder that gets the files. */
  readonly path: string
  /** Its index, of a fresh workspace: then what is not ignored there is refused. */
  readonly index?: string
  readonly signal: AbortSignal
}

/**
 * Puts the ignored files of the set-up into a folder. Resolves with their paths.
 *
 * @throws CuelineError that names the path: it is not there, not ignored, tracked, or a link leads
 *   out of the repository.
 */
export async function placeFiles(
  place: Repository,
  setup: CheckedSetup,
  { path, index, signal }: PlaceOrder,
): Promise<readonly string[]> {
  const sources = await sourcesOf(place, setup)
  if (sources.length === 0) return []
  if (index !== undefined) await requireIgnored(place, sources, path, index)
  for (const source of sources) {
    signal.throwIfAborted()
    const target = join(path, source.path)
    await makeParents(path, source.path)
    if (await isThere(target)) {
      // What a merge has brought there counts more than a copy.
      if (index === undefined) continue
      throw refused(source.path, 'cannot be placed: git has files there', 'Name what it lacks')
    }
    if (source.how === 'link') await symlink(source.from, target, 'junction')
    else if (source.isFolder) await copyFolder(source, target, signal)
    else await copyFile(source.from, target, exclusively)
  }
  return sources.map((source) => source.path)
}

const exclusively = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE

/** What the entries of the set-up come to now. */
export async function sourcesOf(
  place: Repository,
  { copy, link }: CheckedSetup,
): Promise<readonly Source[]> {
  const entries = [
    ...copy.map((entry) => ({ entry, how: 'copy' as const })),
    ...link.map((entry) => ({ entry, how: 'link' as const })),
  ]
  if (entries.length === 0) return []
  if (place.top === place.common) {
    throw new CuelineError(
      'invalid-input',
      `${place.top} is a bare repository, so it has no ignored files that the set-up could copy or link. Use run and env instead.`,
    )
  }
  const ignored = entries.some(({ entry }) => isGlob(entry)) ? await ignoredIn(place) : []
  const found = new Map<string, Source>()
  for (const { entry, how } of entries) {
    const paths = isGlob(entry) ? ignored.filter((path) => matchesGlob(entry, path)) : [entry]
    for (const path of paths) {
      if (!found.has(path)) found.set(path, await sourceAt(place, path, how))
    }
  }
  return [...found.values()]
}

async function sourceAt({ top }: Repository, path: string, how: 'copy' | 'link'): Promise<Source> {
  let from: string
  try {
    from = await realpath(join(top, path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new CuelineError(
      'not-found',
      `The set-up of workspaces names "${path}", which is not in ${top}. Make it there, leave it out, or name it by a glob such as "${path}*", which may match nothing.`,
      { details: { path } },
    )
  }
  const inside = relative(top, from).split(sep)
  if (inside[0] === '..' || inside[0] === '' || relative(top, from).startsWith(sep)) {
    throw refused(path, `leads out of the repository, to ${from}`, 'Put the file itself there')
  }
  if (inside.some((part) => ['.git', '.cueline'].includes(part.toLowerCase()))) {
    throw refused(path, `leads to ${from}`, 'Name what lies outside of .git and .cueline')
  }
  const stats = await lstat(from)
  if (!stats.isFile() && !stats.isDirectory()) {
    throw refused(path, 'is neither a file nor a folder', 'Leave it out')
  }
  return { path, how, from, isFolder: stats.isDirectory() }
}

/** Ignored files and folders of the checkout; what is in an ignored folder is not listed. */
async function ignoredIn({ top, settings }: Repository): Promise<readonly string[]> {
  const ask = ['ls-files', '-z', '--others', '--ignored', '--exclude-standard', '--directory']
  const { stdout } = await runGit([...settings.arguments, ...ask], { cwd: top })
  return stdout
    .split('\0')
    .map((path) => path.replace(/\/$/, ''))
    .filter((path) => path !== '' && path !== '.cueline' && !path.startsWith('.cueline/'))
    .toSorted()
}

/** Asked in the workspace, where an older or newer .gitignore may say something else. */
async function requireIgnored(
  { content }: Repository,
  sources: readonly Source[],
  worktree: string,
  index: string,
): Promise<void> {
  // A rule such as "node_modules/" is one for folders.
  const asked = sources.map(({ path, isFolder }) => (isFolder ? `${path}/` : path))
  const { stdout } = await content(
    ['check-ignore', '-z', '--stdin', '--verbose', '--non-matching'],
    { worktree, index, input: asked.map((path) => `${path}\0`).join(''), answers: [1] },
  )
  const fields = stdout.split('\0')
  for (const [at, { path }] of sources.entries()) {
    const rule = fields[at * 4 + 2] ?? ''
    if (rule !== '' && !rule.startsWith('!')) continue
    throw refused(
      path,
      'is not ignored by git where workspaces start, or is tracked, so it would land with the work',
      'Add it to .gitignore and commit that, or leave it out: tracked files are there anyway',
    )
  }
}

/** Makes the folders above a path, and refuses to go through a link, which may lead anywhere. */
async function makeParents(root: string, path: string): Promise<void> {
  let folder = root
  for (const part of path.split('/').slice(0, -1)) {
    folder = join(folder, part)
    await mkdir(folder).catch(async (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      if ((await lstat(folder)).isDirectory()) return
      throw refused(path, `cannot be placed: ${part} is no folder there`, 'Leave it out')
    })
  }
}

/** Copies a folder as it is. Links inside it stay links, so they must not lead out of it. */
async function copyFolder(source: Source, target: string, signal: AbortSignal): Promise<void> {
  const folders = ['']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    signal.throwIfAborted()
    await mkdir(join(target, folder))
    const entries = await readdir(join(source.from, folder), { withFileTypes: true })
    for (let at = 0; at < entries.length; at += atOnce) {
      await Promise.all(
        entries.slice(at, at + atOnce).map(async (entry) => {
          const path = posix.join(folder, entry.name)
          const [from, to] = [join(source.from, path), join(target, path)]
          if (entry.isDirectory()) folders.push(path)
          else if (entry.isFile()) await copyFile(from, to, exclusively)
          else if (entry.isSymbolicLink()) await symlink(await linkInside(source, path), to)
          else
            throw refused(`${source.path}/${path}`, 'is neither a file nor a folder', 'Remove it')
        }),
      )
    }
  }
}

const atOnce = 32

async function linkInside({ path: top, from }: Source, path: string): Promise<string> {
  const to = await readlink(join(from, path))
  const end = posix.normalize(posix.join(posix.dirname(path), to))
  if (!to.startsWith('/') && !/^[a-z]:|\\/i.test(to) && end !== '..' && !end.startsWith('../')) {
    return to
  }
  throw refused(
    `${top}/${path}`,
    `is a link that leads out of the folder to copy, to ${to}`,
    'Link the folder instead, or leave it out',
  )
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

function refused(path: string, what: string, next: string): CuelineError {
  return new CuelineError('refused', `"${path}" of the set-up ${what}. ${next}.`, {
    details: { path },
  })
}
