import process from 'node:process'

import { type PlanTask, trackTasks, type TrackedTasks } from '@cueline/core/planner'

import { collectGarbage, interleave, median } from './interleave.ts'
import { generator, madeTasks, type Shape } from './made-tasks.ts'
import { typedArrayPass } from './typed-array-pass.ts'

/** Milliseconds of one pass from scratch: what a change is compared with. */
export function passMs(tasks: readonly PlanTask[], rounds: number): number {
  return interleave([{ name: 'limit', run: () => typedArrayPass(tasks) }], rounds)[0]!.ms
}

/** CPU milliseconds of finishing one task and learning who is ready: the mean over whole plans. */
export function finishMs(shape: Shape, size: number, rounds: number): number {
  const tasks = madeTasks(shape, size)
  const copies = Math.max(1, Math.ceil(200_000 / size))
  const samples: number[] = []
  for (let round = 0; round < rounds; round++) {
    const plans = Array.from({ length: copies }, () => tracked(tasks))
    const { index, layers } = plans[0]!.analysis()
    const order = Array.from(layers.order, (task) => index.ids[task]!)
    collectGarbage()
    let ready = 0
    const before = process.threadCpuUsage()
    for (const plan of plans) {
      for (const id of order) {
        const finished = plan.finish(id)
        if (finished.ok) ready += finished.ready.length
      }
    }
    const { user, system } = process.threadCpuUsage(before)
    const behind = size - (layers.offsets[1] ?? 0)
    if (ready !== copies * behind) throw new Error(`${ready} tasks became ready of ${behind}.`)
    samples.push((user + system) / 1_000 / (copies * size))
  }
  return median(samples)
}

export interface DependencyFigures {
  readonly median: number
  readonly worst: number
  readonly refused: number
  readonly count: number
}

/**
 * Milliseconds of adding one dependency after the other between any two tasks, the cycle answer
 * included. The same in each round; the least time of an addition counts, since only others on this
 * machine make it longer.
 */
export function dependencyMs(
  tasks: readonly PlanTask[],
  pairs: readonly (readonly [string, string])[],
  rounds: number,
): DependencyFigures {
  const least = new Float64Array(pairs.length).fill(Infinity)
  let refused = 0
  for (let round = 0; round < rounds; round++) {
    const plan = tracked(tasks)
    refused = 0
    pairs.forEach(([task, dependsOn], nth) => {
      const before = performance.now()
      const { ok } = plan.addDependency(task, dependsOn)
      least[nth] = Math.min(least[nth]!, performance.now() - before)
      if (!ok) refused++
    })
  }
  return { median: median([...least]), worst: Math.max(...least), refused, count: pairs.length }
}

export function anyPairs(tasks: readonly PlanTask[], count: number): [string, string][] {
  const random = generator(7)
  return Array.from({ length: count }, () => {
    const task = random(tasks.length)
    const other = (task + 1 + random(tasks.length - 1)) % tasks.length
    return [tasks[task]!.id, tasks[other]!.id]
  })
}

/** Layers of two tasks, each waiting for both of the layer before: the paths double with each layer. */
export function ladder(layers: number): PlanTask[] {
  return Array.from({ length: 2 * layers }, (_, at) => {
    const below = at - (at % 2) - 2
    return {
      id: `task-${at}`,
      dependsOn: below < 0 ? [] : [`task-${below}`, `task-${below + 1}`],
      estimate: 1,
    }
  })
}

function tracked(tasks: readonly PlanTask[]): TrackedTasks {
  const result = trackTasks(tasks)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.tracked
}
