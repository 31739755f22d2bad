/** The slot that an attempt works in; it leaves it while it waits for a person. */
export interface Slot {
  leave(): void
  /** Resolves once a slot is free again; at once when `signal` aborts. */
  enter(signal: AbortSignal): Promise<void>
}

/**
 * How many attempts may work at once. One that waits for a person leaves its slot to others and
 * comes back before new work is taken.
 */
export interface Slots {
  /** Deliveries that may be in flight: the slots, and one more for every attempt that waits. */
  allowed(): number
  /** Attempts that hold or want a slot. */
  inUse(): number
  /** Takes a slot for an attempt; `free` gives it back for good. */
  take(): Slot & { free(): void }
}

export function createSlots(count: number, onChange: () => void): Slots {
  let working = 0
  let waiting = 0
  const returning: (() => void)[] = []
  const admit = () => {
    while (returning.length > 0 && working < count) {
      working += 1
      waiting -= 1
      returning.shift()?.()
    }
    onChange()
  }
  return {
    allowed: () => count + waiting,
    inUse: () => working + waiting,
    take() {
      working += 1
      let state: 'working' | 'waiting' | 'free' = 'working'
      return {
        leave() {
          state = 'waiting'
          working -= 1
          waiting += 1
          admit()
        },
        enter(signal) {
          return new Promise<void>((resolve) => {
            const comeBack = () => {
              signal.removeEventListener('abort', comeBack)
              const index = returning.indexOf(comeBack)
              // Aborted: no slot was free, and none is needed to stop.
              if (index >= 0) {
                returning.splice(index, 1)
                waiting -= 1
                working += 1
              }
              state = 'working'
              resolve()
            }
            if (signal.aborted) {
              returning.push(comeBack)
              comeBack()
              return
            }
            signal.addEventListener('abort', comeBack, { once: true })
            returning.push(comeBack)
            admit()
          })
        },
        free() {
          if (state === 'working') working -= 1
          else if (state === 'waiting') waiting -= 1
          state = 'free'
          admit()
        },
      }
    },
  }
}
