import type * as z from 'zod'
import { CuelineError } from '../error.ts'
import { isObject } from '../plan/input-problems.ts'
import { shown } from '../plan/shown.ts'
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
    if (!parsed.success) throw inputError(name, operation.input, parsed.error, input)
    return operation.run(context, parsed.data)
  }
}

function inputError(
  name: string,
  input: z.ZodType,
  error: z.ZodError,
  given: unknown,
): CuelineError {
  const issues = error.issues
    .slice(0, 5)
    .map(
      (issue) => `${issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''}${said(issue, given)}`,
    )
  const isUnknownKey = error.issues.some(
    ({ code, path }) => code === 'unrecognized_keys' && path.length === 0,
  )
  const shape = isUnknownKey && 'shape' in input ? input.shape : undefined
  const keys = isObject(shape) ? Object.keys(shape) : []
  const takes = keys.length > 0 ? ` It takes ${keys.join(', ')}.` : ''
  return new CuelineError(
    'invalid-input',
    `${name} was called with a wrong input: ${issues.join('; ')}.${takes} Correct the input and call it again.`,
    {
      details: { operation: name, issues: error.issues },
      cause: error,
    },
  )
}

function said(issue: z.core.$ZodIssue, given: unknown): string {
  if (issue.code !== 'unrecognized_keys') {
    const value = issue.path.reduce<unknown>((at, key) => Object(at)[key] as unknown, given)
    return `${issue.message.replace(/, received [a-z]+$/, '')}, received ${shown(value)}`
  }
  const names = issue.keys.slice(0, 8).map(shown).join(', ')
  const more = issue.keys.length > 8 ? ` and ${issue.keys.length - 8} more` : ''
  return `${issue.keys.length === 1 ? 'there is no key' : 'there are no keys'} ${names}${more}`
}
