import type { EventType } from '../event/event.ts'
import type { AttemptId, SessionId } from '../id.ts'
import type { Meaning } from './meaning.ts'
import { attempt, session } from './row-changes.ts'
import type { Change, Slice } from './slice.ts'
import type { Session } from './state.ts'

type SessionEvent = Extract<EventType, `session.${string}`>

/**
 * What events of sessions mean for the rows. An attempt names a session exactly as long as it was
 * the last to use it and the session has not ended.
 */
export const sessionMeanings: { readonly [Type in SessionEvent]: Meaning<Type> } = {
  'session.started': (slice, { sessionId, agentSessionId, taskId, attemptId, workerId, at }) => {
    const owner = slice.tasks.get(taskId)
    if (owner === undefined) return []
    const row: Session = {
      id: sessionId,
      projectId: owner.projectId,
      agentSessionId,
      workerId,
      taskId,
      attemptId,
      status: 'active',
      endReason: null,
      startedAt: at,
      lastUsedAt: at,
      endedAt: null,
    }
    return [{ table: 'session', kind: 'insert', row }, attempt(attemptId, { sessionId })]
  },
  'session.used': (slice, { sessionId, attemptId, workerId, at }) => [
    ...leaveAttempt(slice, sessionId, attemptId),
    session(sessionId, { status: 'active', attemptId, workerId, lastUsedAt: at }),
    attempt(attemptId, { sessionId }),
  ],
  'session.ended': (slice, { sessionId, reason, at }) => [
    ...leaveAttempt(slice, sessionId),
    session(sessionId, { status: 'ended', endReason: reason, endedAt: at }),
  ],
}

function leaveAttempt(slice: Slice, sessionId: SessionId, next?: AttemptId): Change[] {
  const before = slice.sessions.get(sessionId)?.attemptId
  return before === undefined || before === next ? [] : [attempt(before, { sessionId: null })]
}
