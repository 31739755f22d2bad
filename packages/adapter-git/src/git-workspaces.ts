import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import {
  CuelineError,
  type AttemptId,
  type TrialMerge,
  type WorkspaceProvider,
  type WorkspaceRequest,
} from '@cueline/core'

import { inspectWorkspace } from './inspection.ts'
import { keepCommits } from './kept-commits.ts'
import { keptWork, restoreWork } from './kept-work.ts'
import { landedAs, moveTarget } from './landing.ts'
import {
  indexOf,
  readManifest,
  readManifests,
  removeManifest,
  workspaceOf,
  writeManifest,
  type Manifest,
} from './manifest.ts'
import { nameOf, slugOf } from './names.ts'
import {
  openRepository,
  refuseCheckedOut,
  shortName,
  tipOf,
  type Repository,
} from './repository.ts'
import { salvage } from './salvage.ts'
import { makeTrial, removeTrial, type Made } from './trial.ts'
import { addWorktree, removeWorktree } from './worktree.ts'

export interface GitWorkspacesOptions {
  /** A folder of the repository; its checkout, index and stash are never touched. */
  readonly repository: string
  /** The branch that finished work lands on; `cueline/main` when absent. */
  readonly branch?: string
  /** What that branch starts from while there is none; `HEAD` when absent. */
  readonly from?: string
  /** Where workspaces are made; `.cueline/attemptspaces` in the repository when absent. */
  readonly root?: string
}

/**
 * A git worktree per attempt. Finished work is stored as Cueline's own commit, merged in a trial
 * and, after green gates, lands on the integration branch by compare-and-swap: all of it or nothing,
 * and only on the commit that the trial was made with. Conflicts are told, never resolved. Every commit an agent made and every unmerged change
 * stays reachable by a ref below `refs/cueline/`.
 *
 * @throws CuelineError, from its methods, that says what to do: no repository or commit, a git older
 *   than 2.38, a shallow clone, submodules, an integration branch that is checked out.
 */
export function gitWorkspaces(options: GitWorkspacesOptions): WorkspaceProvider {
  const { branch = 'cueline/main', from = 'HEAD' } = options
  const held = new Map<AttemptId, Held>()
  let opening: Promise<Repository> | undefined

  const open = (): Promise<Repository> => {
    const place = (opening ??= openRepository({ ...options, branch, from }))
    // What is wrong with the repository can be mended: the next call looks again.
    place.catch(() => (opening = undefined))
    return place
  }

  const free = async (mine: Held): Promise<void> => {
    const { attemptId } = mine.trial.workspace
    if (held.get(attemptId) === mine) held.delete(attemptId)
    if (mine.trial.path !== undefined) await removeTrial(await open(), attemptId, mine.gitFolder)
  }

  return {
    name: 'git',
    merges: true,

    async prepare(request, signal) {
      signal.throwIfAborted()
      const place = await open()
      const { attemptId } = request
      if ((await readManifest(place, attemptId)) !== null) throw exists(attemptId)
      const base = await tipOf(place, signal)
      await refuseSubmodules(place, base)
      const draft = draftOf(place, request, base)
      await writeManifest(place, draft)
      try {
        const { path, branch: own } = draft
        const index = indexOf(place, attemptId)
        const gitFolder = await addWorktree(
          place,
          { path, commit: base, branch: own, index },
          signal,
        )
        signal.throwIfAborted()
        const manifest = { ...draft, gitFolder }
        await writeManifest(place, manifest)
        return workspaceOf(manifest)
      } catch (error) {
        await discard(place, draft)
        throw error
      }
    },

    async mergeTarget() {
      const { target, common } = await open()
      return `${shortName(target)} of ${common}`
    },

    async tryMerge(workspace, signal) {
      const { attemptId } = workspace
      const place = await open()
      const former = held.get(attemptId)
      if (former !== undefined) await free(former)
      signal.throwIfAborted()
      const manifest = await manifestOf(place, attemptId)
      const made = await makeTrial(place, manifest, workspace, signal)
      if (made.trial.ok) held.set(attemptId, { ...made, trial: made.trial })
      return made.trial
    },

    async land(trial, confirm) {
      const { attemptId, fence } = trial.workspace
      const place = await open()
      const mine = held.get(attemptId)
      const before = await landedAs(place, attemptId, fence)
      if (before !== null) {
        if (mine?.trial === trial) await free(mine)
        return before
      }
      if (mine?.trial !== trial) throw givenUp(attemptId)
      try {
        await confirm()
        if (held.get(attemptId) !== mine) throw givenUp(attemptId)
        await refuseCheckedOut(place)
        await moveTarget(place, mine, fence)
        const manifest = await manifestOf(place, attemptId)
        await writeManifest(place, { ...manifest, landedTree: mine.workTree })
        return { merged: mine.merged }
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
      const place = await open()
      const manifest = await readManifest(place, attemptId)
      if (manifest === null) return { salvaged: null }
      const salvaged = manifest.gitFolder === null ? null : await salvage(place, manifest)
      await keepCommits(place, manifest)
      await removeTrial(place, attemptId, null)
      await discard(place, manifest)
      return { salvaged }
    },

    list: async () => (await readManifests(await open())).map(workspaceOf),

    async inspect({ attemptId }) {
      const place = await open()
      const manifest = await readManifest(place, attemptId)
      if (manifest === null) return null
      try {
        return await inspectWorkspace(place, manifest, held.has(attemptId))
      } catch (error) {
        // It may have been removed in the meantime.
        if ((await readManifest(place, attemptId)) === null) return null
        throw error
      }
    },

    kept: async () => keptWork(await open()),
    restore: async (request) => restoreWork(await open(), request),
    landed: async (attemptId, fence) => landedAs(await open(), attemptId, fence),

    async close() {
      for (const mine of held.values()) await free(mine)
    },
  }
}

interface Held extends Made {
  readonly trial: Extract<TrialMerge, { ok: true }>
}

async function discard(place: Repository, manifest: Manifest): Promise<void> {
  const { attemptId, path, branch, gitFolder } = manifest
  await removeWorktree(place, path, gitFolder)
  await place.refs(['update-ref', '-d', branch])
  await rm(indexOf(place, attemptId), { force: true })
  await removeManifest(place, attemptId)
}

function draftOf(
  { root }: Repository,
  { attemptId, fence, workOrderId, code, title }: WorkspaceRequest,
  base: string,
): Manifest {
  const name = `${slugOf(code)}-${nameOf(attemptId)}`
  const branch = `refs/heads/cueline/attempt/${name}`
  const path = join(root, name)
  return { attemptId, fence, workOrderId, code, title, path, branch, base, gitFolder: null }
}

async function refuseSubmodules({ content }: Repository, base: string): Promise<void> {
  const { code } = await content(['cat-file', '-e', `${base}:.gitmodules`], { answers: [1, 128] })
  if (code !== 0) return
  throw new CuelineError(
    'unsupported',
    'The repository has submodules (.gitmodules), whose changes a merge of this repository alone would lose. Give each of them a project of its own, or remove .gitmodules.',
    { details: { base } },
  )
}

async function manifestOf(place: Repository, attemptId: AttemptId): Promise<Manifest> {
  const manifest = await readManifest(place, attemptId)
  if (manifest !== null && manifest.gitFolder !== null) return manifest
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

function givenUp(attemptId: AttemptId): CuelineError {
  return new CuelineError(
    'refused',
    `The trial of attempt ${attemptId} was given up; call tryMerge again.`,
    { details: { attemptId } },
  )
}
