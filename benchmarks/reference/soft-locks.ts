// Dispatch with soft locks: a task does not start beside one it is predicted to conflict with.

export interface LockWorld {
  readonly durations: readonly number[]
  readonly workers: number
  /** In the order in which tasks are offered. */
  readonly order: readonly number[]
  readonly locked: (one: number, other: number) => boolean
  /** Whether two tasks really touch a common file. */
  readonly collide: (one: number, other: number) => boolean
}

/**
 * The time, its bound max(work / workers, longest task), and the share of tasks that started beside
 * one they collide with.
 */
export function softLocks({ durations, workers, order, locked, collide }: LockWorld) {
  const waiting = [...order]
  let running: { task: number; end: number }[] = []
  let collided = 0
  let now = 0
  while (waiting.length > 0 || running.length > 0) {
    for (;;) {
      const at =
        running.length < workers
          ? waiting.findIndex((task) => !running.some((other) => locked(task, other.task)))
          : -1
      if (at === -1) break
      const [task] = waiting.splice(at, 1) as [number]
      if (running.some((other) => collide(task, other.task))) collided += 1
      running.push({ task, end: now + durations[task]! })
    }
    now = Math.min(...running.map(({ end }) => end))
    running = running.filter(({ end }) => end > now)
  }
  const work = durations.reduce((sum, one) => sum + one, 0)
  const bound = Math.max(work / workers, ...durations)
  return { time: now, bound, collided: collided / durations.length }
}

/** A generator of numbers from 0 to 1 that a seed decides (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Log-normal with mean of logarithms 0 and the given deviation (Box and Muller 1958). */
export function logNormal(random: () => number, deviation: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()))
  return Math.exp(deviation * radius * Math.cos(2 * Math.PI * random()))
}
