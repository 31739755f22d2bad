import type { ErrorClass, ProjectSettings } from '../staging/state.ts'

/** What follows from a failed attempt, by the class of its error. */
export interface ErrorPolicy {
  readonly then: 'retry' | 'hold-account' | 'ask' | 'stop'
  /** Whether the attempt counts against `maxAttempts`. */
  readonly charged: boolean
  /** Wait before the retry, longer each time; without it the owner gets the work back at once. */
  readonly backOff: boolean
  /** How long an account is held when the provider does not say, milliseconds. */
  readonly holdMs: number
}

/** One policy per class, as data. */
export const errorPolicies: Readonly<Record<ErrorClass, ErrorPolicy>> = {
  transient: { then: 'retry', charged: true, backOff: true, holdMs: 0 },
  'rate-limit': { then: 'hold-account', charged: false, backOff: false, holdMs: 60_000 },
  quota: { then: 'hold-account', charged: false, backOff: false, holdMs: 3_600_000 },
  timeout: { then: 'retry', charged: true, backOff: true, holdMs: 0 },
  'agent-crash': { then: 'retry', charged: true, backOff: true, holdMs: 0 },
  'invalid-output': { then: 'retry', charged: true, backOff: false, holdMs: 0 },
  'gate-failed': { then: 'retry', charged: true, backOff: false, holdMs: 0 },
  'merge-conflict': { then: 'retry', charged: true, backOff: false, holdMs: 0 },
  'human-needed': { then: 'ask', charged: false, backOff: false, holdMs: 0 },
  cancelled: { then: 'stop', charged: true, backOff: false, holdMs: 0 },
  permanent: { then: 'stop', charged: true, backOff: false, holdMs: 0 },
}

/**
 * Milliseconds to wait before retry number `failures` (1 = the first): doubles each time up to the
 * longest, and lies at random in the upper half of that, so that a common outage does not bring all
 * retries back at one moment ("equal jitter", AWS Architecture Blog, Exponential Backoff And Jitter).
 */
export function backOffMs(
  failures: number,
  settings: Pick<ProjectSettings, 'retryBaseMs' | 'retryMaxMs'>,
  random: () => number,
): number {
  const doublings = Math.min(Math.max(failures - 1, 0), 30)
  const longest = Math.min(settings.retryMaxMs, settings.retryBaseMs * 2 ** doublings)
  return Math.round(longest / 2 + (longest / 2) * random())
}
