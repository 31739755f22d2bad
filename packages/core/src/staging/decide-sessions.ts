import type { SessionId } from '../id.ts'
import { agentSessionIdProblem } from '../session/agent-session-id.ts'
import { keepAliveOf, sessionEnd } from '../session/keep-alive.ts'
import type { CommandType } from './command.ts'
import { claimOf } from './decide-attempts.ts'
import type { Decide } from './decide.ts'
import { type Draft, emit } from './draft.ts'
import type { Session } from './state.ts'

type SessionCommand = Extract<CommandType, `session.${string}` | `sessions.${string}`>

export const sessionDecisions: { readonly [Type in SessionCommand]: Decide<Type> } = {
  'session.use': (draft, command) => {
    const claim = claimOf(draft, command)
    if ('code' in claim) return claim
    const { agentSessionId } = command
    const problem = agentSessionIdProblem(agentSessionId)
    if (problem !== null) {
      return {
        code: 'invalid-input',
        message: `The session id that the agent of task "${claim.task.code}" gave is not taken: ${problem}.`,
      }
    }
    const { id: attemptId, workerId } = claim.attempt
    const taskId = claim.task.id
    const known = [...draft.slice.sessions.values()].filter((row) => row.taskId === taskId)
    const open = known.find((row) => row.status !== 'ended')
    if (open?.agentSessionId === agentSessionId) {
      if (open.attemptId === attemptId) return
      emit(draft, { type: 'session.used', sessionId: open.id, attemptId, workerId })
      return
    }
    const ended = known.find(
      (row) =>
        row.agentSessionId === agentSessionId &&
        row.attemptId === attemptId &&
        row.endReason === 'asked',
    )
    if (ended !== undefined) return hasEnded(ended)
    if (open !== undefined) endSession(draft, open.id, 'replaced')
    emit(draft, {
      type: 'session.started',
      sessionId: draft.ids('session'),
      agentSessionId,
      taskId,
      attemptId,
      workerId,
    })
  },

  'session.end': (draft, { sessionId, force }) => {
    const session = draft.slice.sessions.get(sessionId)
    if (session === undefined) {
      return {
        code: 'not-found',
        message: `Session "${sessionId}" does not exist. List the sessions to find its id.`,
      }
    }
    if (session.status === 'ended') return hasEnded(session)
    const work = force ? null : workInFlight(draft, session)
    if (work !== null) {
      const code = draft.slice.tasks.get(session.taskId)?.code ?? session.taskId
      return {
        code: 'not-allowed',
        message: `Session "${sessionId}" is kept: task "${code}" ${work}. Wait for it, or end the session with force; the work goes on, but no later attempt resumes the session.`,
      }
    }
    endSession(draft, sessionId, 'asked')
  },

  'sessions.expire': (draft, { sessionIds }) => {
    const settings = draft.slice.project?.settings
    if (settings === undefined) return
    for (const id of sessionIds) {
      const session = draft.slice.sessions.get(id)
      if (session === undefined || session.status === 'ended') continue
      const inFlight = workInFlight(draft, session) !== null
      const reason = sessionEnd(session, keepAliveOf(settings), { now: draft.now, inFlight })
      if (reason !== null) endSession(draft, id, reason)
    }
  },
}

function endSession(draft: Draft, sessionId: SessionId, reason: NonNullable<Session['endReason']>) {
  emit(draft, { type: 'session.ended', sessionId, reason })
}

function hasEnded(session: Session) {
  return {
    code: 'conflict',
    message: `Session "${session.id}" has ended already (${session.endReason}). The next attempt of its task begins a new one.`,
  } as const
}

/** The work that needs the session, in words for people, or null: it rests. */
function workInFlight(draft: Draft, session: Session): string | null {
  const { tasks, workOrders, attempts, requests } = draft.slice
  const orderId = tasks.get(session.taskId)?.workOrderId ?? null
  const order = orderId === null ? undefined : workOrders.get(orderId)
  const current = order?.attemptId ? attempts.get(order.attemptId) : undefined
  if (current !== undefined && current.endedAt === null) {
    return current.status === 'waiting' ? 'waits for a person' : `is ${current.status}`
  }
  for (const request of requests.values()) {
    if (request.taskId === session.taskId && request.status === 'open') return 'waits for a person'
  }
  // An attempt that stepped back for a question goes on when the answer has come.
  const last = attempts.get(session.attemptId)
  const asked = last?.status === 'yielded' || last?.failure?.class === 'human-needed'
  const goesOn = order?.status === 'queued' && order.notBefore > (last?.endedAt ?? 0)
  return asked && goesOn ? 'goes on with an answer' : null
}
