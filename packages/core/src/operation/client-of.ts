import type { Client } from '../client/client.ts'
import { CuelineError } from '../error.ts'
import type { StoredEvent } from '../event/event.ts'
import type { Methods } from './operation.ts'
import { type Operations, operations } from './registry.ts'

/** What a client needs of an engine. */
interface ClientSource extends Methods<Operations> {
  watch(options: {
    readonly projectId: string
    readonly cursor: number
    readonly signal: AbortSignal
  }): AsyncIterable<StoredEvent>
}

/** The client of an engine in the same process. */
export function clientOf(cueline: ClientSource): Client {
  return {
    async call(operation, input) {
      const [group = '', name = ''] = operation.split('.')
      if (!isOperation(group, name)) {
        throw new CuelineError(
          'not-found',
          `There is no operation "${operation}". Operations are named like "stages.promote".`,
        )
      }
      const methods = cueline[group] as Record<string, (given: unknown) => Promise<unknown>>
      return methods[name]?.(input)
    },
    snapshot: (projectId) => cueline.projects.snapshot({ projectId }),
    follow: (projectId, cursor, signal) => cueline.watch({ projectId, cursor, signal }),
  }
}

function isOperation(group: string, name: string): group is keyof typeof operations {
  return (
    Object.hasOwn(operations, group) &&
    Object.hasOwn(operations[group as keyof typeof operations], name)
  )
}
