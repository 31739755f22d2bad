import type { AttemptBrief } from '../staging/attempt-brief.ts'
import type { ErrorClass } from '../staging/state.ts'

/**
 * The executor interface: does the work of one attempt. A bare async function is a runner too.
 *
 * What it resolves with is a claim: gates decide. It may be called more than once for a task (a new
 * attempt each), never twice for one attempt. When `signal` aborts it must stop everything it has
 * started and settle soon; what it reports after that is ignored. A rejection counts as a failed
 * attempt of the error class that `classifyError` finds.
 */
export interface Runner {
  readonly name: string
  run(attempt: AttemptBrief, context: RunnerContext): Promise<Outcome>
  /** Ends what is left of runs of a process that is gone, on start; optional. */
  recover?(): Promise<void>
  close?(): Promise<void>
}

/** A runner in one line: whatever it resolves with counts as completed, a string is the summary. */
export type RunnerFunction = (
  attempt: AttemptBrief,
  context: RunnerContext,
) => Promise<Outcome | string | void>

export interface RunnerContext {
  /** Aborts on cancellation, timeout, shutdown and a lost lease; `reason` tells which. */
  readonly signal: AbortSignal
  readonly report: Report
}

export interface Report {
  /** A line for people about what is going on. Never waits. */
  progress(text: string): void
  /** Raw output; kept in the log up to a size bound, then cut with a note. Never waits. */
  output(text: string, stream: 'stdout' | 'stderr'): void
  /**
   * Says under which id of its own the agent works, so that a later attempt of the task can resume
   * it (`attempt.session`). Another id replaces the one before. Never waits; an id that cannot be one
   * (`agentSessionIdProblem`) is left out, with a note in the log.
   */
  session(agentSessionId: string): void
  /**
   * Asks a person and resolves with the answer. The question is durable and frees the slot while it
   * is open. The same question of the same task is asked once: after a restart an answer that was
   * given meanwhile resolves at once. Rejects when `signal` aborts.
   */
  ask(question: Question): Promise<string>
}

export interface Question {
  readonly text: string
  readonly kind?: 'question' | 'choice' | 'approval'
  readonly options?: readonly string[]
}

export type Outcome =
  | { readonly status: 'completed'; readonly summary: string }
  | {
      readonly status: 'failed'
      readonly class: ErrorClass
      readonly message: string
      /** Last output or the like, for the next attempt. */
      readonly evidence?: string
      /** For rate limits and quotas: when the account may be used again, milliseconds from now. */
      readonly retryAfterMs?: number
    }
  /** Stopped on purpose (a budget, a hand-over): requeued, nothing is charged. */
  | { readonly status: 'yielded'; readonly reason: string }
