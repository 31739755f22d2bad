import type { AttemptId, RadarRequest, WorkOverlap } from '@cueline/core'

import { commitTree } from './commits.ts'
import { lookAt } from './inspection.ts'
import { readManifests, type Manifest } from './manifest.ts'
import { mergeCommits } from './merge-commits.ts'
import { tipOf } from './refs.ts'
import type { Repository } from './repository.ts'

/** What one process remembers from one look to the next: what has not changed costs nothing again. */
export interface RadarMemory {
  readonly commits: Map<AttemptId, Known>
  readonly results: Map<string, Found | null>
  /** Paths that differ between two commits. */
  readonly landed: Map<string, ReadonlySet<string>>
}

interface Known {
  readonly tree: string
  readonly changed: readonly string[]
  readonly commit: string
}
interface Found {
  readonly paths: readonly string[]
  readonly message: string
  readonly evidence: string
}

export function radarMemory(): RadarMemory {
  return { commits: new Map(), results: new Map(), landed: new Map() }
}

/** Workspaces that are looked at, and how many of them at once. */
const mostOpen = 64
const atOnce = 4

/**
 * Merges, without any working tree, what open workspaces hold now with what has landed and with each
 * other - only where both sides changed the same path, and no more pairs than asked for, those with
 * what has landed first. Two that change different paths can still contradict each other; the trial
 * merge and the gates find that.
 */
export async function lookForOverlaps(
  place: Repository,
  memory: RadarMemory,
  { pairs: mostPairs, signal }: RadarRequest,
): Promise<readonly WorkOverlap[]> {
  const manifests = (await readManifests(place)).filter(
    // What is built upon other open work would always contradict that.
    ({ gitFolder, landedTree, upon }) =>
      gitFolder !== null && landedTree === undefined && upon === undefined,
  )
  const open: { readonly manifest: Manifest; readonly known: Known }[] = []
  for (let at = 0; at < Math.min(manifests.length, mostOpen); at += atOnce) {
    signal.throwIfAborted()
    const some = manifests.slice(at, Math.min(at + atOnce, mostOpen))
    const looks = some.map((manifest) => stateOf(place, memory, manifest))
    for (const [index, known] of (await Promise.all(looks)).entries()) {
      const manifest = some[index]
      if (known !== null && manifest !== undefined) open.push({ manifest, known })
    }
  }
  const tip = await tipOf(place, signal)
  const results = new Map<string, Found | null>()
  const overlaps: WorkOverlap[] = []
  let pairs = 0
  const check = async (ours: string, theirs: string, attempts: WorkOverlap['attempts']) => {
    if (pairs >= mostPairs) return
    signal.throwIfAborted()
    pairs += 1
    const key = `${ours} ${theirs}`
    const known = memory.results.get(key)
    const found = known === undefined ? await contradiction(place, ours, theirs, signal) : known
    results.set(key, found)
    if (found !== null) overlaps.push({ attempts, ...found })
  }
  const bases = new Map<string, ReadonlySet<string>>()
  for (const { manifest, known } of open) {
    if (manifest.base === tip) continue
    const since = `${manifest.base} ${tip}`
    const landed = memory.landed.get(since) ?? new Set(await changedBetween(place, manifest.base, tip)) // prettier-ignore
    bases.set(since, landed)
    memory.landed.set(since, landed)
    if (!known.changed.some((path) => landed.has(path))) continue
    await check(tip, known.commit, [manifest.attemptId])
  }
  for (const [first, second] of meeting(open.map(({ known }) => known.changed))) {
    const one = open[first]
    const other = open[second]
    if (one === undefined || other === undefined) continue
    const attempts = [one.manifest.attemptId, other.manifest.attemptId] as const
    await check(one.known.commit, other.known.commit, attempts)
  }
  // What nobody asked for in this look has changed or is gone.
  memory.landed.clear()
  for (const [since, landed] of bases) memory.landed.set(since, landed)
  memory.results.clear()
  for (const [key, found] of results) memory.results.set(key, found)
  const still = new Set(open.map(({ manifest }) => manifest.attemptId))
  for (const id of memory.commits.keys()) if (!still.has(id)) memory.commits.delete(id)
  return overlaps
}

/** What a workspace holds now, as a commit that no ref names; null where it holds nothing of its own. */
async function stateOf(
  place: Repository,
  { commits }: RadarMemory,
  manifest: Manifest,
): Promise<Known | null> {
  const { attemptId, base, code } = manifest
  // It may be removed, or half written, in this moment: the next look is soon enough.
  const snapshot = await lookAt(place, manifest).catch(() => null)
  if (snapshot === null || snapshot.changed.length === 0) return null
  const { tree, changed } = snapshot
  const before = commits.get(attemptId)
  if (before?.tree === tree) return before
  const order = { tree, parents: [base], subject: `Open work of ${code}`, of: manifest }
  const known = { tree, changed, commit: await commitTree(place, order, { signs: false }) }
  commits.set(attemptId, known)
  return known
}

async function contradiction(
  place: Repository,
  ours: string,
  theirs: string,
  signal: AbortSignal,
): Promise<Found | null> {
  const merged = await mergeCommits(place, ours, theirs, signal)
  if (merged.ok) return null
  const { conflicts, lines, notes, evidence } = merged
  const where = conflicts.slice(0, mostShown).map((path) => {
    const [from, to] = lines.get(path) ?? []
    if (from === undefined || to === undefined) return path
    return from >= to ? `${path} line ${from}` : `${path} lines ${from}-${to}`
  })
  const more = conflicts.length > mostShown ? ` and ${conflicts.length - mostShown} more` : ''
  const text = lines.size === 0 && notes !== '' ? ` (${notes.split('\n')[0]})` : ''
  return { paths: conflicts, message: `${where.join(', ')}${more}${text}`, evidence }
}

const mostShown = 5

async function changedBetween(
  { content }: Repository,
  from: string,
  to: string,
): Promise<readonly string[]> {
  const { stdout } = await content(['diff-tree', '-r', '-z', '--name-only', '--no-renames', from, to]) // prettier-ignore
  return stdout.split('\0').filter((path) => path !== '')
}

/** Pairs of positions whose lists share a path, each once, in order. */
function meeting(lists: readonly (readonly string[])[]): readonly (readonly [number, number])[] {
  const byPath = new Map<string, number[]>()
  lists.forEach((paths, at) => {
    for (const path of paths) {
      const known = byPath.get(path)
      if (known === undefined) byPath.set(path, [at])
      else known.push(at)
    }
  })
  const pairs = new Map<number, readonly [number, number]>()
  for (const at of byPath.values()) {
    at.forEach((first, index) => {
      for (const second of at.slice(index + 1)) pairs.set(first * lists.length + second, [first, second]) // prettier-ignore
    })
  }
  return [...pairs.entries()].toSorted(([one], [other]) => one - other).map(([, pair]) => pair)
}
