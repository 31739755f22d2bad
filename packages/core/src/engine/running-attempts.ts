import { AttemptAborted } from './attempt-aborted.ts'

/**
 * The attempts that a run has under way. Not by work order: the attempt after a retry may begin
 * while the former one still clears up.
 */
export class RunningAttempts {
  readonly #attempts = new Map<AbortController, Promise<void>>()
  #refused = false
  #interrupted = 0

  get size(): number {
    return this.#attempts.size
  }

  /** Attempts that were interrupted. */
  get interrupted(): number {
    return this.#interrupted
  }

  /** Runs an attempt that `interrupt` reaches through its controller. */
  async run(attempt: (controller: AbortController) => Promise<void>): Promise<void> {
    const controller = new AbortController()
    if (this.#refused) this.#abort(controller)
    const end = attempt(controller)
    this.#attempts.set(controller, end)
    try {
      await end
    } finally {
      this.#attempts.delete(controller)
    }
  }

  /** From now on attempts are interrupted as they begin: their claim came as the stop came. */
  refuse(): void {
    this.#refused = true
  }

  interrupt(): void {
    this.refuse()
    for (const controller of this.#attempts.keys()) this.#abort(controller)
  }

  /** Resolves when none is under way any more. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#attempts.values())
  }

  #abort(controller: AbortController): void {
    if (controller.signal.aborted) return
    this.#interrupted += 1
    controller.abort(new AttemptAborted('shutdown', 'The engine was told to stop.'))
  }
}
