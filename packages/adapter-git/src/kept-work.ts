import { CuelineError } from '@cueline/core'
import type { AttemptId, KeptWork, RestoredWork, RestoreRequest } from '@cueline/core'

import { quoted } from './inspection.ts'
import { nameOf, slugOf } from './names.ts'
import type { Repository } from './repository.ts'

const kinds = ['salvage', 'commits'] as const
// One field for all trailers: several mix up their keys in git 2.39.
const fields = ['refname', 'objectname', 'committerdate:unix', 'trailers:only,unfold,separator=%x01'] // prettier-ignore

interface KeptRef extends KeptWork {
  readonly commit: string
  /** Of its task; empty when nobody noted it. */
  readonly code: string
}

/** What is kept of workspaces that are gone, oldest first. */
export async function keptWork(place: Repository): Promise<readonly KeptWork[]> {
  return (await keptRefs(place)).map(({ commit: _commit, code: _code, ...kept }) => kept)
}

/** Makes a branch of what is kept, and nothing else: no checkout, index or existing branch changes. */
export async function restoreWork(
  place: Repository,
  { name, branch }: RestoreRequest,
): Promise<RestoredWork> {
  const kept = (await keptRefs(place)).find((each) => each.name === name)
  if (kept === undefined) {
    throw new CuelineError('not-found', `Nothing is kept as ${JSON.stringify(name)}.`, {
      details: { name },
    })
  }
  const own = `cueline/restored/${slugOf(kept.code)}-${nameOf(kept.attemptId)}`
  const target = await checkedBranch(place, branch ?? (kept.kind === 'commits' ? `${own}-commits` : own)) // prettier-ignore
  const [commit = kept.commit, ...others] = await endsOf(place, kept)
  try {
    // Nothing may be there yet: the empty old value makes git refuse otherwise.
    await place.refs(['update-ref', `refs/heads/${target}`, commit, ''])
  } catch (cause) {
    throw new CuelineError(
      'conflict',
      `Branch "${target}" cannot be made: it is there already, or a branch of a part of its name is. Choose another name, or delete that branch first: git branch -D ${quoted(target)}.`,
      { details: { branch: target }, cause },
    )
  }
  return { branch: target, commit, others }
}

/** Salvaged work is one commit; commits of an agent are the parents of the one that keeps them. */
async function endsOf({ content }: Repository, kept: KeptRef): Promise<readonly string[]> {
  if (kept.kind === 'salvage') return [kept.commit]
  const { stdout } = await content(['rev-list', '--parents', '--max-count=1', kept.commit])
  const parents = stdout
    .trim()
    .split(' ')
    .slice(1, 1 + mostEnds)
  if (parents.length < 2) return parents
  const ends = await content(['merge-base', '--independent', ...parents])
  const newestFirst = await content(['rev-list', '--no-walk', '--stdin'], { input: ends.stdout })
  return newestFirst.stdout.trim().split('\n')
}

/** Commits that are looked at for those that no other contains. */
const mostEnds = 500

async function keptRefs({ refs }: Repository): Promise<readonly KeptRef[]> {
  const format = fields.map((field) => `%(${field})`).join('%00')
  const found: KeptRef[] = []
  for (const kind of kinds) {
    const folder = `refs/cueline/${kind}/`
    const listed = await refs(['for-each-ref', '--sort=committerdate', `--format=${format}`, folder]) // prettier-ignore
    for (const line of listed.split('\n')) {
      const [name, commit, seconds, trailers = ''] = line.split('\0')
      if (name === undefined || commit === undefined) continue
      const attemptId = (trailer(trailers, 'Attempt') || name.slice(folder.length)) as AttemptId
      const code = trailer(trailers, 'Task')
      const keptAt = seconds === '' ? null : Number(seconds) * 1_000
      const shown = quoted(name)
      const look = kind === 'salvage' ? [`git diff ${shown}^ ${shown}`] : [`git log --graph ${shown}`] // prettier-ignore
      found.push({ attemptId, kind, name, keptAt, look, commit, code })
    }
  }
  return found.toSorted((one, other) => (one.keptAt ?? 0) - (other.keptAt ?? 0))
}

function trailer(all: string, name: string): string {
  const start = `Cueline-${name}: `
  const found = all.split('\u0001').find((each) => each.startsWith(start))
  return found?.slice(start.length) ?? ''
}

async function checkedBranch({ refs }: Repository, branch: string): Promise<string> {
  const legal =
    !branch.startsWith('-') &&
    !branch.includes('\0') &&
    (await refs(['check-ref-format', `refs/heads/${branch}`]).then(
      () => true,
      () => false,
    ))
  if (legal) return branch
  throw new CuelineError(
    'invalid-input',
    `${JSON.stringify(branch)} is no name for a branch. Choose one such as "rescue/t7".`,
    { details: { branch } },
  )
}
