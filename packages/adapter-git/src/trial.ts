import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import {
  CuelineError,
  type AttemptId,
  type TriedWork,
  type TrialMerge,
  type Workspace,
} from '@cueline/core'

import { commitTree } from './commits.ts'
import { indexOf, type Manifest } from './manifest.ts'
import { nameOf, triedRefOf } from './names.ts'
import { shortName, tipOf } from './refs.ts'
import type { Repository } from './repository.ts'
import { linksIn, takeSnapshot } from './snapshot.ts'
import { lostBase, mergeOwn } from './stack.ts'
import { addWorktree, removeWorktree } from './worktree.ts'

/** A trial and what would land. */
export interface Made {
  readonly trial: TrialMerge
  /** The tip that was merged with, and the commit to land. */
  readonly tip: string
  readonly merged: string
  /** All whose work lands by it, in their order. */
  readonly works: readonly MadeWork[]
  /** What git keeps about the trial's worktree, when it has one. */
  readonly gitFolder: string | null
}

/** What of one workspace lands, and by which commit. */
export interface MadeWork {
  readonly tried: TriedWork
  readonly manifest: Manifest
  readonly merged: string
  readonly workTree: string
}

/** Whose work is tried. */
export interface ToTry {
  readonly manifest: Manifest
  readonly workspace: Workspace
}

/**
 * Stores the work of each as a commit of Cueline's own and merges one after the other with the tip of the
 * branch, in a worktree of its own where the result is not what the workspace of the last holds.
 */
export async function makeTrial(
  place: Repository,
  all: readonly ToTry[],
  signal: AbortSignal,
): Promise<Made> {
  const tip = await tipOf(place, signal)
  const works: MadeWork[] = []
  let upon = tip
  for (const each of all) {
    const before = new Set(works.map(({ manifest }) => manifest.attemptId))
    const found = await mergeWork(place, each, { upon, before }, signal)
    if (!found.ok) return { trial: found, tip, merged: tip, works: [], gitFolder: null }
    works.push(found.made)
    upon = found.made.merged
  }
  const last = works.at(-1)
  if (last === undefined) throw new CuelineError('invalid-input', 'A group has no attempts.')
  const { tried, merged } = last
  const made = { tip, merged, works, gitFolder: null }
  const alone = { ...tried, ok: true } as const
  const trial = works.length === 1 ? alone : { ...alone, group: works.map((work) => work.tried) }
  if (!tried.differs) return { ...made, trial }
  const { attemptId } = last.manifest
  const path = trialPathOf(place, attemptId)
  const index = trialIndexOf(place, attemptId)
  await removeTrial(place, attemptId, null)
  const gitFolder = await addWorktree(place, { path, commit: merged, index }, signal)
  return { ...made, gitFolder, trial: { ...trial, path } }
}

type Merged =
  | { readonly ok: true; readonly made: MadeWork }
  | Extract<TrialMerge, { readonly ok: false }>

/** Puts the work of one workspace upon a commit, without any working tree. */
async function mergeWork(
  place: Repository,
  { manifest, workspace }: ToTry,
  { upon, before }: { readonly upon: string; readonly before: ReadonlySet<AttemptId> },
  signal: AbortSignal,
): Promise<Merged> {
  const { attemptId, code, title, base } = manifest
  const { tree: workTree, changed, contents, refused } = await takeSnapshot(place, manifest)
  if (refused.length > 0) {
    const message = refused.map(({ path, reason }) => `${path} cannot land: ${reason}.`).join(' ')
    const conflicts = refused.map(({ path }) => path)
    return { ok: false, workspace, conflicts, message, unfit: true }
  }
  const made = (merged: string, tried: Omit<TriedWork, 'workspace' | 'changed'>): Merged => ({
    ok: true,
    made: { tried: { workspace, changed, ...tried }, manifest, merged, workTree },
  })
  if (changed.length === 0) return made(upon, { differs: false })
  const lost = await lostBase(place, manifest, before)
  if (lost !== null) return { ok: false, workspace, conflicts: [], changed, message: lost }
  const links = await linksIn(place, workTree)
  const subject = title === '' ? code : `${code}: ${title}`
  const of = manifest
  const work = await commitTree(place, { subject, of, tree: workTree, parents: [base] })
  await place.refs(['update-ref', triedRefOf(attemptId), work])
  if (upon === base) return made(work, { contents, links, differs: false })
  const result = await mergeOwn(place, manifest, upon, work, signal)
  if (!result.ok) {
    const { conflicts, notes, evidence } = result
    const message = `${conflicts.join(', ')} changed in this attempt and on ${shortName(place.target)} meanwhile.${notes === '' ? '' : `\n${notes}`}`
    const shown = evidence === '' ? {} : { evidence }
    return { ok: false, workspace, conflicts, changed, message, ...shown }
  }
  // What it was built upon must not come along, so it lands as one commit without that history.
  const order =
    manifest.upon === undefined
      ? { subject: `Merge ${subject}`, of, tree: result.tree, parents: [upon, work] }
      : { subject, of, tree: result.tree, parents: [upon] }
  const merged = await commitTree(place, order)
  return made(merged, { contents, links, differs: result.tree !== workTree })
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
