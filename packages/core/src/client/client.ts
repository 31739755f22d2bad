import type { StoredEvent } from '../event/event.ts'
import type { Snapshot } from '../staging/snapshot.ts'

/**
 * What a user interface or another host may do, wherever the engine runs: call an operation, read a
 * snapshot, follow events. The in-process client is `clientOf(cueline)`; remote ones speak the same.
 */
export interface Client {
  /** Calls the operation of this name, e.g. `stages.promote`; rejects with a `CuelineError`. */
  call(operation: string, input: unknown): Promise<unknown>
  /** The project as it is now, with the cursor to follow it from. */
  snapshot(projectId: string): Promise<Snapshot>
  /** Every event after the cursor, once and in order, until `signal` aborts. */
  follow(projectId: string, cursor: number, signal: AbortSignal): AsyncIterable<StoredEvent>
}
