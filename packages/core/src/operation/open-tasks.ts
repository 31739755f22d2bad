import type { PlanTask } from '../plan/index.ts'
import type { Slice } from '../staging/slice.ts'

/** The tasks that are still to be done, by code; dependencies on settled ones are over. */
export function openTasks(slice: Slice): PlanTask[] {
  const open = [...slice.tasks.values()]
    .filter((task) => task.status !== 'done' && task.status !== 'cancelled')
    .toSorted((a, b) => a.position - b.position)
  const codes = new Map(open.map((task) => [task.id, task.code]))
  return open.map((task) => ({
    id: task.code,
    title: task.title,
    dependsOn: (slice.dependencies.get(task.id) ?? []).flatMap((edge) => {
      const code = codes.get(edge.dependsOn)
      return code === undefined ? [] : [code]
    }),
    ...(task.estimate !== null && { estimate: task.estimate }),
    priority: task.priority,
    ...(task.epic !== null && { epic: task.epic }),
    ...(task.touches.length > 0 && { touches: task.touches }),
    ...(Object.keys(task.resources).length > 0 && { resources: task.resources }),
  }))
}
