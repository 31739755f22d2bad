import { CuelineError } from '../error.ts'
import type { AttemptId, ProjectId } from '../id.ts'
import type { ClaimIds } from './claim.ts'
import type { EngineContext } from './context.ts'

/** The claim of this attempt is gone, and this process is not: to be reported when it has ended. */
export function noteLost({ alive }: EngineContext, { attemptId }: ClaimIds): void {
  const entry = alive.get(attemptId)
  if (entry !== undefined) entry.lost = true
}

/**
 * Takes back that the worker of an attempt counts as lost: it stood still - its host slept, its storage was
 * out of reach - and it is here. What kills its process never comes to this. Asked again by the sweep for
 * as long as nobody has ended the attempt, or the storage is busy.
 */
export async function reportAlive(context: EngineContext, claim: ClaimIds): Promise<void> {
  const { alive, ledger, onError } = context
  const { projectId, attemptId } = claim
  try {
    const ended = await ledger.run(async ({ storage, execute }) => {
      const { attempts } = await storage.load({ projectId, attempts: [attemptId] })
      const attempt = attempts.get(attemptId)
      if (attempt !== undefined && attempt.endedAt === null) return false
      if (attempt?.status === 'interrupted') {
        await execute({ type: 'attempt.survive', projectId, attemptId })
      }
      return true
    })
    if (ended) alive.delete(attemptId)
  } catch (error) {
    if (error instanceof CuelineError && error.retryable) return
    alive.delete(attemptId)
    onError(error, `reporting that attempt ${attemptId} was not lost`)
  }
}

/** The sweep's part: attempts that have lost their claims here and were not reported yet. */
export async function reportAllAlive(context: EngineContext, projectId: ProjectId): Promise<void> {
  for (const { claim, lost } of context.alive.values()) {
    if (lost && claim.projectId === projectId) await reportAlive(context, claim)
  }
}

/** The attempts of the project that this process works at, or did until their claims were lost. */
export function aliveIn({ alive }: EngineContext, projectId: ProjectId): readonly AttemptId[] {
  return [...alive.values()].flatMap(({ claim }) =>
    claim.projectId === projectId ? [claim.attemptId] : [],
  )
}
