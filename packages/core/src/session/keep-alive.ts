import type { ProjectSettings, Session } from '../staging/state.ts'

/** How long a session is kept, milliseconds. */
export interface KeepAlive {
  /** Nobody used it for longer: it ends. */
  readonly idleMs: number
  /** It began longer ago: it ends. */
  readonly maxAgeMs: number
}

export const defaultKeepAlive: KeepAlive = { idleMs: 30 * 60_000, maxAgeMs: 60 * 60_000 }

/** What the settings of a project say; projects of an older version say nothing. */
export function keepAliveOf(settings: ProjectSettings): KeepAlive {
  return {
    idleMs: settings.sessionIdleMs ?? defaultKeepAlive.idleMs,
    maxAgeMs: settings.sessionMaxAgeMs ?? defaultKeepAlive.maxAgeMs,
  }
}

/**
 * Why a session that has not ended should end at `now`, or null while it is to be kept. Work in
 * flight keeps every session, however old it is.
 */
export function sessionEnd(
  session: Pick<Session, 'startedAt' | 'lastUsedAt'>,
  keepAlive: KeepAlive,
  { now, inFlight }: { readonly now: number; readonly inFlight: boolean },
): 'idle' | 'age' | null {
  if (inFlight) return null
  if (now - session.lastUsedAt > keepAlive.idleMs) return 'idle'
  return now - session.startedAt > keepAlive.maxAgeMs ? 'age' : null
}
