import type * as z from 'zod'
import { CuelineError } from '../error.ts'
import type { Methods, Operation, OperationContext } from './operation.ts'
import { type Operations, operations } from './registry.ts'

/** The typed methods over a context: input is checked, then the operation runs. */
export function createMethods(context: OperationContext): Methods<Operations> {
  const groups = Object.entries(operations).map(([group, registry]) => [
    group,
    Object.fromEntries(
      Object.entries(registry as Record<string, Operation<z.ZodType, unknown>>).map(
        ([name, operation]) => [name, method(context, `${group}.${name}`, operation)],
      ),
    ),
  ])
  // Built from the registry itself, so the shape is that of its type.
  return Object.fromEntries(groups) as Methods<Operations>
}

function method(
  context: OperationContext,
  name: string,
  operation: Operation<z.ZodType, unknown>,
): (input: unknown) => Promise<unknown> {
  return async (input) => {
    const parsed = operation.input.safeParse(input)
    if (!parsed.success) throw inputError(name, parsed.error)
    return operation.run(context, parsed.data)
  }
}

function inputError(name: string, error: z.ZodError): CuelineError {
  const issues = error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''}${issue.message}`)
  return new CuelineError(
    'invalid-input',
    `${name} was called with a wrong input: ${issues.join('; ')}.`,
    {
      details: { operation: name, issues: error.issues },
      cause: error,
    },
  )
}
