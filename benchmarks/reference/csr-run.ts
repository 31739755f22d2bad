import type { PlanTask } from '@cueline/core/planner'
import { csrOf } from './typed-array-pass.ts'

/**
 * The limit of running tasks in dependency order: the ready set on typed arrays, its graph built here
 * too, at most `slots` at once, nothing stored and nothing told.
 */
export async function csrRun(
  tasks: readonly PlanTask[],
  slots: number,
  work: (task: PlanTask) => Promise<unknown>,
): Promise<void> {
  const { size, incoming, offsets, targets } = csrOf(tasks)
  const open = incoming.slice()
  const ready = new Int32Array(size)
  let placed = 0
  let next = 0
  for (let task = 0; task < size; task++) if (open[task] === 0) ready[placed++] = task
  const runSlot = async () => {
    while (next < placed) {
      const task = ready[next++]!
      await work(tasks[task]!)
      const last = offsets[task + 1]!
      for (let edge = offsets[task]!; edge < last; edge++) {
        const target = targets[edge]!
        if (--open[target]! === 0) {
          ready[placed++] = target
          if (free > 0) start()
        }
      }
    }
  }
  let free = slots
  const running = new Set<Promise<void>>()
  const start = () => {
    free -= 1
    const slot: Promise<void> = runSlot().then(() => {
      free += 1
      running.delete(slot)
    })
    running.add(slot)
  }
  while (free > 0 && slots - free < placed) start()
  while (running.size > 0) await Promise.all(running)
  if (next < size) throw new Error(`Only ${next} of ${size} tasks were run.`)
}
