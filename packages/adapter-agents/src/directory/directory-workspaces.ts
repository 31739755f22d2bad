import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import {
  CuelineError,
  type AttemptId,
  type WorkOrderId,
  type TrialMerge,
  type WorkspaceProvider,
} from '@cueline/core'

import { fileName, workspaceOf, type ControlFolder, type Manifest } from './control-folder.ts'
import { copyTree } from './copy-tree.ts'
import { faultPoint } from './fault-point.ts'
import { inspectWorkspace } from './inspection.ts'
import { finishLanding, land, pendingLanding, readSequence, type Landing } from './landing.ts'
import { takeFolderLease, type FolderHold } from './folder-lease.ts'
import {
  checkedNames,
  isThere,
  linkShared,
  openPlace,
  type DirectoryWorkspacesOptions,
  type Place,
} from './place.ts'
import { removeTree } from './remove-tree.ts'
import { salvage, salvagedWork } from './salvage.ts'
import { treeDigest, type Tree } from './scan-tree.ts'
import { makeTrial } from './trial.ts'

const copiesBeforeLease = 5

/**
 * Workspaces without git: each attempt gets a copy of the result, and after green gates the files
 * that it changed are applied to the result, all or none, and only to what the trial was made with. A
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
  const { ignore, links } = checkedNames(options)
  const { silenceMs } = options
  const never = new AbortController().signal
  const held = new Map<AttemptId, Held>()
  let opening: Promise<Place> | undefined

  const open = (): Promise<Place> => {
    const place = (opening ??= openPlace(options))
    // What is wrong with the folder can be mended: the next call looks again.
    place.catch(() => (opening = undefined))
    return place
  }

  const withLease = async <Value>(
    signal: AbortSignal,
    work: (place: Place, hold: FolderHold) => Promise<Value>,
  ): Promise<Value> => {
    const place = await open()
    const hold = await takeFolderLease(place.control.lease, signal, silenceMs)
    try {
      await finishLanding(place.result, place.control, hold)
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

  const removeWorkspace = async (
    control: ControlFolder,
    manifest: Manifest,
  ): Promise<string | null> => {
    const { attemptId, path, files } = manifest
    // Before it was filled nobody can have worked in it.
    const kept =
      files === null || !(await isThere(path))
        ? null
        : await salvage(control, manifest, files, ignore)
    faultPoint('remove:salvaged')
    await removeTree(path)
    await removeTree(control.trialOf(attemptId))
    faultPoint('remove:removed')
    await rm(control.manifestOf(attemptId), { force: true })
    return kept
  }

  const free = async ({ trial }: Held): Promise<void> => {
    const { attemptId } = trial.workspace
    if (held.get(attemptId)?.trial === trial) held.delete(attemptId)
    const { control } = await open()
    await removeTree(control.trialOf(attemptId))
  }

  return {
    name: 'directory',
    merges: true,

    async prepare({ attemptId, workOrderId, fence }, signal) {
      signal.throwIfAborted()
      const { result, control, root } = await open()
      if ((await control.readManifest(attemptId)) !== null) throw exists(attemptId)
      const path = join(root, fileName(attemptId))
      // Before the result is copied: what an earlier claim has landed until now is in the copy.
      if (fence > 1) await withLease(signal, () => control.supersede(workOrderId, fence - 1))
      const empty: Manifest = { attemptId, workOrderId, fence, path, base: '', files: null }
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

    async mergeTarget() {
      return (await open()).result
    },

    async tryMerge(workspace, signal) {
      signal.throwIfAborted()
      const { attemptId } = workspace
      await baseOf((await open()).control, attemptId)
      const former = held.get(attemptId)
      if (former !== undefined) await free(former)
      // No landing may go on while the result is read; what lands after that is found out by `land`.
      return await withLease(signal, async (place) => {
        const of = await baseOf(place.control, attemptId)
        const { trial, landing } = await makeTrial(place, workspace, of)
        if (landing !== null) held.set(attemptId, { trial, landing })
        return trial
      })
    },

    async land(trial, confirm) {
      const { attemptId, fence } = trial.workspace
      const { control } = await open()
      const mine = held.get(attemptId)
      const before = await control.readLanding(attemptId, fence)
      if (before !== null) {
        if (mine?.trial === trial) await free(mine)
        return before
      }
      if (mine?.trial !== trial) throw givenUp(attemptId)
      try {
        return await withLease(never, ({ result }, hold) =>
          land(result, control, mine.landing, hold, async () => {
            await confirm()
            if (held.get(attemptId)?.trial !== trial) throw givenUp(attemptId)
            if (await control.isSuperseded(mine.landing)) throw superseded(attemptId)
            if (!(await hold.isOurs())) throw takenOver(attemptId)
          }),
        )
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
      // Its own engine and one that tidies up may want the same workspace gone.
      const turn = await takeFolderLease(control.removal, never, silenceMs)
      try {
        const manifest = await control.readManifest(attemptId)
        if (manifest === null) return { salvaged: null, gone: true }
        return { salvaged: await removeWorkspace(control, manifest) }
      } finally {
        await turn.release()
      }
    },

    async list() {
      const { control } = await open()
      return (await control.readManifests()).map(workspaceOf)
    },

    async inspect({ attemptId }) {
      const { control } = await open()
      const manifest = await control.readManifest(attemptId)
      if (manifest === null) return null
      try {
        return await inspectWorkspace(control, manifest, ignore, held.has(attemptId))
      } catch (error) {
        // It may have been removed in the meantime.
        if ((await control.readManifest(attemptId)) === null) return null
        throw error
      }
    },

    kept: async () => await salvagedWork((await open()).control),

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

interface Held {
  readonly trial: TrialMerge
  readonly landing: Landing
}

function givenUp(attemptId: AttemptId): CuelineError {
  return new CuelineError(
    'refused',
    `The trial of attempt ${attemptId} was given up; call tryMerge again.`,
    { details: { attemptId } },
  )
}

function superseded(attemptId: AttemptId): CuelineError {
  return new CuelineError(
    'conflict',
    `A later claim has got the work of attempt ${attemptId}; nothing was landed. Nothing is to be done: that one lands it.`,
    { retryable: true, details: { attemptId } },
  )
}

function takenOver(attemptId: AttemptId): CuelineError {
  return new CuelineError(
    'conflict',
    `The landing of attempt ${attemptId} stood still for so long that another process took over; nothing was landed. Try the merge again.`,
    { retryable: true, details: { attemptId } },
  )
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

async function baseOf(
  control: ControlFolder,
  attemptId: AttemptId,
): Promise<{
  readonly base: Tree
  readonly path: string
  readonly workOrderId: WorkOrderId | undefined
}> {
  const manifest = await control.readManifest(attemptId)
  if (manifest?.files != null) {
    const { files, path, workOrderId } = manifest
    return { base: files, path, workOrderId }
  }
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
