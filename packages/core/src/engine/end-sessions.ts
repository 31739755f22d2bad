import type { ProjectId, SessionId } from '../id.ts'
import { keepAliveOf, sessionEnd } from '../session/keep-alive.ts'
import type { EngineContext } from './context.ts'

/** Sessions per transaction, so that none of them is long. */
const mostAtOnce = 256

/**
 * Ends the sessions that were kept for long enough; the decision looks at the work in flight. Resolves
 * with those that have ended.
 */
export async function endSessions(
  { storage, ledger }: Pick<EngineContext, 'storage' | 'ledger'>,
  projectId: ProjectId,
  actor?: string,
): Promise<readonly SessionId[]> {
  const due = await storage.transaction(async (transaction) => {
    // Those of attempts under way are active.
    const idle = await transaction.query('sessions', { projectId, status: ['idle'] })
    if (idle.length === 0) return []
    const { project } = await transaction.load({ projectId })
    if (project === null) return []
    const keepAlive = keepAliveOf(project.settings)
    const at = { now: transaction.now, inFlight: false }
    return idle.filter((session) => sessionEnd(session, keepAlive, at) !== null).map(({ id }) => id)
  })
  const ended: SessionId[] = []
  for (let from = 0; from < due.length; from += mostAtOnce) {
    const sessionIds = due.slice(from, from + mostAtOnce)
    const { events } = await ledger.execute(
      { type: 'sessions.expire', projectId, sessionIds },
      actor,
    )
    for (const event of events) if (event.type === 'session.ended') ended.push(event.sessionId)
  }
  return ended
}
