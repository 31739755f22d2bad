import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

import { CuelineError } from '@cueline/core'

import { inParallel } from './in-parallel.ts'

/**
 * What a folder holds, by path with `/` between the parts: `file <sha256>`, `exec <sha256>` for an
 * executable one, `link <target>`, or `outside <target>` for a link that leads out of the folder.
 * Folders count by what is in them; sockets, pipes and devices do not count.
 */
export type Tree = ReadonlyMap<string, string>

export interface Found {
  readonly path: string
  readonly kind: 'file' | 'exec' | 'link' | 'outside' | 'folder'
  /** Where a link leads; empty for anything else. */
  readonly target: string
}

const wholeFileBytes = 4 * 1024 * 1024

/** Everything below a folder except names in `ignore`, with contents as digests. */
export async function scanTree(root: string, ignore: ReadonlySet<string>): Promise<Tree> {
  const found: Found[] = []
  for await (const each of walk(root, ignore)) if (each.kind !== 'folder') found.push(each)
  const entries = await inParallel(found, async (each) => {
    const entry = await entryOf(root, each)
    return entry === null ? null : ([each.path, entry] as const)
  })
  return new Map(entries.filter((entry) => entry !== null))
}

/** What changed paths hold, and where all links of a tree lead. */
export function contentsOf(changed: readonly string[], tree: Tree) {
  const links = [...tree].flatMap(([path, entry]) =>
    entry.startsWith('link ') ? [[path, entry.slice('link '.length)] as const] : [],
  )
  return {
    contents: new Map(changed.map((path) => [path, tree.get(path) ?? 'deleted'])),
    links: new Map(links),
  }
}

/** The entry of one path, or null when there is nothing that counts. Never follows a link. */
export async function scanPath(root: string, path: string): Promise<string | null> {
  if (!(await isInRealFolders(root, path))) return null
  const found = await look(root, path)
  return found === null || found.kind === 'folder' ? null : await entryOf(root, found)
}

/**
 * Whether all folders above a path are there and none is a link: only then does the path name
 * something in this tree.
 */
export async function isInRealFolders(root: string, path: string): Promise<boolean> {
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    if ((await look(root, path.slice(0, at)))?.kind !== 'folder') return false
  }
  return true
}

/** Walks a folder without following links; a folder comes before what it holds. */
export async function* walk(root: string, ignore: ReadonlySet<string>): AsyncGenerator<Found> {
  const folders = ['']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of await namesIn(join(root, folder), folder === '')) {
      if (ignore.has(name)) continue
      const found = await look(root, folder === '' ? name : `${folder}/${name}`)
      if (found === null) continue
      if (found.kind === 'folder') folders.push(found.path)
      yield found
    }
  }
}

/** One digest for a whole tree. */
export function treeDigest(tree: Tree): string {
  const hash = createHash('sha256')
  for (const path of [...tree.keys()].toSorted()) {
    hash.update(`${path}\0${tree.get(path)}\0`)
  }
  return `sha256:${hash.digest('hex')}`
}

export async function fileDigest(file: string, size: number): Promise<string> {
  const hash = createHash('sha256')
  if (size <= wholeFileBytes) hash.update(await readFile(file))
  else await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

async function entryOf(root: string, { path, kind, target }: Found): Promise<string | null> {
  if (kind !== 'file' && kind !== 'exec') return `${kind} ${target}`
  const file = join(root, path)
  try {
    return `${kind} ${await fileDigest(file, (await lstat(file)).size)}`
  } catch (error) {
    if (isGone(error)) return null
    throw error
  }
}

async function look(root: string, path: string): Promise<Found | null> {
  const file = join(root, path)
  try {
    const stat = await lstat(file)
    if (stat.isDirectory()) return { path, kind: 'folder', target: '' }
    if (stat.isFile()) return { path, kind: stat.mode & 0o100 ? 'exec' : 'file', target: '' }
    if (!stat.isSymbolicLink()) return null
    const target = await readlink(file)
    return { path, kind: leadsOut(path, target) ? 'outside' : 'link', target }
  } catch (error) {
    if (!isGone(error)) throw error
    if (!path.includes('\uFFFD')) return null
    throw new CuelineError(
      'invalid-input',
      `A file name in ${root} is no valid UTF-8 (${JSON.stringify(path)}); rename it or ignore its folder.`,
      { details: { root, path }, cause: error },
    )
  }
}

/**
 * Whether a link could lead out of its tree. Only `..` at the start is counted: behind the name of
 * something that may be a link itself, it leads nobody knows where.
 */
function leadsOut(path: string, target: string): boolean {
  if (target.startsWith('/') || target.includes('\\') || /^[A-Za-z]:/.test(target)) return true
  let depth = path.split('/').length - 1
  let descended = false
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') descended = true
    else if (descended || depth === 0) return true
    else depth -= 1
  }
  return false
}

async function namesIn(folder: string, isRoot: boolean): Promise<string[]> {
  try {
    return (await readdir(folder)).toSorted()
  } catch (error) {
    if (!isRoot && isGone(error)) return []
    throw error
  }
}

/** It was removed, or became something else, since it was listed. */
export function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}
