import { randomUUID } from 'node:crypto'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { AttemptId, BaseWork, WorkOrderId, Workspace } from '@cueline/core'

import { nameOf } from './names.ts'
import type { Repository } from './repository.ts'

/**
 * What is known about a workspace: written before it is made, so that no workspace exists that
 * nobody knows of.
 */
export interface Manifest {
  readonly attemptId: AttemptId
  readonly fence: number
  readonly workOrderId: WorkOrderId
  readonly code: string
  readonly title: string
  /** The folder to work in. */
  readonly path: string
  /** Its branch, as a whole ref name. */
  readonly branch: string
  /** The commit that the work starts from. */
  readonly base: string
  /** The lane whose folder it works in. */
  readonly lane?: number
  /** Which set-up its lane has had. */
  readonly setUpBy?: string
  /** The attempt of its lane for which the set-up has run; itself when absent. */
  readonly setUpAs?: Pick<Manifest, 'attemptId' | 'code'>
  /** The attempts whose work is in it although it had not landed. */
  readonly upon?: readonly BaseWork[]
  /** What git keeps about the worktree; null until it is filled. */
  readonly gitFolder: string | null
  /** Its temp folder, outside of the tree. */
  readonly temp?: string
  /** The ports it has claimed, by the variable that tells them. */
  readonly ports?: Readonly<Record<string, number>>
  /** Paths that the set-up has put there: no part of the work, whatever becomes of them. */
  readonly placed?: readonly string[]
  /** The set-up has begun, and whoever removes the workspace has to run its teardown. */
  readonly setUp?: boolean
  /** The tree that has landed, once it has. */
  readonly landedTree?: string
}

export async function writeManifest(place: Repository, manifest: Manifest): Promise<void> {
  const file = fileOf(place, manifest.attemptId)
  const draft = `${file}.${randomUUID()}.new`
  try {
    await writeFile(draft, JSON.stringify(manifest), { flag: 'wx', flush: true })
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

export async function readManifest(
  place: Repository,
  attemptId: AttemptId,
): Promise<Manifest | null> {
  return readAt(fileOf(place, attemptId))
}

export async function readManifests(place: Repository): Promise<readonly Manifest[]> {
  const folder = folderOf(place)
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).toSorted()
  const all = await Promise.all(names.map((name) => readAt(join(folder, name))))
  return all.filter((manifest) => manifest !== null)
}

export async function removeManifest(place: Repository, attemptId: AttemptId): Promise<void> {
  await rm(fileOf(place, attemptId), { force: true })
}

/** Where the index of a workspace's snapshots lies: not where an agent's own commands keep theirs. */
export function indexOf({ control }: Repository, attemptId: AttemptId): string {
  return join(control, 'index', nameOf(attemptId))
}

export function workspaceOf({ attemptId, fence, path, base }: Manifest): Workspace {
  return { attemptId, fence, path, base }
}

function folderOf({ control }: Repository): string {
  return join(control, 'workspaces')
}

function fileOf(place: Repository, attemptId: AttemptId): string {
  return join(folderOf(place), `${nameOf(attemptId)}.json`)
}

async function readAt(file: string): Promise<Manifest | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Manifest
  } catch (error) {
    if (error instanceof SyntaxError) return null // Cut off by a power failure, before it was used.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
