import { mergeFiles, type TrialMerge, type Workspace } from '@cueline/core'

import { copyPath, copyTree } from './copy-tree.ts'
import { inParallel } from './in-parallel.ts'
import { readSequence, type Landing } from './landing.ts'
import { linkShared, type Place } from './place.ts'
import { removeFile, removeTree } from './remove-tree.ts'
import { workIn } from './salvage.ts'
import { contentsOf, scanTree, treeDigest, type Tree } from './scan-tree.ts'

/**
 * Tries what would come of work and result together; needs the folder's lease. When the result has
 * moved on, the two are put together in a folder of their own. `landing` is null for conflicts.
 */
export async function makeTrial(
  place: Place,
  workspace: Workspace,
  {
    base,
    path,
    workOrderId,
  }: Pick<Landing, 'workOrderId'> & { readonly base: Tree; readonly path: string },
): Promise<{ readonly trial: TrialMerge; readonly landing: Landing | null }> {
  const { result, control, ignore } = place
  const work = await workIn(path, base, ignore)
  const before = await scanTree(result, ignore)
  const { changed, conflicts, merged, differs } = mergeFiles(base, work, before)
  const leaving = changed.filter((each) => work.get(each)?.startsWith('outside '))
  if (conflicts.length > 0 || leaving.length > 0) {
    return {
      trial: { ok: false, workspace, changed, ...whyNot(conflicts, leaving) },
      landing: null,
    }
  }
  const { attemptId, fence } = workspace
  const landing: Landing = {
    attemptId,
    fence,
    workOrderId,
    merged: treeDigest(merged),
    work: path,
    changes: new Map(changed.map((each) => [each, work.get(each) ?? null])),
    before,
    sequence: await readSequence(control),
  }
  const shared = { ok: true, workspace, changed, ...contentsOf(changed, work) } as const
  if (!differs) return { trial: { ...shared, differs }, landing }
  const judged = control.trialOf(attemptId)
  await copyMerged(place, landing, judged)
  return { trial: { ...shared, differs, path: judged }, landing }
}

async function copyMerged(
  { result, ignore, links }: Place,
  { work, changes }: Landing,
  to: string,
): Promise<void> {
  await removeTree(to)
  await copyTree(result, to, ignore)
  // What goes makes room for what comes.
  for (const [path, entry] of changes) if (entry === null) await removeFile(to, path)
  await inParallel([...changes], async ([path, entry]) => {
    if (entry !== null) await copyPath(work, to, path, entry)
  })
  await linkShared(result, to, links)
}

function whyNot(
  conflicts: readonly string[],
  leaving: readonly string[],
): Pick<Extract<TrialMerge, { ok: false }>, 'conflicts' | 'message' | 'unfit'> {
  const reasons: string[] = []
  if (conflicts.length > 0) {
    reasons.push(`${conflicts.join(', ')} changed in this attempt and in the result meanwhile.`)
  }
  if (leaving.length > 0) {
    reasons.push(`${leaving.join(', ')}: a link must not lead out of the folder.`)
  }
  const unfit = conflicts.length === 0
  return {
    conflicts: [...conflicts, ...leaving],
    message: reasons.join(' '),
    ...(unfit && { unfit }),
  }
}
