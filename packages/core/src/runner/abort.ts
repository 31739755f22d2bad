/** Resolves with the reason, as an error, once `signal` has aborted. */
export function whenAborted(signal: AbortSignal): Promise<Error> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(abortReason(signal))
    else signal.addEventListener('abort', () => resolve(abortReason(signal)), { once: true })
  })
}

/** Why a signal aborted, always as an error. */
export function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  return reason instanceof Error ? reason : new DOMException(String(reason), 'AbortError')
}
