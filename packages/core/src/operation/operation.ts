import type * as z from 'zod'
import type { Clock } from '../clock.ts'
import type { DeliveryProvider } from '../delivery/delivery.ts'
import type { Ledger } from '../engine/ledger.ts'
import type { Ids } from '../id.ts'
import type { ProjectSettings } from '../staging/state.ts'
import type { Storage } from '../storage/storage.ts'
import type { WorkspaceProvider } from '../workspace/workspace.ts'

/** What operations work with: reads go to the storage, writes through the ledger. */
export interface OperationContext {
  readonly storage: Storage
  readonly ledger: Ledger
  readonly ids: Ids
  readonly clock: Clock
  readonly defaults: ProjectSettings
  /** Null where no work is done: hosts that only look. */
  readonly workspace: WorkspaceProvider | null
  /** Where finished work is handed over; null where it stays on its branch. */
  readonly delivery: DeliveryProvider | null
}

/**
 * One command or query of the public surface. Every face - typed methods, HTTP, MCP, quick
 * commands - is made from this one description.
 */
export interface Operation<Input extends z.ZodType, Output> {
  /** One line for people: what it does. */
  readonly summary: string
  readonly kind: 'command' | 'query'
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Path under the host's base; `{name}` is an input field. */
  readonly path: string
  readonly input: Input
  run(context: OperationContext, input: z.output<Input>): Promise<Output>
}

/** Keeps the types of input and output. */
export function operation<Input extends z.ZodType, Output>(
  description: Operation<Input, Output>,
): Operation<Input, Output> {
  return description
}

/** The typed methods of a registry: `methods.stages.promote(input)`. */
export type Methods<Registry> = {
  readonly [Group in keyof Registry]: {
    readonly [Name in keyof Registry[Group]]: Registry[Group][Name] extends Operation<
      infer Input,
      infer Output
    >
      ? (input: z.input<Input>) => Promise<Output>
      : never
  }
}
