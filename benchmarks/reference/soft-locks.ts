// Dispatch with soft locks: a task does not start beside one it is predicted to conflict with.

export interface LockWorld {
  readonly durations: readonly number[]
  readonly workers: number
  /** In the order in which tasks are offered. */
  readonly order: readonly number[]
  /** Which of the waiting tasks starts beside the running ones; undefined: none yet. */
  readonly next: (waiting: readonly number[], running: readonly number[]) => number | undefined
  /** Whether two tasks really touch a common file. */
  readonly collide: (one: number, other: number) => boolean
}

/**
 * The time, its bound max(work / workers, longest task), and the share of tasks that started beside
 * one they collide with.
 */
export function softLocks({ durations, workers, order, next, collide }: LockWorld) {
  const waiting = [...order]
  let running: { task: number; end: number }[] = []
  let collided = 0
  let now = 0
  while (waiting.length > 0 || running.length > 0) {
    while (running.length < workers && waiting.length > 0) {
      const beside = running.map((other) => other.task)
      const task = next(waiting, beside)
      if (task === undefined) break
      waiting.splice(waiting.indexOf(task), 1)
      if (beside.some((other) => collide(task, other))) collided += 1
      running.push({ task, end: now + durations[task]! })
    }
    now = Math.min(...running.map(({ end }) => end))
    running = running.filter(({ end }) => end > now)
  }
  const work = durations.reduce((sum, one) => sum + one, 0)
  const bound = Math.max(work / workers, ...durations)
  return { time: now, bound, collided: collided / durations.length }
}

/** The first task that is locked by none of the running ones. */
export function firstUnlocked(locked: (one: number, other: number) => boolean): LockWorld['next'] {
  return (waiting, running) => waiting.find((task) => !running.some((other) => locked(task, other)))
}

/**
 * Weighs each start: a task may start when the risk that it meets any running task is below
 * `threshold` times the number of idle workers, for the more of them idle, the dearer it is to wait.
 * Of those that may, the one starts whose mean risk with the other waiting tasks, which gets harder
 * to place later, less half the risk it takes now, is the greatest.
 */
export function weighedStart(
  chance: (one: number, other: number) => number,
  threshold: number,
  workers: number,
): LockWorld['next'] {
  return (waiting, running) => {
    const most = threshold * (workers - running.length)
    let best: number | undefined
    let mostWorth = Number.NEGATIVE_INFINITY
    for (const task of waiting) {
      const risk = 1 - running.reduce((none, other) => none * (1 - chance(task, other)), 1)
      if (running.length > 0 && risk >= most) continue
      const later = waiting.reduce(
        (sum, other) => sum + (other === task ? 0 : chance(task, other)),
        0,
      )
      const worth = later / Math.max(1, waiting.length - 1) - risk / 2
      if (worth <= mostWorth) continue
      mostWorth = worth
      best = task
    }
    return best
  }
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
