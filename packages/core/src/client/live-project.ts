import type { StoredEvent } from '../event/event.ts'
import { applyEvent } from '../staging/evolve.ts'
import type { Slice } from '../staging/slice.ts'
import type { Client } from './client.ts'
import { fromSnapshot } from '../staging/snapshot.ts'

export interface LiveProject {
  /** The state as of the last event; the same object until something changes. */
  state(): Slice
  /** Sequence of the last event in the state. */
  cursor(): number
  /** Called after every event that changed the state; returns the function that stops it. */
  subscribe(listener: (event: StoredEvent) => void): () => void
  /** Ends when `signal` aborts; rejects when the events cannot be followed any more. */
  readonly done: Promise<void>
}

/**
 * A project that stays up to date: a snapshot, then the same fold of events that the storage itself
 * was written by. An event that arrives twice is applied once; a gap is an error, never a guess.
 */
export async function liveProject(
  client: Client,
  projectId: string,
  signal: AbortSignal,
): Promise<LiveProject> {
  const snapshot = await client.snapshot(projectId)
  const world = fromSnapshot(snapshot)
  const listeners = new Set<(event: StoredEvent) => void>()
  let { cursor } = snapshot
  let state: Slice = { ...world }

  const follow = async () => {
    for await (const event of client.follow(projectId, cursor, signal)) {
      if (event.sequence <= cursor) continue
      if (event.sequence !== cursor + 1) {
        throw new Error(
          `Events ${cursor + 1} to ${event.sequence - 1} of project "${projectId}" are missing; read a new snapshot.`,
        )
      }
      cursor = event.sequence
      applyEvent(world, event)
      state = { ...world }
      for (const listener of listeners) listener(event)
    }
  }
  return {
    state: () => state,
    cursor: () => cursor,
    subscribe(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    done: follow(),
  }
}
