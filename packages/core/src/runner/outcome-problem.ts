import { errorPolicies } from '../limit/error-policy.ts'
import type { ErrorClass } from '../staging/state.ts'

const errorClasses = new Map(
  (Object.keys(errorPolicies) as ErrorClass[]).map((name): [string, ErrorClass] => [name, name]),
)

/** The error class of that name, or null. */
export function errorClassOf(name: unknown): ErrorClass | null {
  return typeof name === 'string' ? (errorClasses.get(name) ?? null) : null
}

/** What keeps a value from being an `Outcome`, in words for people; null when it is one. */
export function outcomeProblem(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return `got ${shown(value)}`
  const outcome = value as Record<string, unknown>
  switch (outcome.status) {
    case 'completed':
      return text(outcome, 'summary')
    case 'yielded':
      return text(outcome, 'reason')
    case 'failed': {
      if (errorClassOf(outcome.class) === null) {
        return `class is ${shown(outcome.class)}, expected one of ${[...errorClasses.keys()].join(', ')}`
      }
      const retryAfter = outcome.retryAfterMs
      if (retryAfter !== undefined && !(typeof retryAfter === 'number' && retryAfter >= 0)) {
        return `retryAfterMs is ${shown(retryAfter)}, expected milliseconds`
      }
      return text(outcome, 'message') ?? text(outcome, 'evidence', true)
    }
    default:
      return `status is ${shown(outcome.status)}, expected completed, failed or yielded`
  }
}

function text(outcome: Record<string, unknown>, key: string, optional = false): string | null {
  const value = outcome[key]
  if (typeof value === 'string' || (optional && value === undefined)) return null
  return `${key} is ${shown(value)}, expected a text`
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60))
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return `${value}`
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}
