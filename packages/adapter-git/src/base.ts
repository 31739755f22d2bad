import { CuelineError } from '@cueline/core'

import { shortName } from './refs.ts'
import type { Repository } from './repository.ts'

const isObject = /^[0-9a-f]{40,64}$/

/**
 * Refuses a base that lacks what the task has waited for: its agent would work on a state in which
 * that does not exist, and undo it without knowing.
 *
 * @throws CuelineError `refused`, which can be tried again once the branch has it.
 */
export async function expectAncestors(
  { content, target }: Repository,
  base: string,
  commits: readonly string[] = [],
): Promise<void> {
  const others = [...new Set(commits)].filter((commit) => commit !== base)
  if (others.length > 1 && others.every((commit) => isObject.test(commit))) {
    // All of them in one question; only where one is missing it is asked which.
    const input = [...others, `^${base}`].join('\n')
    const ask = ['rev-list', '--no-walk', '--stdin']
    const { code, stdout } = await content(ask, { answers: [128], input })
    if (code === 0 && stdout === '') return
  }
  const missing: string[] = []
  for (const commit of others) {
    const known = isObject.test(commit)
    const question = ['merge-base', '--is-ancestor', commit, base]
    // 1: it is no ancestor; 128: there is no such commit any more.
    if (!known || (await content(question, { answers: [1, 128] })).code !== 0) missing.push(commit)
  }
  if (missing.length === 0) return
  throw new CuelineError(
    'refused',
    `${shortName(target)} (${base.slice(0, 12)}) does not contain ${missing.map((commit) => commit.slice(0, 12)).join(', ')}, which the task has waited for. Somebody has taken the branch back: bring it to a commit that contains it, or retry the task that it came from.`,
    { retryable: true, details: { base, missing } },
  )
}
