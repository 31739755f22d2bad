import { CuelineError, type AttemptId, type WorkspaceReport } from '@cueline/core'

/**
 * What this process knows of the rooms it has taken itself: who finds none waits until one of them is
 * given back, so that work goes on at that moment. Whether there is room is only ever decided by the
 * files that all processes share.
 */
export interface OwnRooms {
  /** Takes a room by `ask`, which rejects where there is none; one after the other. */
  take(attemptId: AttemptId, ask: () => Promise<void>): Promise<void>
  /** Counts a workspace as one of this process's while it is removed here, whoever made it. */
  giveBack<Result>(attemptId: AttemptId, remove: () => Promise<Result>): Promise<Result>
  /**
   * What `make` resolves to. When it rejects since all rooms are taken, it is called again as soon as
   * this process gives one back.
   *
   * @throws CuelineError that of `make` where none of the rooms is this process's; after
   *   30 seconds a retryable `refused`, so that a slot is not kept for longer than that.
   */
  whenFree<Result>(
    make: () => Promise<Result>,
    signal: AbortSignal,
    report: WorkspaceReport | undefined,
  ): Promise<Result>
}

const patienceMs = 30_000
const retryAfterMs = 1_000

export function ownRooms(): OwnRooms {
  const owners = new Set<AttemptId>()
  const waiting = new Set<() => void>()
  let given = 0
  let asked: Promise<unknown> = Promise.resolve()

  const wakeFirst = () => {
    for (const wake of waiting) return wake()
  }

  /** Resolves when it is this one's turn to look again, or `late` or `signal` says to stop. */
  const turn = (signal: AbortSignal, late: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const end = () => {
        waiting.delete(end)
        signal.removeEventListener('abort', end)
        late.removeEventListener('abort', end)
        resolve()
      }
      waiting.add(end)
      signal.addEventListener('abort', end)
      late.addEventListener('abort', end)
      if (signal.aborted || late.aborted) end()
    })

  return {
    take(attemptId, ask) {
      // One at a time: who finds no room then sees that it is one of ours who took it.
      const taking = asked.then(async () => {
        await ask()
        owners.add(attemptId)
      })
      asked = taking.catch(() => {})
      return taking
    },

    async giveBack(attemptId, remove) {
      const known = owners.has(attemptId)
      owners.add(attemptId)
      let gone = false
      try {
        const result = await remove()
        gone = true
        return result
      } finally {
        if (gone || !known) {
          owners.delete(attemptId)
          given += 1
          wakeFirst()
        }
      }
    },

    async whenFree(make, signal, report) {
      const late = new AbortController()
      let timer: ReturnType<typeof setTimeout> | undefined
      try {
        for (;;) {
          const before = given
          try {
            return await make()
          } catch (error) {
            if (!isFull(error) || (given === before && owners.size === 0)) {
              // It may have been woken for a room that it will not take.
              wakeFirst()
              throw error
            }
            if (timer === undefined) {
              timer = setTimeout(() => late.abort(), patienceMs)
              report?.progress('All workspaces that may exist are in use; waits for one of them.')
            }
            if (given === before) await turn(signal, late.signal)
            if (late.signal.aborted && given === before) throw notYet(error)
          }
        }
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

/** There are as many workspaces as there may be: what `takeRoom` rejects with. */
function isFull(error: unknown): error is CuelineError {
  return (
    error instanceof CuelineError &&
    error.code === 'limit' &&
    error.details['maxWorkspaces'] !== undefined
  )
}

/** Puts the work back, uncharged, and holds up nothing else. */
function notYet(full: CuelineError): CuelineError {
  return new CuelineError('refused', full.message, {
    retryable: true,
    details: { ...full.details, retryAfterMs },
    cause: full,
  })
}
