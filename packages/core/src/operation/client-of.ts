import type { Client } from '../client/client.ts'
import type { Cueline } from '../engine/create-cueline.ts'
import { CuelineError } from '../error.ts'
import { operations } from './registry.ts'

/** The client of an engine in the same process. */
export function clientOf(cueline: Cueline): Client {
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
