import { CuelineError } from '@cueline/core'

import { shortName, type Repository } from './repository.ts'

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
  const missing: string[] = []
  for (const commit of new Set(commits)) {
    if (commit === base) continue
    const known = /^[0-9a-f]{40,64}$/.test(commit)
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
