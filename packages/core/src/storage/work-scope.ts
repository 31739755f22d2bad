import { CuelineError } from '../error.ts'

/** Tells calls that the work of a transaction makes from all others, for one storage. */
export interface WorkScope {
  /** Runs the work of a transaction: what it calls is inside until the work has ended. */
  run<Result>(work: () => Promise<Result>): Promise<Result>
  /** Throws `refused` when it is called inside. */
  refuseInside(): void
}

/** The part of Node's `AsyncLocalStorage` that is needed here; other hosts have it too. */
interface AsyncVariable<Value> {
  run<Result>(value: Value, call: () => Result): Result
  getStore(): Value | undefined
}

interface Host {
  readonly process?: {
    getBuiltinModule?(id: 'node:async_hooks'): {
      readonly AsyncLocalStorage: new <Value>() => AsyncVariable<Value>
    }
  }
}

/**
 * For storages whose transactions wait for one another: one that is started inside the work of another
 * and awaited there would wait for ever. A host without `AsyncLocalStorage` - a browser - cannot tell,
 * so nothing is refused there.
 */
export function workScope(): WorkScope {
  const { AsyncLocalStorage } =
    (globalThis as Host).process?.getBuiltinModule?.('node:async_hooks') ?? {}
  if (AsyncLocalStorage === undefined) return { run: (work) => work(), refuseInside() {} }
  // What the work has left running goes on after it, and is inside no more.
  const variable = new AsyncLocalStorage<{ ended: boolean }>()
  return {
    run(work) {
      const scope = { ended: false }
      return variable.run(scope, async () => {
        try {
          return await work()
        } finally {
          scope.ended = true
        }
      })
    },
    refuseInside() {
      if (variable.getStore()?.ended === false) throw nested()
    },
  }
}

function nested(): CuelineError {
  return new CuelineError(
    'refused',
    'The storage was called inside the work of its own transaction, which would wait for itself. Use the transaction that `work` is given, or call the storage when it has ended.',
  )
}
