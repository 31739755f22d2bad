import type { Slice } from '../staging/slice.ts'
import type { Task } from '../staging/state.ts'
import type { DescribedTask } from './plan-choices.ts'

/** The tasks that are still to be done, by code; dependencies on settled ones are over. */
export function openTasks(slice: Slice): DescribedTask[] {
  return planTasksOf(slice, ({ status }) => status !== 'done' && status !== 'cancelled')
}

/** Tasks as the planner sees them, by code and in input order; it knows only dependencies among them. */
export function planTasksOf(slice: Slice, includes: (task: Task) => boolean): DescribedTask[] {
  const tasks = [...slice.tasks.values()]
    .filter(includes)
    .toSorted((a, b) => a.position - b.position)
  const codes = new Map(tasks.map((task) => [task.id, task.code]))
  return tasks.map((task) => ({
    id: task.code,
    title: task.title,
    description: task.description,
    dependsOn: (slice.dependencies.get(task.id) ?? []).flatMap((edge) => {
      const code = codes.get(edge.dependsOn)
      return code === undefined ? [] : [code]
    }),
    ...(task.estimate !== null && { estimate: task.estimate }),
    priority: task.priority,
    ...(task.epic !== null && { epic: task.epic }),
    ...(task.touches.length > 0 && { touches: task.touches }),
    ...(task.touched !== null && { touched: task.touched.paths }),
    ...(Object.keys(task.resources).length > 0 && { resources: task.resources }),
  }))
}
