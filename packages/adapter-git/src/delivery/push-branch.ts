import { join } from 'node:path'

import { CuelineError } from '@cueline/core'

import type { RepositoryFolders } from '../repository.ts'
import { pushGit } from '../run-git.ts'
import { deliveryBranches } from './checked-names.ts'

export interface Push {
  readonly url: string
  readonly branch: string
  readonly base: string
  readonly commit: string
  readonly timeoutMs: number
}

/**
 * Has the branch of the remote be at the commit: made, or moved forward from what it was at when this
 * looked, or left when it is there. Commits that somebody else has put on it are never pushed over.
 */
export async function pushBranch(
  { common, host }: RepositoryFolders,
  { url, branch, base, commit, timeoutMs }: Push,
  signal: AbortSignal,
): Promise<void> {
  const ref = `refs/heads/${branch}`
  // What was checked before is checked where it counts, too.
  if (!branch.startsWith(deliveryBranches) || branch === base) throw new TypeError(branch)
  const git = (args: readonly string[], answers: readonly number[] = []) =>
    pushGit(args, {
      cwd: host,
      env: { GIT_DIR: host, GIT_OBJECT_DIRECTORY: join(common, 'objects') },
      signal,
      answers,
      timeoutMs,
    })
  const kind = await git(['cat-file', '-e', `${commit}^{commit}`], [1, 128])
  if (kind.code !== 0) {
    throw new CuelineError(
      'not-found',
      `Commit ${commit} is not in this repository. Name the repository that the work landed in.`,
      { details: { commit } },
    )
  }
  const listed = await git(['ls-remote', '--end-of-options', url, ref, `refs/heads/${base}`])
  const there = new Map(
    listed.stdout
      .split('\n')
      .filter((line) => line.includes('\t'))
      .map((line) => {
        const [object = '', name = ''] = line.split('\t')
        return [name, object] as const
      }),
  )
  if (!there.has(`refs/heads/${base}`)) {
    throw new CuelineError(
      'not-found',
      `The remote has no branch "${base}" to deliver to. Name one that it has.`,
      { details: { base } },
    )
  }
  const before = there.get(ref) ?? ''
  if (before === commit) return
  if (before !== '') {
    const forward = await git(['merge-base', '--is-ancestor', before, commit], [1, 128])
    if (forward.code !== 0) throw somebodyElses(branch, before)
  }
  // The lease is the compare-and-swap: what comes in between is refused, not overwritten.
  await git([
    'push',
    '--porcelain',
    '--no-verify',
    '--no-follow-tags',
    '--recurse-submodules=no',
    `--force-with-lease=${ref}:${before}`,
    '--end-of-options',
    url,
    `${commit}:${ref}`,
  ])
}

function somebodyElses(branch: string, before: string): CuelineError {
  return new CuelineError(
    'conflict',
    `Branch "${branch}" of the remote is at ${before.slice(0, 12)}, which Cueline has not put there. Take those commits over, or close the pull request and delete the branch; then deliver again.`,
    { details: { branch, commit: before } },
  )
}
