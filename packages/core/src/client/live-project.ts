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
  /**
   * Called after every event that changed the state, and with null after the state was read anew,
   * because events that were missing had been pruned; returns the function that stops it.
   */
  subscribe(listener: (event: StoredEvent | null) => void): () => void
  /** Ends when `signal` aborts; rejects when the events cannot be followed any more. */
  readonly done: Promise<void>
}

/**
 * A project that stays up to date: a snapshot, then the same fold of events that the storage itself
 * was written by. An event that arrives twice is applied once; a gap is an error, never a guess. Who
 * has fallen behind what was pruned reads a new snapshot and goes on from there.
 */
export async function liveProject(
  client: Client,
  projectId: string,
  signal: AbortSignal,
): Promise<LiveProject> {
  const snapshot = await client.snapshot(projectId)
  const listeners = new Set<(event: StoredEvent | null) => void>()
  let world = fromSnapshot(snapshot)
  let { cursor } = snapshot
  let state: Slice = { ...world }

  const changed = (event: StoredEvent | null) => {
    state = { ...world }
    for (const listener of listeners) listener(event)
  }
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
      changed(event)
    }
  }
  const followOn = async (): Promise<void> => {
    for (;;) {
      try {
        return await follow()
      } catch (error) {
        if (!isPruned(error) || signal.aborted) throw error
        const again = await client.snapshot(projectId)
        // A snapshot that is no newer would end here again, for ever.
        if (again.cursor <= cursor) throw error
        world = fromSnapshot(again)
        cursor = again.cursor
        changed(null)
      }
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
    done: followOn(),
  }
}

function isPruned(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'pruned'
}
