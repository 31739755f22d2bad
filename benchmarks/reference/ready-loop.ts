import type { PlanTask } from '@cueline/core/planner'

/**
 * The least that running tasks in dependency order can cost: a ready list on plain counters, at
 * most `slots` at once, nothing stored and nothing told.
 */
export async function readyLoop(
  tasks: readonly PlanTask[],
  slots: number,
  work: (task: PlanTask) => Promise<unknown>,
): Promise<void> {
  const position = new Map(tasks.map((task, index) => [task.id, index]))
  const open = new Int32Array(tasks.length)
  const dependents: number[][] = tasks.map(() => [])
  tasks.forEach((task, index) => {
    for (const edge of task.dependsOn ?? []) {
      const target = position.get(typeof edge === 'string' ? edge : edge.task)
      if (target === undefined) continue
      open[index] = (open[index] ?? 0) + 1
      dependents[target]?.push(index)
    }
  })
  const ready: number[] = []
  for (let index = 0; index < tasks.length; index += 1) if (open[index] === 0) ready.push(index)
  let next = 0
  let running = 0
  await new Promise<void>((resolve, reject) => {
    const pump = () => {
      while (running < slots && next < ready.length) {
        const index = ready[next] as number
        next += 1
        running += 1
        work(tasks[index] as PlanTask).then(() => {
          running -= 1
          for (const dependent of dependents[index] ?? []) {
            open[dependent] = (open[dependent] ?? 0) - 1
            if (open[dependent] === 0) ready.push(dependent)
          }
          pump()
        }, reject)
      }
      if (running === 0 && next === ready.length) resolve()
    }
    pump()
  })
}
