import { EventEmitter } from 'eventemitter3'

/**
 * Tells listeners, whatever they do: one that throws or rejects neither stops the others nor
 * reaches the engine; `onListenerError` hears of it.
 */
export interface SafeEmitter<Events extends Record<string, unknown>> {
  /** Returns the function that stops listening. */
  on<Name extends keyof Events & string>(
    name: Name,
    listener: (payload: Events[Name]) => unknown,
  ): () => void
  emit<Name extends keyof Events & string>(name: Name, payload: Events[Name]): void
  clear(): void
}

export function createSafeEmitter<Events extends Record<string, unknown>>(
  onListenerError: (error: unknown, name: string) => void,
): SafeEmitter<Events> {
  const emitter = new EventEmitter<string>()
  const report = (error: unknown, name: string) => {
    try {
      onListenerError(error, name)
    } catch {
      // Who reports errors may be broken too; the engine goes on all the same.
    }
  }
  return {
    on(name, listener) {
      const guarded = (payload: Parameters<typeof listener>[0]) => {
        try {
          const result = listener(payload)
          if (result instanceof Promise) result.catch((error: unknown) => report(error, name))
        } catch (error) {
          report(error, name)
        }
      }
      emitter.on(name, guarded)
      return () => {
        emitter.off(name, guarded)
      }
    },
    emit(name, payload) {
      emitter.emit(name, payload)
    },
    clear() {
      emitter.removeAllListeners()
    },
  }
}
