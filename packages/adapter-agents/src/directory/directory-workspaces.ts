import { lstat, mkdir, realpath, rm, symlink } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'

import {
  CuelineError,
  mergeFiles,
  type AttemptId,
  type TrialMerge,
  type WorkspaceProvider,
} from '@cueline/core'

import {
  controlFolder,
  controlName,
  fileName,
  workspaceOf,
  type ControlFolder,
  type Manifest,
} from './control-folder.ts'
import { copyPath, copyTree } from './copy-tree.ts'
import { faultPoint } from './fault-point.ts'
import { inParallel } from './in-parallel.ts'
import { finishLanding, land, pendingLanding, readSequence, type Landing } from './landing.ts'
import { takeMergeLock, type MergeHold } from './merge-lock.ts'
import { removeFile, removeTree } from './remove-tree.ts'
import { salvage, workIn } from './salvage.ts'
import { scanTree, treeDigest, type Tree } from './scan-tree.ts'

export interface DirectoryWorkspacesOptions {
  /** The folder that finished work comes together in; made when it is not there. */
  readonly result: string
  /** Where workspaces are made; `.cueline/workspaces` in the result when absent. */
  readonly root?: string
  /**
   * Names of files and folders, at any depth, that are neither copied nor landed nor salvaged;
   * `.git` and `node_modules` when absent. `.cueline` always belongs to them.
   */
  readonly ignore?: readonly string[]
  /**
   * Ignored names at the top of the result that workspaces get as a link to the result's own, such
   * as `node_modules`. Whoever writes there writes into the result; none when absent.
   */
  readonly link?: readonly string[]
}

export const defaultIgnored: readonly string[] = ['.git', 'node_modules']

const copiesBeforeLease = 5

/**
 * Workspaces without git: each attempt gets a copy of the result, and after green gates the files
 * that it changed are applied to the result, all or none, one attempt at a time across processes. A
 * file that changed in the result since the copy was taken, and here too, is a conflict and never
 * overwritten. A landing that a crash interrupts is finished by the next who merges or asks.
 *
 * Limits: files are merged whole; empty folders do not count; links that lead out of the result are
 * not copied, and work that contains one does not merge. People may edit the result at any time: what
 * they change between a trial and its landing is not part of what the gates judged, but never lost.
 *
 * @throws CuelineError `invalid-input` when a workspace would lie where it copies itself.
 */
export function directoryWorkspaces(options: DirectoryWorkspacesOptions): WorkspaceProvider {
  const ignore = new Set([...(options.ignore ?? defaultIgnored), controlName])
  const links = options.link ?? []
  for (const name of links) {
    if (ignore.has(name) && name !== controlName && !name.includes('/')) continue
    throw new CuelineError(
      'invalid-input',
      `link names ${JSON.stringify(name)}, which is not ignored; only ignored names at the top can be links.`,
    )
  }
  const never = new AbortController().signal
  const held = new Map<AttemptId, Held>()
  let opening: Promise<Place> | undefined

  const open = (): Promise<Place> => (opening ??= openPlace(options, ignore))

  const withLease = async <Value>(
    signal: AbortSignal,
    work: (place: Place, hold: MergeHold) => Promise<Value>,
  ): Promise<Value> => {
    const place = await open()
    const hold = await takeMergeLock(place.control.lease, signal)
    try {
      await finishLanding(place.result, place.control)
      return await work(place, hold)
    } finally {
      await hold.release()
    }
  }

  const finishPending = async (attemptId?: AttemptId): Promise<void> => {
    const { control } = await open()
    const pending = await pendingLanding(control)
    if (pending === null || (attemptId !== undefined && pending !== attemptId)) return
    await withLease(never, async () => {})
  }

  const free = async ({ hold, trial }: Held): Promise<void> => {
    const { attemptId } = trial.workspace
    if (held.get(attemptId)?.trial === trial) held.delete(attemptId)
    const { control } = await open()
    await removeTree(control.trialOf(attemptId))
    await hold.release()
  }

  return {
    name: 'directory',
    merges: true,

    async prepare({ attemptId, fence }, signal) {
      signal.throwIfAborted()
      const { result, control, root } = await open()
      if ((await control.readManifest(attemptId)) !== null) throw exists(attemptId)
      const path = join(root, fileName(attemptId))
      const empty: Manifest = { attemptId, fence, path, base: '', files: null }
      await control.writeManifest(empty)
      faultPoint('prepare:noted')
      try {
        const fill = async () => {
          signal.throwIfAborted()
          await removeTree(path)
          return await copyTree(result, path, ignore)
        }
        const files =
          (await copyUndisturbed(control, finishPending, fill)) ?? (await withLease(signal, fill))
        signal.throwIfAborted()
        await linkShared(result, path, links)
        const manifest = { ...empty, base: treeDigest(files), files }
        await control.writeManifest(manifest)
        return workspaceOf(manifest)
      } catch (error) {
        await removeTree(path)
        await rm(control.manifestOf(attemptId), { force: true })
        throw error
      }
    },

    async tryMerge(workspace, signal) {
      const { result, control } = await open()
      await baseOf(control, workspace.attemptId)
      const hold = await takeMergeLock(control.lease, signal)
      try {
        await finishLanding(result, control)
        const { base, path } = await baseOf(control, workspace.attemptId)
        const work = await workIn(path, base, ignore)
        const there = await scanTree(result, ignore)
        const { changed, conflicts, merged, differs } = mergeFiles(base, work, there)
        const leaving = changed.filter((each) => work.get(each)?.startsWith('outside '))
        if (conflicts.length > 0 || leaving.length > 0) {
          await hold.release()
          return { ok: false, workspace, ...whyNot(conflicts, leaving) }
        }
        const judged = differs ? { path: control.trialOf(workspace.attemptId) } : {}
        const trial = { ok: true, workspace, changed, differs, ...judged } as const
        if (judged.path !== undefined) {
          await removeTree(judged.path)
          await copyMerged(result, path, judged.path, changed, work, ignore)
          await linkShared(result, judged.path, links)
        }
        const landing: Landing = {
          attemptId: workspace.attemptId,
          fence: workspace.fence,
          merged: treeDigest(merged),
          work: path,
          changes: new Map(changed.map((each) => [each, work.get(each) ?? null])),
          before: there,
        }
        held.set(workspace.attemptId, { hold, trial, landing })
        return trial
      } catch (error) {
        await hold.release()
        throw error
      }
    },

    async land(trial, confirm) {
      const { attemptId, fence } = trial.workspace
      const { result, control } = await open()
      const mine = held.get(attemptId)
      const before = await control.readLanding(attemptId, fence)
      if (before !== null) {
        if (mine?.trial === trial) await free(mine)
        return before
      }
      if (mine?.trial !== trial) {
        throw new CuelineError(
          'refused',
          `The trial of attempt ${attemptId} holds no merge lease; call tryMerge again.`,
          { details: { attemptId } },
        )
      }
      try {
        return await land(result, control, mine.landing, async () => {
          await confirm()
          if (held.get(attemptId)?.trial === trial && (await mine.hold.isOurs())) return
          throw new CuelineError(
            'lease-lost',
            `The merge lease of attempt ${attemptId} was taken over; nothing was landed. Try the merge again.`,
            { retryable: true, details: { attemptId } },
          )
        })
      } finally {
        await free(mine)
      }
    },

    async abandon(trial) {
      const mine = held.get(trial.workspace.attemptId)
      if (mine?.trial === trial) await free(mine)
    },

    async remove({ attemptId }) {
      const mine = held.get(attemptId)
      if (mine !== undefined) await free(mine)
      await finishPending(attemptId)
      const { control } = await open()
      const manifest = await control.readManifest(attemptId)
      if (manifest === null) return { salvaged: null }
      // Before it was filled nobody can have worked in it.
      const kept =
        manifest.files === null || !(await isThere(manifest.path))
          ? null
          : await salvage(control, manifest, manifest.files, ignore)
      faultPoint('remove:salvaged')
      await removeTree(manifest.path)
      await removeTree(control.trialOf(attemptId))
      faultPoint('remove:removed')
      await rm(control.manifestOf(attemptId), { force: true })
      return { salvaged: kept }
    },

    async list() {
      const { control } = await open()
      return (await control.readManifests()).map(workspaceOf)
    },

    async landed(attemptId, fence) {
      await finishPending(attemptId)
      const { control } = await open()
      return await control.readLanding(attemptId, fence)
    },

    async close() {
      for (const mine of held.values()) await free(mine)
    },
  }
}

interface Place {
  readonly result: string
  readonly root: string
  readonly control: ControlFolder
}

interface Held {
  readonly hold: MergeHold
  readonly trial: TrialMerge
  readonly landing: Landing
}

async function openPlace(
  options: DirectoryWorkspacesOptions,
  ignore: ReadonlySet<string>,
): Promise<Place> {
  await mkdir(options.result, { recursive: true })
  const result = await realpath(options.result)
  const control = controlFolder(result)
  const wanted = resolve(options.root ?? control.workspaces)
  await control.open()
  await mkdir(wanted, { recursive: true })
  const root = await realpath(wanted)
  const inside = root === result ? [] : root.startsWith(result + sep) ? parts(result, root) : null
  if (inside !== null && !inside.some((part) => ignore.has(part))) {
    throw new CuelineError(
      'invalid-input',
      `The workspaces' root ${root} lies in the result ${result}, which would be copied into itself; choose a root outside or below an ignored name.`,
      { details: { root, result } },
    )
  }
  return { result, root, control }
}

function parts(result: string, root: string): string[] {
  return root.slice(result.length + 1).split(sep)
}

/** Copies while no landing goes on; null when landings came in between again and again. */
async function copyUndisturbed(
  control: ControlFolder,
  finishPending: () => Promise<void>,
  copy: () => Promise<Tree>,
): Promise<Tree | null> {
  for (let round = 0; round < copiesBeforeLease; round += 1) {
    await finishPending()
    const before = await readSequence(control)
    const files = await copy()
    const quiet = (await pendingLanding(control)) === null
    if (quiet && (await readSequence(control)) === before) return files
  }
  return null
}

async function copyMerged(
  result: string,
  work: string,
  to: string,
  changed: readonly string[],
  tree: Tree,
  ignore: ReadonlySet<string>,
): Promise<void> {
  await copyTree(result, to, ignore)
  for (const path of changed) if (!tree.has(path)) await removeFile(to, path)
  await inParallel(changed, async (path) => {
    const entry = tree.get(path)
    if (entry !== undefined) await copyPath(work, to, path, entry)
  })
}

async function linkShared(result: string, to: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    if (await isThere(join(result, name))) await symlink(join(result, name), join(to, name))
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch {
    return false
  }
}

async function baseOf(
  control: ControlFolder,
  attemptId: AttemptId,
): Promise<{ readonly base: Tree; readonly path: string }> {
  const manifest = await control.readManifest(attemptId)
  if (manifest?.files != null) return { base: manifest.files, path: manifest.path }
  throw new CuelineError('not-found', `There is no workspace of attempt ${attemptId}.`, {
    details: { attemptId },
  })
}

function exists(attemptId: AttemptId): CuelineError {
  return new CuelineError(
    'conflict',
    `Attempt ${attemptId} has a workspace already; remove it before preparing a fresh one.`,
    { details: { attemptId } },
  )
}

function whyNot(
  conflicts: readonly string[],
  leaving: readonly string[],
): { readonly conflicts: readonly string[]; readonly message: string } {
  const reasons: string[] = []
  if (conflicts.length > 0) {
    reasons.push(`${conflicts.join(', ')} changed in this attempt and in the result meanwhile.`)
  }
  if (leaving.length > 0) {
    reasons.push(`${leaving.join(', ')}: a link must not lead out of the folder.`)
  }
  return { conflicts: [...conflicts, ...leaving], message: reasons.join(' ') }
}
