import { CuelineError } from '../error.ts'
import type { EngineContext } from './context.ts'

/**
 * Waits for work that stops on `signal`. Whoever has not stopped within the grace after the abort is
 * given up: rejects with the reason of the abort, so that a slot is freed and a stop comes to its
 * end whatever a runner, gate or workspace does.
 */
export function orGiveUp<Result>(
  { clock, times, onError }: Pick<EngineContext, 'clock' | 'times' | 'onError'>,
  what: string,
  work: Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    let cancel = () => {}
    const onAbort = () => {
      cancel = clock.setTimeout(() => {
        onError(
          new CuelineError(
            'timeout',
            `${what} ignored the abort for ${times.stopGraceMs} ms; the attempt goes on without it.`,
          ),
          'stopping an attempt',
        )
        reject(signal.reason)
      }, times.stopGraceMs)
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort)
    const stopWaiting = () => {
      cancel()
      signal.removeEventListener('abort', onAbort)
    }
    work.then(
      (result) => {
        stopWaiting()
        resolve(result)
      },
      (error: unknown) => {
        stopWaiting()
        reject(error)
      },
    )
  })
}
