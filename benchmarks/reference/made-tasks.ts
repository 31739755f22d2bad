import type { PlanTask } from '@cueline/core/planner'

export const shapes = ['random', 'deep', 'wide', 'chain', 'star'] as const
export type Shape = (typeof shapes)[number]

/**
 * Tasks of one shape, the same for the same seed, in shuffled order: `random` waits for three tasks
 * anywhere before, `deep` for three of the last ten, `wide` for three of the layer before (of 1 000
 * tasks, fewer in small plans), `chain` for the one before, `star` all for the first.
 */
export function madeTasks(shape: Shape, size: number, seed = 1): PlanTask[] {
  const random = generator(seed)
  const width = Math.min(1_000, Math.ceil(Math.sqrt(size)) * 10)
  const before = (at: number): number[] => {
    if (at === 0) return []
    if (shape === 'chain') return [at - 1]
    if (shape === 'star') return [0]
    if (shape === 'random') return three(() => random(at))
    if (shape === 'deep') return three(() => at - 1 - random(Math.min(10, at)))
    const layer = Math.floor(at / width)
    return layer === 0 ? [] : three(() => (layer - 1) * width + random(width))
  }
  const tasks: PlanTask[] = []
  for (let at = 0; at < size; at++) {
    tasks.push({
      id: `task-${at}`,
      dependsOn: before(at).map((other) => `task-${other}`),
      estimate: 1 + random(20),
    })
  }
  for (let at = size - 1; at > 0; at--) {
    const other = random(at + 1)
    const task = tasks[at]!
    tasks[at] = tasks[other]!
    tasks[other] = task
  }
  return tasks
}

/** Three different numbers where three tries give them. */
function three(pick: () => number): number[] {
  return [...new Set([pick(), pick(), pick()])]
}

/** Mulberry32, by Tommy Ettinger (public domain): whole numbers below `limit`. */
export function generator(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}
