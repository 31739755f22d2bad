import {
  type AttemptId,
  type BaseWork,
  builtUponLost,
  contradictingBases,
  givenUpBase,
} from '@cueline/core'

import { commitTree } from './commits.ts'
import { lookAt } from './inspection.ts'
import { landedAs } from './landing.ts'
import { type Manifest, readManifest } from './manifest.ts'
import { mergeCommits, type MergedTrees } from './merge-commits.ts'
import { tipOf } from './refs.ts'
import type { Repository } from './repository.ts'

/**
 * The commit that a workspace starts from: the tip of the branch, with the work of these attempts upon it as
 * far as it has not landed, and before each the work that it is itself built upon.
 *
 * @throws CuelineError `refused`, which can be tried again: one of them is gone, or they contradict each other.
 */
export async function baseUpon(
  place: Repository,
  upon: readonly BaseWork[] | undefined,
  signal: AbortSignal,
): Promise<string> {
  const open = await openWorks(place, upon ?? [])
  // Read last: what has landed until then is in it.
  let base = await tipOf(place, signal)
  for (const manifest of open) {
    const { tree, changed, refused } = await lookAt(place, manifest)
    if (refused.length > 0) throw givenUpBase(manifest.code)
    if (changed.length === 0) continue
    const order = { tree, parents: [manifest.base], subject: `Work of ${manifest.code}` }
    const work = await commitTree(place, { ...order, of: manifest }, { signs: false })
    if (manifest.base === base) {
      base = work
      continue
    }
    const merged = await mergeOwn(place, manifest, base, work, signal)
    if (!merged.ok) throw contradictingBases(merged.conflicts, merged.notes)
    const stacked = { ...order, tree: merged.tree, parents: [base], of: manifest }
    base = await commitTree(place, stacked, { signs: false })
  }
  return base
}

/** Those that have not landed, with what they are built upon, that first. */
async function openWorks(
  place: Repository,
  upon: readonly BaseWork[],
): Promise<readonly Manifest[]> {
  const found = new Map<AttemptId, Manifest>()
  for (let level = upon; level.length > 0;) {
    const next = new Map<AttemptId, BaseWork>()
    for (const { attemptId, fence, code } of level) {
      if ((await landedAs(place, attemptId, fence)) !== null) continue
      const manifest = await readManifest(place, attemptId)
      if (manifest === null || manifest.gitFolder === null) throw givenUpBase(code)
      // Whatever is built upon it came before: it has to be behind that.
      found.delete(attemptId)
      found.set(attemptId, manifest)
      for (const each of manifest.upon ?? []) next.set(each.attemptId, each)
    }
    level = [...next.values()]
  }
  return [...found.values()].toReversed()
}

/**
 * Merges only what the work itself has changed: what it was built upon counts as what both have started from,
 * whether it has landed since, has become something else, or is not there.
 */
export async function mergeOwn(
  place: Repository,
  { base, upon }: Manifest,
  onto: string,
  work: string,
  signal: AbortSignal,
): Promise<MergedTrees> {
  if (upon === undefined) return await mergeCommits(place, onto, work, signal)
  const tree = (await place.refs(['rev-parse', '--verify', `${onto}^{tree}`])).trim()
  const { stdout } = await place.content(['commit-tree', '--no-gpg-sign', tree, '-p', base], {
    input: 'What it is merged with',
  })
  return await mergeCommits(place, stdout.trim(), work, signal)
}

/** Why the work cannot land: what it was built upon is gone, and has not landed. Null when it can. */
export async function lostBase(
  place: Repository,
  { upon = [] }: Manifest,
  /** What lands with it, before it. */
  before: ReadonlySet<AttemptId>,
): Promise<string | null> {
  const lost: BaseWork[] = []
  for (const each of upon) {
    if (before.has(each.attemptId)) continue
    if ((await readManifest(place, each.attemptId)) !== null) continue
    if ((await landedAs(place, each.attemptId, each.fence)) === null) lost.push(each)
  }
  return lost.length === 0 ? null : builtUponLost(lost)
}
