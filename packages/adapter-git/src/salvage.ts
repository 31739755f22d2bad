import { lstat } from 'node:fs/promises'

import { commitTree } from './commits.ts'
import type { Manifest } from './manifest.ts'
import { nameOf } from './names.ts'
import type { Repository } from './repository.ts'
import { takeSnapshot } from './snapshot.ts'

/** Keeps what has not landed, under a ref that says whose it is. */
export async function salvage(place: Repository, manifest: Manifest): Promise<string | null> {
  const { attemptId, code, base, landedTree } = manifest
  if (!(await isThere(manifest.path))) return null
  const { tree, changed } = await takeSnapshot(place, manifest)
  if (tree === landedTree || (landedTree === undefined && changed.length === 0)) return null
  const subject = `Unmerged work of ${code}`
  const order = { tree, parents: [base], subject, of: manifest }
  const ref = `refs/cueline/salvage/${nameOf(attemptId)}`
  await place.refs(['update-ref', ref, await commitTree(place, order)])
  return ref
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
