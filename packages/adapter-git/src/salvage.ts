import { CuelineError } from '@cueline/core'

import { commitTree } from './commits.ts'
import type { Manifest } from './manifest.ts'
import { nameOf } from './names.ts'
import { refAt } from './refs.ts'
import type { Repository } from './repository.ts'
import { changedSince, isFolder, takeTree } from './snapshot.ts'

/** Keeps what has not landed, under a ref that says whose it is. */
export async function salvage(place: Repository, manifest: Manifest): Promise<string | null> {
  const { attemptId, code, base, landedTree } = manifest
  if (!(await isFolder(manifest.path))) return null
  const tree = await takeTree(place, manifest)
  if (tree === landedTree) return null
  if (landedTree === undefined && !(await changedSince(place, base, tree))) return null
  const subject = `Unmerged work of ${code}`
  const order = { tree, parents: [base], subject, of: manifest }
  return await keepAs(place, `refs/cueline/salvage/${nameOf(attemptId)}`, await commitTree(place, order)) // prettier-ignore
}

/**
 * Names the commit, and never takes the name from another: when two processes remove one workspace, the
 * later one may find it half deleted, which must not replace what the first has kept.
 */
async function keepAs(place: Repository, name: string, commit: string): Promise<string> {
  const { refs } = place
  for (let number = 1; ; number += 1) {
    const ref = number === 1 ? name : `${name}.${number}`
    const format = '--format=%(refname) %(tree)'
    if ((await refAt(place, ref)) === null) {
      // The empty old value: somebody else may be first.
      const made = await refs(['update-ref', ref, commit, '']).then(
        () => true,
        () => false,
      )
      if (made) return ref
    }
    const tree = (await refs(['rev-parse', '--verify', `${commit}^{tree}`])).trim()
    if ((await refs(['for-each-ref', format, ref])).trim() === `${ref} ${tree}`) return ref
    if (number >= mostOfOne) throw new CuelineError('internal', `${name} cannot be written.`)
  }
}

/** Times that the work of one attempt is kept; more says that refs cannot be written at all. */
const mostOfOne = 50
