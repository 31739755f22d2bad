import type { AttemptId } from '../id.ts'
import type { BaseWork } from '../workspace/workspace.ts'
import type { EngineContext } from './context.ts'
import type { MergeCandidate } from './merge-candidate.ts'

/**
 * The first of a group that cannot land with it, since what it was built upon has not landed and is not
 * before it in the group: with what of that was given up, or with nothing where it is still on its way. The
 * first of the queue does not wait for what is behind it. Null when all can land.
 */
export async function builtUponOpenWork(
  { storage }: Pick<EngineContext, 'storage'>,
  group: readonly MergeCandidate[],
): Promise<{ readonly candidate: MergeCandidate; readonly lost: readonly BaseWork[] } | null> {
  const before = new Set<AttemptId>()
  for (const [at, candidate] of group.entries()) {
    const open = candidate.upon.filter(({ attemptId }) => !before.has(attemptId))
    before.add(candidate.claim.attemptId)
    if (open.length === 0) continue
    const { projectId } = candidate.claim
    const ids = open.map(({ attemptId }) => attemptId)
    const { attempts } = await storage.transaction(
      (transaction) => transaction.load({ projectId, attempts: ids }),
      projectId,
    )
    const lost: BaseWork[] = []
    let waits = false
    for (const each of open) {
      const attempt = attempts.get(each.attemptId)
      if (attempt?.status === 'succeeded') continue
      if (attempt !== undefined && attempt.endedAt === null) waits = true
      else if ((await candidate.provider.landed(each.attemptId, each.fence)) === null) {
        lost.push(each)
      }
    }
    if (lost.length > 0 || (waits && at > 0)) return { candidate, lost }
  }
  return null
}
