import { lstat } from 'node:fs/promises'
import { posix } from 'node:path'

import { CuelineError } from '@cueline/core'

import { indexOf, type Manifest } from './manifest.ts'
import type { Repository } from './repository.ts'

export interface Snapshot {
  /** The whole content of the workspace that git would keep. */
  readonly tree: string
  /** Paths that differ from the base, sorted. */
  readonly changed: readonly string[]
  /** What each of them holds: mode and object. */
  readonly contents: ReadonlyMap<string, string>
  /** Changed paths that must not land, each with its reason. */
  readonly refused: readonly { readonly path: string; readonly reason: string }[]
}

/**
 * What a workspace holds now, stored as a tree - without the agent's index, settings, filters or
 * hooks. Ignored files do not belong to it, nor what the set-up has put there, even where the agent
 * has changed what is ignored.
 *
 * @throws CuelineError `refused` where its folder is gone, or an agent has put a link in its place.
 */
export async function takeSnapshot(
  place: Repository,
  manifest: Manifest,
  index?: string,
): Promise<Snapshot> {
  const tree = await takeTree(place, manifest, index)
  const diff = ['diff-tree', '-r', '-z', '--no-renames', manifest.base, tree]
  return { tree, ...(await judged(place, (await place.content(diff)).stdout)) }
}

/** Only the tree of a snapshot, which costs less. Throws as it. */
export async function takeTree(
  place: Repository,
  manifest: Manifest,
  index: string = indexOf(place, manifest.attemptId),
): Promise<string> {
  const { content } = place
  const { placed = [], path } = manifest
  if (!(await isFolder(path))) {
    throw new CuelineError(
      'refused',
      `${path} is no folder any more: it is gone, or a link was put in its place. Nothing of what lies there now is this attempt's work; the next attempt gets a workspace of its own.`,
      { details: { path } },
    )
  }
  const call = { worktree: manifest.path, index }
  await content(['add', '--all', '--pathspec-from-file=-', '--pathspec-file-nul'], {
    ...call,
    // It says 1 where a path that is left out is ignored too; a file that cannot be added is 128.
    answers: placed.length === 0 ? [] : [1],
    input: ['.', ...placed.map((path) => `:(top,exclude,literal)${path}`)].join('\0'),
  })
  return (await content(['write-tree'], call)).stdout.trim()
}

/** Whether a tree is another than that of a commit. */
export async function changedSince(
  { content }: Repository,
  base: string,
  tree: string,
): Promise<boolean> {
  return (await content(['diff-tree', '--quiet', base, tree], { answers: [1] })).code === 1
}

/** Whether a workspace is where it was made. Not so for a link to somewhere else. */
export function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

/** The lines of `diff-tree --raw -z`: `:mode mode object object status`, then the path. */
async function judged(place: Repository, raw: string): Promise<Omit<Snapshot, 'tree'>> {
  const parts = raw.split('\0')
  const changed: string[] = []
  const contents = new Map<string, string>()
  const refused: { path: string; reason: string }[] = []
  const links: (readonly [path: string, object: string])[] = []
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [, mode, , object = ''] = (parts[at] as string).split(' ')
    const path = parts[at + 1] as string
    changed.push(path)
    contents.set(path, `${mode} ${object}`)
    if (mode === '160000') {
      refused.push({
        path,
        reason:
          'it is a git repository of its own, whose files would be lost; remove its .git folder, or keep it out of the workspace',
      })
    }
    if (mode === '120000') links.push([path, object])
  }
  for (const [path, to] of await contentsOf(place, links)) {
    if (!leadsOut(path, to)) continue
    refused.push({
      path,
      reason: `it is a link that leads out of the workspace, to ${JSON.stringify(to)}; link to a path inside`,
    })
  }
  return { changed: changed.toSorted(), contents, refused }
}

/** All links in a tree, and where each leads. */
export async function linksIn(
  place: Repository,
  tree: string,
): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await place.content(['ls-tree', '-r', '-z', tree])
  const found: (readonly [path: string, object: string])[] = []
  for (const line of stdout.split('\0')) {
    if (!line.startsWith('120000 ')) continue
    const [about = '', path = ''] = line.split('\t')
    found.push([path, about.split(' ')[2] ?? ''])
  }
  return await contentsOf(place, found)
}

/** What the objects of some paths hold. */
async function contentsOf(
  { content }: Repository,
  found: readonly (readonly [path: string, object: string])[],
): Promise<ReadonlyMap<string, string>> {
  if (found.length === 0) return new Map()
  const input = found.map(([, object]) => object).join('\n')
  const answer = Buffer.from((await content(['cat-file', '--batch'], { input })).stdout)
  // Of each: `object blob size`, a line feed, the content, a line feed.
  const links = new Map<string, string>()
  let at = 0
  for (const [path] of found) {
    const start = answer.indexOf('\n', at) + 1
    const size = Number(answer.subarray(at, start).toString().trim().split(' ')[2])
    links.set(path, answer.subarray(start, start + size).toString())
    at = start + size + 1
  }
  return links
}

/** Whether a link at this path leads out of the folder that paths are counted from. */
function leadsOut(path: string, to: string): boolean {
  if (to.startsWith('/') || to.includes('\\') || /^[a-z]:/i.test(to)) return true
  const target = posix.normalize(posix.join(posix.dirname(path), to))
  return target === '..' || target.startsWith('../') || isInGit(target)
}

function isInGit(path: string): boolean {
  return path.toLowerCase().split('/').includes('.git')
}
