import type { TaskId } from '../id.ts'
import type { PlanTask } from '../plan/plan.ts'
import { planTasks } from '../plan/plan-tasks.ts'
import type { Slice } from '../staging/slice.ts'

/**
 * What stages would have cost: the durations that the tasks really took (milliseconds), replayed for
 * the same workers in batches that wait for each other, over the same without barriers, minus 1.
 * Counts the tasks that are done; one that a person marked done took no time. null when nothing took
 * any time. Below zero is possible: a greedy schedule without barriers is good, not perfect.
 */
export function barrierTax(
  { tasks, dependencies }: Slice,
  actualMs: ReadonlyMap<TaskId, number>,
  workers: number,
): number | null {
  const done = new Set<TaskId>()
  for (const task of tasks.values()) if (task.status === 'done') done.add(task.id)
  const replayed = [...tasks.values()]
    .filter((task) => done.has(task.id))
    .sort((a, b) => a.position - b.position)
    .map((task): PlanTask => ({
      id: task.id,
      estimate: (actualMs.get(task.id) ?? 0) / msPerMinute,
      dependsOn: (dependencies.get(task.id) ?? [])
        .map((edge) => edge.dependsOn)
        .filter((id) => done.has(id)),
    }))
  const result = planTasks(replayed, { workers: Math.max(1, workers) })
  if (!result.ok || result.plan.makespan === 0) return null
  return result.plan.barrierMakespan.stage / result.plan.makespan - 1
}

const msPerMinute = 60_000
