import { CuelineError } from '../error.ts'
import type { EngineContext } from './context.ts'

/** The storage did not answer, nothing was stored, and it may answer later. */
export function isPassing(error: unknown): error is CuelineError {
  if (!(error instanceof CuelineError)) return false
  return error.code === 'storage-busy' || (error.retryable && error.code.startsWith('storage-'))
}

/**
 * Calls again, every `sweepMs`, while the storage is busy, full or away; each time is reported.
 * Rejects with any other error at once, and with what the storage said last when `isOver`, asked with
 * how long it has been tried, says so: as soon as `signal` aborts if absent.
 */
export async function insist<Result>(
  { clock, times, onError }: Pick<EngineContext, 'clock' | 'times' | 'onError'>,
  where: string,
  call: () => Promise<Result>,
  {
    signal,
    isOver = () => signal?.aborted === true,
  }: {
    readonly signal?: AbortSignal | undefined
    readonly isOver?: (triedMs: number) => boolean
  },
): Promise<Result> {
  const start = clock.now()
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!isPassing(error) || isOver(clock.now() - start)) throw error
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
