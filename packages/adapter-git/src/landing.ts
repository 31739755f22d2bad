import { CuelineError, type AttemptId, type Landed } from '@cueline/core'

import { emptyTree } from './empty-tree.ts'
import type { Manifest } from './manifest.ts'
import { lineOf, nameOf } from './names.ts'
import { refAt, shortName, tipOf } from './refs.ts'
import type { Repository } from './repository.ts'
import type { Made } from './trial.ts'

/**
 * From now on nothing of an earlier claim of the work order can land, not even from a process that was
 * frozen after its fence was checked. To be done before the base of the new attempt is read: what has
 * landed until then is in it.
 */
export async function supersede(
  place: Repository,
  { workOrderId, fence }: Pick<Manifest, 'workOrderId' | 'fence'>,
): Promise<void> {
  const length = Math.min(mostSuperseded, Math.trunc(fence) - 1)
  if (!(length > 0)) return
  const empty = await emptyTree(place)
  const notes = Array.from({ length }, (_none, each) => {
    return `update ${supersededRefOf(workOrderId, fence - 1 - each)} ${empty}\n`
  })
  await place.refs(['update-ref', '--stdin'], { input: notes.join('') })
}

/** Claims of one work order: nobody is frozen that long. */
const mostSuperseded = 100

function supersededRefOf(workOrderId: string, fence: number): string {
  return `refs/cueline/superseded/${nameOf(workOrderId)}-${Math.trunc(fence)}`
}

/**
 * Moves the branch in one transaction of refs, and only from the commit that the trial was made with.
 * The ref that names the landing proves nothing by itself: that the branch contains it does.
 */
export async function moveTarget(
  { refs, target }: Repository,
  { tip, merged, works, trial }: Made,
): Promise<void> {
  const { attemptId } = trial.workspace
  const move = merged === tip ? `verify ${target} ${tip}` : `update ${target} ${merged} ${tip}`
  const each = works.flatMap(({ manifest, merged: own }) => [
    // Without a commit to compare with it must not be there.
    `verify ${supersededRefOf(manifest.workOrderId, manifest.fence)}`,
    `update ${landedRefOf(manifest.attemptId, manifest.fence)} ${own}`,
  ])
  try {
    await refs(['update-ref', '-m', `cueline: ${attemptId}`, '--create-reflog', '--stdin'], {
      input: ['start', move, ...each, 'prepare', 'commit', ''].join('\n'),
    })
  } catch (error) {
    throw new CuelineError(
      'conflict',
      `${shortName(target)} was moved by somebody else while attempt ${attemptId} was judged; nothing has landed. Try the merge again.`,
      { retryable: true, details: { attemptId, tip }, cause: error },
    )
  }
}

/** What the attempt has landed, if the branch contains it. */
export async function landedAs(
  place: Repository,
  attemptId: AttemptId,
  fence: number,
): Promise<Landed | null> {
  const { content } = place
  const merged = await refAt(place, landedRefOf(attemptId, fence))
  if (merged === null) return null
  const question = ['merge-base', '--is-ancestor', merged, await tipOf(place)]
  if ((await content(question, { answers: [1] })).code !== 0) return null
  return { merged, changed: await changedBy(place, merged, attemptId) }
}

/** What the attempt brought to the branch; nothing where its ref names the commit of another one. */
async function changedBy({ content }: Repository, merged: string, attemptId: AttemptId) {
  const format = '--format=%(trailers:key=Cueline-Attempt,valueonly)'
  const { stdout: owner } = await content(['show', '-s', format, merged])
  if (owner.trim() !== lineOf(attemptId)) return []
  const diff = ['diff-tree', '-r', '-z', '--no-renames', '--name-only', `${merged}^1`, merged]
  return (await content(diff)).stdout.split('\0').filter((path) => path !== '')
}

function landedRefOf(attemptId: AttemptId, fence: number): string {
  return `refs/cueline/landed/${nameOf(attemptId)}-${Math.trunc(fence)}`
}
