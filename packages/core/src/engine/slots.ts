/** The slot that an attempt works in; it leaves it while it waits for a person, and for good to merge. */
export interface Slot {
  leave(): void
  /** Resolves once a slot is free again; at once when `signal` aborts or the attempt is over. */
  enter(signal: AbortSignal): Promise<void>
}

export interface TakenSlot extends Slot {
  /** Gives the slot back for good; whoever looks for work looks again. */
  free(): void
  /** As `free` for a slot that nothing was found for: nobody looks again because of it. */
  return(): void
  /** Whether the next attempt may follow in it: nobody waits to come back. */
  mayGoOn(): boolean
}

/**
 * How many attempts may work at once. One that waits for a person leaves its slot to others and
 * comes back before new work is taken; one that waits to merge leaves it and needs it no more.
 */
export interface Slots {
  /** Deliveries that may be in flight: the slots, and one more for every attempt that waits. */
  allowed(): number
  /** Takes a slot, before work for it is looked for; null when none is free. */
  take(): TakenSlot | null
  /** Whether none is free, so that nobody looks for work. */
  areTaken(): boolean
}

export function createSlots(count: number, onChange: () => void): Slots {
  let working = 0
  let waiting = 0
  const returning: (() => void)[] = []
  const admit = () => {
    while (returning.length > 0 && working < count) returning[0]?.()
  }
  const takeSlot = (): TakenSlot => {
    working += 1
    let state: 'working' | 'waiting' | 'free' = 'working'
    const giveBack = () => {
      if (state === 'working') working -= 1
      else if (state === 'waiting') waiting -= 1
      state = 'free'
      admit()
    }
    return {
      leave() {
        if (state !== 'working') return
        state = 'waiting'
        working -= 1
        waiting += 1
        admit()
        onChange()
      },
      enter(signal) {
        return new Promise<void>((resolve) => {
          const comeBack = () => {
            signal.removeEventListener('abort', comeBack)
            const index = returning.indexOf(comeBack)
            if (index >= 0) returning.splice(index, 1)
            if (state === 'waiting') {
              state = 'working'
              waiting -= 1
              working += 1
            }
            resolve()
          }
          // Aborted: no slot is needed to stop. Over: there is none to come back to.
          if (signal.aborted || state !== 'waiting') return comeBack()
          signal.addEventListener('abort', comeBack, { once: true })
          returning.push(comeBack)
          admit()
        })
      },
      free() {
        if (state === 'free') return
        giveBack()
        onChange()
      },
      return() {
        if (state !== 'free') giveBack()
      },
      mayGoOn: () => state === 'working' && returning.length === 0,
    }
  }
  return {
    allowed: () => count + waiting,
    take: () => (working < count ? takeSlot() : null),
    areTaken: () => working >= count,
  }
}
