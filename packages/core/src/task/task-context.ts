/**
 * Everything an agent needs to do one task without asking for more [S3-01].
 *
 * Texts are Markdown and may be empty; `isStatelessReady` says which empty part matters for which
 * type of task.
 */
export interface TaskContext {
  readonly projectBackground: string
  readonly architecture: string
  /** How to do it: steps, pitfalls, the style that is wanted. */
  readonly guidance: string
  readonly tdd: TestSpec
  readonly acceptanceCriteria: readonly string[]
  readonly gates: readonly GateSpec[]
  /** Upper bound for the embedded text, in estimated tokens (see `estimateTokens`). */
  readonly tokenBudget?: number | undefined
}

/** A context as far as it is known; an absent part counts as missing. */
export type PartialTaskContext = {
  readonly [Part in keyof TaskContext]?: TaskContext[Part] | undefined
}

export interface TestSpec {
  readonly cases: readonly TestCase[]
  /** Wanted line coverage in percent; 95 when absent. */
  readonly coverage?: number | undefined
}

export interface TestCase {
  readonly name: string
  readonly given: string
  readonly expected: string
}

/** A gate as data: a command that must exit with 0. Never a shell string. */
export interface GateSpec {
  readonly name: string
  /** Argument array; the first entry is the program. */
  readonly command: readonly string[]
  readonly timeoutMs?: number | undefined
}

/** Coverage in percent that counts when a test specification names none. */
export const defaultCoverage = 95
