import { randomUUID } from 'node:crypto'
import { copyFile, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { AttemptId, ParkedLane } from '@cueline/core'

import { claimName, ownsName } from './claimed-names.ts'
import { indexOf, type Manifest } from './manifest.ts'
import { nameOf } from './names.ts'
import type { Repository } from './repository.ts'
import { salvage } from './salvage.ts'
import { changedSince, isFolder, takeTree } from './snapshot.ts'
import { addWorktree } from './worktree.ts'

/**
 * A lane is a folder that one attempt after the other works in: what git ignores - installed modules, caches -
 * stays from one to the next, all else is as in a fresh worktree. Between two attempts it is parked: a
 * folder beside, with no worktree, branch or index of git, and nothing in it that is not kept elsewhere.
 */
interface Parked {
  /** Of the attempt that worked in it last; what it held then, all of it kept, is its `landedTree`. */
  readonly manifest: Manifest
}

/** What of a lane is in use by a new attempt. */
export interface Unparked extends Pick<Manifest, 'placed' | 'setUpAs'> {
  readonly gitFolder: string
}

/** Takes the first lane that nobody works in, for as long as the workspace exists. */
export async function takeLane(place: Repository, attemptId: AttemptId): Promise<number> {
  for (let lane = 1; ; lane += 1) {
    if (await claimName(place, 'lanes', String(lane), attemptId)) return lane
  }
}

/** Where the attempts of a lane work. */
export function lanePathOf({ root }: Pick<Repository, 'root'>, lane: number): string {
  return join(root, `lane-${lane}`)
}

/**
 * The manifest of a workspace that is to be removed: without any folder where its lane is another
 * attempt's already, since its removal has broken off after that was given back.
 */
export async function ownedOf(place: Repository, manifest: Manifest): Promise<Manifest> {
  const { lane, attemptId, path } = manifest
  if (lane === undefined || (await ownsName(place, 'lanes', String(lane), attemptId)))
    return manifest
  return { ...manifest, path: `${path}.${nameOf(attemptId)}`, gitFolder: null }
}

/**
 * Keeps the folder of a workspace whose work is landed or salvaged for the next attempt of its lane. What
 * breaks off here leaves a folder that nobody has noted, which is thrown away.
 */
export async function parkLane(place: Repository, manifest: Manifest): Promise<void> {
  const { lane, path, attemptId, gitFolder } = manifest
  if (lane === undefined || gitFolder === null || !(await isFolder(path))) return
  const tree = await takeTree(place, manifest)
  const parked = parkedPathOf(place, lane)
  const parking = `${parked}-${randomUUID()}`
  await copyFile(indexOf(place, attemptId), `${parking}.index`)
  try {
    await rename(path, parking)
    if (!(await ownsName(place, 'lanes', String(lane), attemptId))) {
      // Another process has removed it too, and the next one works there already.
      await rename(parking, path)
      return
    }
    await rm(noteOf(place, lane), { force: true })
    await rm(parked, { recursive: true, force: true, maxRetries: 3 })
    await rename(`${parking}.index`, parkedIndexOf(place, lane))
    await rename(parking, parked)
    const noted: Parked = { manifest: { ...manifest, landedTree: tree } }
    await writeFile(noteOf(place, lane), JSON.stringify(noted), { flush: true })
  } finally {
    await rm(`${parking}.index`, { force: true })
    await rm(parking, { recursive: true, force: true, maxRetries: 3 })
  }
}

/**
 * Makes a worktree of what is parked in the lane, at the base of the new attempt; null where there is
 * nothing that can be used. Whatever was written there since it was parked is salvaged first, under the name
 * of the attempt before.
 */
export async function unparkLane(
  place: Repository,
  { lane, setUpBy, attemptId, path, branch, base }: Manifest,
  signal: AbortSignal,
): Promise<Unparked | null> {
  if (lane === undefined) return null
  const note = await readFile(noteOf(place, lane), 'utf8').catch(() => null)
  // From here on it is this attempt's, or nobody's.
  await rm(noteOf(place, lane), { force: true })
  const folder = parkedPathOf(place, lane)
  try {
    if (note === null || !(await isFolder(folder))) return null
    const { manifest } = JSON.parse(note) as Parked
    // Somebody has changed what workspaces get.
    if (manifest.setUpBy !== setUpBy) return null
    const { placed, setUpAs = { attemptId: manifest.attemptId, code: manifest.code } } = manifest
    const index = indexOf(place, attemptId)
    const order = { path, commit: base, branch, index }
    const gitFolder = await addWorktree(place, { ...order, empty: true }, signal)
    for (const name of await readdir(folder)) {
      if (name.toLowerCase() !== '.git') await rename(join(folder, name), join(path, name))
    }
    const before = { ...manifest, path }
    const beforeIndex = indexOf(place, manifest.attemptId)
    await copyFile(parkedIndexOf(place, lane), beforeIndex)
    await salvage(place, before)
    await rename(beforeIndex, index)
    const call = { worktree: path, index, signal }
    await place.content(['read-tree', '-u', '--reset', base], call)
    // What only the work before had ignored is nobody's work, and would be new here.
    const kept = (placed ?? []).flatMap((each) => ['-e', `/${each}`])
    await place.content(['clean', '-ffdq', ...kept], call)
    await copyFile(index, join(gitFolder, 'index'))
    const made = { ...before, attemptId, base }
    if (await changedSince(place, base, await takeTree(place, made))) return null
    return { gitFolder, setUpAs, ...(placed !== undefined && { placed }) }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    await rm(parkedIndexOf(place, lane), { force: true })
  }
}

/** What is parked and can be taken up again, lane by lane. */
export async function parkedLanes(place: Repository): Promise<readonly ParkedLane[]> {
  const found: (ParkedLane & { readonly number: number })[] = []
  for (const name of await readdir(place.control)) {
    const number = Number(/^lane-(\d{1,9})\.json$/.exec(name)?.[1] ?? 0)
    if (number === 0 || !(await isFolder(parkedPathOf(place, number)))) continue
    try {
      const { mtimeMs } = await stat(noteOf(place, number))
      const { manifest } = JSON.parse(await readFile(noteOf(place, number), 'utf8')) as Parked
      found.push({
        number,
        lane: `lane-${number}`,
        path: parkedPathOf(place, number),
        attemptId: manifest.attemptId,
        parkedAt: Math.trunc(mtimeMs),
      })
    } catch {
      // It has been taken up meanwhile, or is half written: then it is made anew.
    }
  }
  return found
    .toSorted((one, other) => one.number - other.number)
    .map(({ number: _number, ...lane }) => lane)
}

function parkedPathOf(place: Repository, lane: number): string {
  return `${lanePathOf(place, lane)}.parked`
}

function noteOf({ control }: Repository, lane: number): string {
  return join(control, `lane-${lane}.json`)
}

function parkedIndexOf({ control }: Repository, lane: number): string {
  return join(control, 'index', `lane-${lane}`)
}
