import { CuelineError } from '../error.ts'
import type { EngineContext } from './context.ts'

/** The storage did not answer, nothing was stored, and it may answer later. */
export function isPassing(error: unknown): error is CuelineError {
  if (!(error instanceof CuelineError)) return false
  return error.code === 'storage-busy' || (error.retryable && error.code.startsWith('storage-'))
}

/**
 * Calls again, every `sweepMs`, while the storage is busy, full or away; each time is reported.
 * Rejects with any other error at once, and with what the storage said last when `signal` aborts or
 * `limitMs` have passed.
 */
export async function insist<Result>(
  { clock, times, onError }: Pick<EngineContext, 'clock' | 'times' | 'onError'>,
  where: string,
  call: () => Promise<Result>,
  {
    signal,
    limitMs = Number.POSITIVE_INFINITY,
  }: { readonly signal?: AbortSignal | undefined; readonly limitMs?: number },
): Promise<Result> {
  const start = clock.now()
  for (;;) {
    try {
      return await call()
    } catch (error) {
      const isOver = signal?.aborted === true || clock.now() - start + times.sweepMs > limitMs
      if (!isPassing(error) || isOver) throw error
      onError(error, where)
    }
    await new Promise<void>((resolve) => {
      const goOn = () => {
        cancel()
        signal?.removeEventListener('abort', goOn)
        resolve()
      }
      const cancel = clock.setTimeout(goOn, times.sweepMs)
      signal?.addEventListener('abort', goOn, { once: true })
    })
  }
}
