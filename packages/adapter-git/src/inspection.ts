import { randomUUID } from 'node:crypto'
import { copyFile, readFile, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'

import { workspaceState, type WorkspaceInspection } from '@cueline/core'

import { agentTips } from './kept-commits.ts'
import { indexOf, workspaceOf, type Manifest } from './manifest.ts'
import { nameOf } from './names.ts'
import { refAt, shortName } from './refs.ts'
import type { Repository } from './repository.ts'
import { isFolder, linksIn, takeSnapshot, type Snapshot } from './snapshot.ts'

/** What a workspace holds, and how far it is. `merging`: its trial is under way. */
export async function inspectWorkspace(
  place: Repository,
  manifest: Manifest,
  merging: boolean,
): Promise<WorkspaceInspection> {
  const { attemptId, base, branch, landedTree, gitFolder, path } = manifest
  const there = gitFolder !== null && (await isFolder(path))
  const snapshot = there ? await lookAt(place, manifest) : null
  const tips = there ? await agentTips(place, manifest) : []
  const tree = snapshot?.tree
  const changed =
    tree === undefined || tree === landedTree
      ? []
      : landedTree === undefined
        ? (snapshot as Snapshot).changed
        : await pathsBetween(place, landedTree, tree)
  const head = there ? await headOf(place, gitFolder) : base
  const salvageRef = `refs/cueline/salvage/${nameOf(attemptId)}`
  const salvaged =
    (await refAt(place, salvageRef)) === null ? null : await treeOf(place, salvageRef)
  // Where the agent stands on what it started from, whatever has changed is in no commit.
  const isStart = landedTree === undefined && head === base
  const own = shortName(branch)
  return {
    workspace: workspaceOf(manifest),
    state: workspaceState({
      landed: landedTree !== undefined,
      merging,
      changed: changed.length,
      commits: tips.length,
      uncommitted: changed.length > 0 && (isStart || tree !== (await treeOf(place, head))),
      kept: tree !== undefined && tree === salvaged,
    }),
    changed,
    ...(snapshot !== null && {
      contents: snapshot.contents,
      links: changed.length === 0 ? new Map() : await linksIn(place, snapshot.tree),
    }),
    commits: tips.length === 0 ? 0 : await countCommits(place, tips, base),
    branch: own,
    look: there
      ? [`git -C ${quoted(path)} status`, `git -C ${quoted(path)} diff ${base.slice(0, 12)}`]
      : [],
  }
}

/**
 * A snapshot by an index of its own, so that it gets into nobody's way. A file that an agent removes in
 * this moment is looked for once more.
 */
export async function lookAt(place: Repository, manifest: Manifest): Promise<Snapshot> {
  const known = indexOf(place, manifest.attemptId)
  for (let tries = 1; ; tries += 1) {
    const index = `${known}.look-${randomUUID()}`
    try {
      const { atime, mtime } = await stat(known)
      await copyFile(known, index)
      // By this time git knows which files may have changed in the second in which it was written.
      await utimes(index, atime, mtime)
      return await takeSnapshot(place, manifest, index)
    } catch (error) {
      if (tries >= mostTries) throw error
    } finally {
      await rm(index, { force: true })
      await rm(`${index}.lock`, { force: true })
    }
  }
}

const mostTries = 3

/** As people paste it into a shell. */
export function quoted(text: string): string {
  return /^[\w./:@^-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

async function pathsBetween(
  { content }: Repository,
  from: string,
  to: string,
): Promise<readonly string[]> {
  const { stdout } = await content(['diff-tree', '-r', '-z', '--name-only', '--no-renames', from, to]) // prettier-ignore
  return stdout
    .split('\0')
    .filter((path) => path !== '')
    .toSorted()
}

/** The commit that an agent stands on; empty where it stands on none. An agent may have written there. */
async function headOf(place: Repository, gitFolder: string): Promise<string> {
  const text = (await readFile(join(gitFolder, 'HEAD'), 'utf8').catch(() => '')).trim()
  if (/^[0-9a-f]{40,64}$/.test(text)) return text
  const ref = /^ref: (refs\/heads\/.+)$/.exec(text)?.[1]
  return ref === undefined ? '' : ((await refAt(place, ref)) ?? '')
}

async function treeOf({ refs }: Repository, commit: string): Promise<string | null> {
  const ask = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{tree}`]
  const found = await refs(ask).catch(() => '')
  return found === '' ? null : found.trim()
}

async function countCommits(
  { content }: Repository,
  tips: readonly string[],
  base: string,
): Promise<number> {
  const asked = await content(['rev-list', '--count', '--stdin'], {
    input: [...tips, `^${base}`].join('\n'),
  })
  return Number(asked.stdout)
}
