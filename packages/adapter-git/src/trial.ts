import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { AttemptId, TrialMerge, Workspace } from '@cueline/core'

import { commitTree } from './commits.ts'
import { indexOf, type Manifest } from './manifest.ts'
import { mergeCommits } from './merge-commits.ts'
import { nameOf, triedRefOf } from './names.ts'
import { shortName, tipOf, type Repository } from './repository.ts'
import { linksIn, takeSnapshot } from './snapshot.ts'
import { addWorktree, removeWorktree } from './worktree.ts'

/** A trial and what would land. */
export interface Made {
  readonly trial: TrialMerge
  /** The tip that was merged with, the commit to land, and what of the work is in it. */
  readonly tip: string
  readonly merged: string
  readonly workTree: string
  /** What git keeps about the trial's worktree, when it has one. */
  readonly gitFolder: string | null
}

/**
 * Stores the work as a commit of Cueline's own and merges it with the tip of the branch, in a
 * worktree of its own where the result is not what the workspace holds.
 */
export async function makeTrial(
  place: Repository,
  manifest: Manifest,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<Made> {
  const { attemptId, code, title, base } = manifest
  const { tree: workTree, changed, contents, refused } = await takeSnapshot(place, manifest)
  const tip = await tipOf(place, signal)
  const nothing = { tip, merged: tip, workTree, gitFolder: null }
  if (refused.length > 0) {
    const message = refused.map(({ path, reason }) => `${path} cannot land: ${reason}.`).join(' ')
    const conflicts = refused.map(({ path }) => path)
    return { ...nothing, trial: { ok: false, workspace, conflicts, message } }
  }
  if (changed.length === 0) {
    return { ...nothing, trial: { ok: true, workspace, changed, differs: false } }
  }
  const links = await linksIn(place, workTree)
  const shared = { ok: true, workspace, changed, contents, links } as const
  const subject = title === '' ? code : `${code}: ${title}`
  const of = manifest
  const work = await commitTree(place, { subject, of, tree: workTree, parents: [base] })
  await place.refs(['update-ref', triedRefOf(attemptId), work])
  if (tip === base) {
    return { ...nothing, merged: work, trial: { ...shared, differs: false } }
  }
  const result = await mergeCommits(place, tip, work, signal)
  if (!result.ok) {
    const { conflicts, notes, evidence } = result
    const message = `${conflicts.join(', ')} changed in this attempt and on ${shortName(place.target)} meanwhile.${notes === '' ? '' : `\n${notes}`}`
    const shown = evidence === '' ? {} : { evidence }
    return { ...nothing, trial: { ok: false, workspace, conflicts, changed, message, ...shown } }
  }
  const parents = [tip, work]
  const order = { subject: `Merge ${subject}`, of, tree: result.tree, parents }
  const merged = await commitTree(place, order)
  const differs = result.tree !== workTree
  if (!differs) return { ...nothing, merged, trial: { ...shared, differs } }
  const path = trialPathOf(place, attemptId)
  const index = trialIndexOf(place, attemptId)
  await removeTrial(place, attemptId, null)
  const gitFolder = await addWorktree(place, { path, commit: merged, index }, signal)
  return { ...nothing, merged, gitFolder, trial: { ...shared, path, differs } }
}

/** Removes what a trial has made; harmless when there is nothing. */
export async function removeTrial(
  place: Repository,
  attemptId: AttemptId,
  gitFolder: string | null,
): Promise<void> {
  await removeWorktree(place, trialPathOf(place, attemptId), gitFolder)
  await rm(trialIndexOf(place, attemptId), { force: true })
}

function trialPathOf({ root }: Repository, attemptId: AttemptId): string {
  return join(root, `trial-${nameOf(attemptId)}`)
}

function trialIndexOf(place: Repository, attemptId: AttemptId): string {
  return `${indexOf(place, attemptId)}.trial`
}
