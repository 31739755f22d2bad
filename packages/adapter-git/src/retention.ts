import { stat } from 'node:fs/promises'
import { join } from 'node:path'

import type { AttemptId, PrunableWork, PruneRequest } from '@cueline/core'

import { readManifests } from './manifest.ts'
import { nameOf } from './names.ts'
import type { Repository } from './repository.ts'

const kinds = ['salvage', 'commits', 'tried', 'landed', 'superseded'] as const
type Kind = (typeof kinds)[number]

interface Ref {
  readonly name: string
  readonly object: string
  readonly type: string
  readonly tree: string
  readonly parents: readonly string[]
}

interface OwnRef extends Ref {
  readonly kind: Kind
  /** What stands behind the kind: of an attempt or a work order. */
  readonly of: string
  readonly keptAt: number
}

/**
 * Which of Cueline's own refs may go. One that is the only name of a commit stays, however old it is,
 * unless it is older than `lastCopiesOlderThanMs`; so does all of a workspace that stands, and of its
 * work order.
 */
export async function prunableRefs(
  place: Repository,
  { olderThanMs, lastCopiesOlderThanMs }: PruneRequest,
  now: number,
): Promise<readonly PrunableWork[]> {
  const all = await allRefs(place)
  const standing = await readManifests(place)
  const busy = new Set(standing.flatMap((each) => [nameOf(each.attemptId), nameOf(each.workOrderId)])) // prettier-ignore
  const dated = await dates(place)
  const old: OwnRef[] = []
  for (const ref of all) {
    const [kind, of] = ownName(ref.name)
    if (kind === null || busy.has(of)) continue
    const keptAt = await dated(ref.name, now)
    if (now - keptAt >= olderThanMs) old.push({ ...ref, kind, of, keptAt })
  }
  if (old.length === 0) return []
  const going = new Set(old.map(({ name }) => name))
  const staying = all.filter(({ name }) => !going.has(name))
  const unnamed = await namedNowhere(place, old.flatMap(commitsOf), staying)
  const isLast = (ref: OwnRef) => commitsOf(ref).some((commit) => unnamed.has(commit))
  const stays = (ref: OwnRef) =>
    isLast(ref) && (lastCopiesOlderThanMs === null || now - ref.keptAt < lastCopiesOlderThanMs)
  // What was tried is in the salvaged work as well, where nothing was changed in between.
  const salvaged = new Set(
    [...staying, ...old.filter(stays)]
      .filter(({ name }) => ownName(name)[0] === 'salvage')
      .map(({ name, tree }) => `${ownName(name)[1]} ${tree}`),
  )
  const isCovered = ({ kind, of, tree }: OwnRef) =>
    kind === 'tried' && salvaged.has(`${of} ${tree}`)
  return old
    .filter((ref) => isCovered(ref) || !stays(ref))
    .map((ref) => ({
      kind: ref.kind,
      name: ref.name,
      commit: ref.object,
      keptAt: ref.keptAt,
      attemptId: ref.kind === 'superseded' ? null : (ref.of as AttemptId),
      lastCopy: isLast(ref) && !isCovered(ref),
    }))
    .toSorted(
      (one, other) =>
        kinds.indexOf(one.kind) - kinds.indexOf(other.kind) ||
        one.keptAt - other.keptAt ||
        (one.name < other.name ? -1 : 1),
    )
}

/** Deletes those that still name what they did; whatever has moved meanwhile stays. */
export async function pruneRefs(
  { refs }: Repository,
  found: readonly PrunableWork[],
): Promise<void> {
  for (let at = 0; at < found.length; at += portion) {
    const some = found.slice(at, at + portion).filter(({ name }) => ownName(name)[0] !== null)
    const orders = some.map(({ name, commit }) => `delete ${name} ${commit}\n`)
    try {
      await refs(['update-ref', '--stdin'], { input: orders.join('') })
    } catch {
      // It is all or nothing, so one that has moved or is gone keeps the others: one by one then.
      for (const order of orders) await refs(['update-ref', '--stdin'], { input: order }).catch(() => '') // prettier-ignore
    }
  }
}

/** Refs that one git command deletes. */
const portion = 500

/** The kind of one of Cueline's own refs and whose it is; null for everything else. */
function ownName(ref: string): readonly [kind: Kind | null, of: string] {
  const [, kind = '', rest = ''] = /^refs\/cueline\/([a-z]+)\/([^/]+)$/.exec(ref) ?? []
  const known = kinds.find((each) => each === kind)
  if (known === undefined) return [null, '']
  // `<work order>-<fence>`, `<attempt>-<fence>`, and `<attempt>.<n>` of what was kept n times.
  if (known === 'superseded' || known === 'landed') return [known, rest.replace(/-\d+$/, '')]
  return [known, rest.replace(/\.\d+$/, '')]
}

/** What would be lost with a ref. The commit that keeps an agent's commits holds nothing itself. */
function commitsOf({ kind, type, object, parents }: OwnRef): readonly string[] {
  if (type !== 'commit') return []
  return kind === 'commits' ? parents : [object]
}

async function allRefs({ refs }: Repository): Promise<readonly Ref[]> {
  const format = '--format=%(refname) %(objecttype) %(objectname) %(tree) %(parent)'
  const lines = (await refs(['for-each-ref', format])).split('\n')
  return lines.flatMap((line) => {
    const [name = '', type = '', object = '', ...more] = line.split(' ')
    if (name === '') return []
    const [tree = '', ...parents] = type === 'commit' ? more : []
    return [{ name, type, object, tree, parents: parents.filter((each) => each !== '') }]
  })
}

/** Those of the commits that none of the refs contains. */
async function namedNowhere(
  { content }: Repository,
  commits: readonly string[],
  refs: readonly Ref[],
): Promise<ReadonlySet<string>> {
  if (commits.length === 0) return new Set()
  const others = refs.filter(({ type }) => type === 'commit' || type === 'tag')
  const input = [...commits, ...others.map(({ object }) => `^${object}`)].join('\n')
  const ask = ['rev-list', '--no-walk', '--ignore-missing', '--stdin']
  const { stdout } = await content(ask, { input })
  return new Set(stdout.split('\n').filter((line) => line !== ''))
}

/**
 * When a ref was written, in whole milliseconds, at the latest: git notes that nowhere, but its file does; what git has packed
 * was there before it was packed. Where there is no such file it counts as new.
 */
async function dates({
  common,
}: Repository): Promise<(ref: string, now: number) => Promise<number>> {
  const writtenAt = (file: string) =>
    stat(join(common, file)).then(
      (found) => (found.isFile() ? Math.trunc(found.mtimeMs) : null),
      () => null,
    )
  const packedAt = await writtenAt('packed-refs')
  return async (ref, now) => Math.min(now, (await writtenAt(ref)) ?? packedAt ?? now)
}
