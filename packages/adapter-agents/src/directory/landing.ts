import {
  access,
  constants,
  lstat,
  mkdir,
  readdir,
  rename,
  rm,
  rmdir,
  writeFile,
} from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'

import { CuelineError, type AttemptId, type Landed, type WorkOrderId } from '@cueline/core'

import { readIfThere, syncFile, syncFolder, writeOnce } from './atomic-file.ts'
import type { ControlFolder } from './control-folder.ts'
import { copyPath } from './copy-tree.ts'
import { faultPoint } from './fault-point.ts'
import type { FolderHold } from './folder-lease.ts'
import { inParallel } from './in-parallel.ts'
import { removeFile, removeTree } from './remove-tree.ts'
import { isGone, isInRealFolders, scanPath, walk, type Tree } from './scan-tree.ts'

/** Work that is to land: exactly what a trial saw. */
export interface Landing {
  readonly attemptId: AttemptId
  readonly fence: number
  readonly workOrderId?: WorkOrderId | undefined
  readonly merged: string
  /** The folder the work is in. */
  readonly work: string
  /** Changed paths with the entry they get; null deletes. */
  readonly changes: ReadonlyMap<string, string | null>
  /** What the result held at the changed paths when the trial was made. */
  readonly before: Tree
  /** How many landings the trial was made with. */
  readonly sequence: number
}

/**
 * All that is left to do once a landing is decided. Its file is the decision: while it is not there
 * nothing has happened, once it is there everything will, whoever has to finish it.
 */
interface Journal {
  readonly attemptId: AttemptId
  readonly fence: number
  readonly workOrderId?: WorkOrderId | undefined
  readonly merged: string
  readonly sequence: number
  /** The folder with the new files. */
  readonly staging: string
  /** Path and its new entry; null deletes. */
  readonly changes: readonly (readonly [path: string, entry: string | null])[]
}

/**
 * Applies work to the result, all of it or nothing; needs the folder's lease. `decide` is called when
 * everything is ready, and its rejection leaves all as it was.
 *
 * @throws CuelineError `conflict` when the result or the work has changed since the trial, or something
 *   else has landed: other files than the ones that were judged together must not come together.
 */
export async function land(
  result: string,
  control: ControlFolder,
  landing: Landing,
  hold: FolderHold,
  decide: () => Promise<void>,
): Promise<Landed> {
  const before = await readSequence(control)
  if (before !== landing.sequence) throw landedMeanwhile(landing)
  const staging = join(control.staging, randomUUID())
  await mkdir(staging, { recursive: true })
  faultPoint('land:begun')
  const changes = await stage(staging, landing)
  faultPoint('land:staged')
  await expectUnchanged(result, landing)
  await expectRoom(result, landing)
  await decide()
  faultPoint('land:confirmed')
  const { attemptId, fence, workOrderId, merged } = landing
  const journal: Journal = {
    attemptId,
    fence,
    workOrderId,
    merged,
    staging,
    changes,
    sequence: before + 1,
  }
  if (!(await writeOnce(control.journal, JSON.stringify(journal)))) {
    throw landedMeanwhile(landing)
  }
  // File systems keep the order of names, so this one sync vouches for all that follows.
  await syncFolder(dirname(control.journal))
  faultPoint('land:decided')
  await finishLanding(result, control, hold)
  // Nothing, if this process stood still before its decision while another landed.
  const landed = await control.readLanding(attemptId, fence)
  if (landed === null) throw landedMeanwhile(landing)
  return landed
}

/**
 * Finishes a landing that was decided, if there is one, and clears away one that was not; needs the
 * folder's lease. Every step can be repeated, and none is made once somebody has taken over: a process
 * that was frozen here for too long finds its landing finished by another.
 */
export async function finishLanding(
  result: string,
  control: ControlFolder,
  hold: FolderHold,
): Promise<void> {
  const journal = await readJournal(control)
  if (journal === null) return await removeTree(control.staging)
  if (await isOvertaken(control, journal)) {
    await rm(control.journal, { force: true })
    return await removeTree(control.staging)
  }
  await apply(result, journal, () => expectOurs(hold))
  faultPoint('land:applied')
  const { attemptId, fence, merged, sequence } = journal
  await rebase(control, journal)
  await expectOurs(hold)
  await control.writeLanding(attemptId, fence, { merged })
  faultPoint('land:recorded')
  await expectOurs(hold)
  await writeFile(control.sequence, String(sequence))
  faultPoint('land:counted')
  await expectOurs(hold)
  await rm(control.journal, { force: true })
  faultPoint('land:closed')
  await removeTree(control.staging)
}

/**
 * It was written down after another landing that took its place, so its trial is of before that; or after
 * a later claim got the work, by a process that was frozen when it had checked its fence. Nothing of it
 * was applied then: for that it would have had to hold the folder's lease.
 */
async function isOvertaken(control: ControlFolder, journal: Journal): Promise<boolean> {
  const { attemptId, fence, sequence } = journal
  if (sequence > (await readSequence(control))) return await control.isSuperseded(journal)
  return (await control.readLanding(attemptId, fence)) === null
}

/** The attempt whose landing is decided but not finished, or null. */
export async function pendingLanding(control: ControlFolder): Promise<AttemptId | null> {
  return (await readJournal(control))?.attemptId ?? null
}

/** How many landings have been finished; the same before and after means there was none between. */
export async function readSequence(control: ControlFolder): Promise<number> {
  return Number((await readIfThere(control.sequence)) ?? 0)
}

async function readJournal(control: ControlFolder): Promise<Journal | null> {
  const text = await readIfThere(control.journal)
  return text === null ? null : (JSON.parse(text) as Journal)
}

function landedMeanwhile({ attemptId }: Landing): CuelineError {
  return new CuelineError(
    'conflict',
    `Something else has landed since the trial of attempt ${attemptId}; nothing was landed. Try the merge again.`,
    { retryable: true, details: { attemptId } },
  )
}

async function stage(staging: string, { work, changes }: Landing): Promise<Journal['changes']> {
  return await inParallel([...changes], async ([path, entry]) => {
    if (entry === null) return [path, null] as const
    const copied = await copyPath(work, staging, path, entry)
    if (copied !== entry) {
      throw new CuelineError(
        'conflict',
        `${path} changed in the workspace after it was tried; something is still writing there. Try the merge again.`,
        { retryable: true, details: { path } },
      )
    }
    if (!entry.startsWith('link ')) await syncFile(join(staging, path))
    return [path, entry] as const
  })
}

async function expectUnchanged(result: string, { changes, before }: Landing): Promise<void> {
  const changed = await inParallel([...changes.keys()], async (path) =>
    (await scanPath(result, path)) === (before.get(path) ?? null) ? [] : [path],
  )
  const paths = changed.flat()
  if (paths.length === 0) return
  throw new CuelineError(
    'conflict',
    `${paths.join(', ')} changed in the result after the merge was tried; nothing was overwritten. Try the merge again.`,
    { retryable: true, details: { paths } },
  )
}

/** Finds what would stop a landing in the middle: a folder or file in the way, a read-only place. */
async function expectRoom(result: string, { changes }: Landing): Promise<void> {
  const fail = (path: string, why: string, cause?: unknown) =>
    new CuelineError('conflict', `${path} cannot be landed: ${why}; clear it and try again.`, {
      retryable: true,
      details: { path },
      cause,
    })
  for (const [path, entry] of changes) {
    if (entry !== null) {
      const inTheWay = await whatKeeps(result, path, changes)
      if (inTheWay !== null) throw fail(path, `${inTheWay} is in the way in the result`)
    }
    const folder = await nearestFolder(result, path)
    try {
      await access(folder, constants.W_OK | constants.X_OK)
    } catch (error) {
      throw fail(path, `the folder ${folder} is read-only`, error)
    }
  }
}

/** A path that is no folder above `path`, or holds something at it, and is not deleted as well. */
async function whatKeeps(
  result: string,
  path: string,
  changes: Landing['changes'],
): Promise<string | null> {
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    const above = path.slice(0, at)
    const stat = await statOf(join(result, above))
    if (stat === null) return null
    if (!stat.isDirectory()) return changes.get(above) === null ? null : above
  }
  if (!(await statOf(join(result, path)))?.isDirectory()) return null
  for await (const { kind, path: inside } of walk(join(result, path), new Set())) {
    const whole = `${path}/${inside}`
    if (kind !== 'folder' && changes.get(whole) !== null) return whole
  }
  return null
}

async function nearestFolder(result: string, path: string): Promise<string> {
  let nearest = result
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    const folder = join(result, path.slice(0, at))
    if (!(await statOf(folder))?.isDirectory()) break
    nearest = folder
  }
  return nearest
}

async function statOf(file: string) {
  try {
    return await lstat(file)
  } catch (error) {
    if (isGone(error)) return null
    throw error
  }
}

async function expectOurs(hold: FolderHold): Promise<void> {
  if (await hold.isOurs()) return
  throw new CuelineError(
    'lease-lost',
    'The folder was taken over while a landing was under way; whoever holds it finishes the landing.',
    { retryable: true },
  )
}

async function apply(
  result: string,
  { changes, staging }: Journal,
  beforeStep: () => Promise<void>,
): Promise<void> {
  // What goes makes room for what comes: a folder may become a file, and the other way round.
  for (const [path, entry] of changes) {
    if (entry !== null) continue
    await beforeStep()
    await removeFile(result, path)
    faultPoint('land:one-deleted')
  }
  for (const [path, entry] of changes) {
    if (entry !== null || !(await isInRealFolders(result, path))) continue
    await removeEmptyFolders(result, dirname(path))
  }
  for (const [path, entry] of changes) {
    if (entry === null) continue
    await beforeStep()
    const target = join(result, path)
    await mkdir(dirname(target), { recursive: true })
    if ((await statOf(target))?.isDirectory()) await removeEmptyTree(target)
    try {
      await rename(join(staging, path), target)
    } catch (error) {
      // It was moved already, before a crash.
      if (!isGone(error) || (await statOf(join(staging, path))) !== null) throw error
    }
    faultPoint('land:one-put')
  }
}

async function removeEmptyFolders(result: string, from: string): Promise<void> {
  for (let folder = from; folder !== '.'; folder = dirname(folder)) {
    try {
      await rmdir(join(result, folder))
    } catch {
      return // It holds something, or is gone.
    }
  }
}

async function removeEmptyTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeEmptyTree(join(folder, entry.name))
  }
  await rmdir(folder)
}

/** The workspace goes on from what has landed: only later changes count as unmerged work. */
async function rebase(control: ControlFolder, { attemptId, changes }: Journal): Promise<void> {
  const manifest = await control.readManifest(attemptId)
  if (manifest === null || manifest.files === null) return
  const files = new Map(manifest.files)
  for (const [path, entry] of changes) {
    if (entry === null) files.delete(path)
    else files.set(path, entry)
  }
  await control.writeManifest({ ...manifest, files })
}
