import { userInfo } from 'node:os'

import type { Terminal } from './terminal.ts'

/** Who is written into the log: the person at this terminal. */
export function actorOf({ env }: Terminal): string {
  const named = env.CUELINE_ACTOR ?? env.USER ?? env.LOGNAME
  if (named !== undefined && named !== '') return named.slice(0, 200)
  try {
    return userInfo().username.slice(0, 200)
  } catch {
    // A user id without a name, as containers have.
    return 'cli'
  }
}
