import type { StoredEvent } from '../event/event.ts'
import type { WorkerId } from '../id.ts'
import type { Slice } from '../staging/slice.ts'
import type { Worker } from '../staging/state.ts'

/** From when to when, milliseconds, no worker was there although work had been promoted. */
export type Rest = readonly [from: number, to: number]

/** The times between two runs, in which nobody was there to work: over a night, say. */
export interface Rests {
  readonly list: readonly Rest[]
  /** Since when nobody has been there; null while somebody is, and before the first promotion. */
  readonly since: number | null
  /** Takes the next event, and the state before it. */
  add(event: StoredEvent, before: Pick<Slice, 'workers'>): void
}

/**
 * Finds them in the log: from the moment in which the last worker went - or work was promoted first -
 * until the next one comes. An engine that was killed says no goodbye, so what follows counts as its
 * time until another one has found that out.
 */
export function createRests(list: readonly Rest[] = [], since: number | null = null): Rests {
  const rests = [...list]
  let restingSince = since
  return {
    list: rests,
    get since() {
      return restingSince
    },
    add(event, { workers }) {
      if (event.type === 'worker.registered') {
        if (restingSince !== null && event.at > restingSince) rests.push([restingSince, event.at])
        restingSince = null
      } else if (event.type === 'batch.promoted') {
        if (workers.size === 0) restingSince ??= event.at
      } else if (event.type === 'worker.changed') {
        // Whoever comes back without a word had been there all along.
        if (event.status !== 'offline') restingSince = null
        else if (isLast(event.workerId, workers.values())) restingSince ??= event.at
      }
    },
  }
}

function isLast(workerId: WorkerId, workers: Iterable<Worker>): boolean {
  for (const { id, status } of workers) {
    if (id !== workerId && status !== 'offline') return false
  }
  return true
}

export interface WallTime {
  readonly wallMs: number
  /** The rests in between, which are not in `wallMs`. */
  readonly restedMs: number
}

/** From the first moment to the last one, milliseconds, without the rests in between. */
export function wallOf(
  first: number | null,
  moments: Iterable<number>,
  rests: readonly Rest[] = [],
): WallTime {
  if (first === null) return { wallMs: 0, restedMs: 0 }
  let last = first
  for (const at of moments) if (at > last) last = at
  let restedMs = 0
  for (const [from, to] of rests) {
    restedMs += Math.max(0, Math.min(to, last) - Math.max(from, first))
  }
  return { wallMs: last - first - restedMs, restedMs }
}
