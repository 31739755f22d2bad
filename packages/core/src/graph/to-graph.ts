import { DirectedGraph } from 'graphology'

import { CuelineError } from '../error.ts'
import { indexTasks } from '../plan/index-tasks.ts'
import type { PlanTask } from '../plan/plan.ts'
import { plannedDurations } from '../plan/planned-durations.ts'
import { isLeftOut } from '../plan/require-input.ts'

export interface TaskNode {
  readonly id: string
  readonly title?: string
  readonly epic?: string
  /** Minutes; the mean of a range. */
  readonly estimate?: number
  // graphology asks for attributes that can hold anything.
  readonly [name: string]: unknown
}

export type TaskGraph = DirectedGraph<TaskNode>

/**
 * The tasks as a graphology graph, for its metrics, layouts and exports. Edges lead from a dependency
 * to what waits for it.
 *
 * A node's key is the position of its task in the input ("0", "1", …), never its id: graphology keeps
 * keys in plain objects, where ids such as `toString` or `__proto__` break it. The id is the attribute
 * `id`. Cycles are allowed; for a missing, double or illegal id or estimate it throws `invalid-input`. For the
 * cycle check use `planTasks`: graphology-dag's `hasCycle` and `willCreateCycle` may not come back.
 */
export function toGraph(tasks: readonly PlanTask[]): TaskGraph {
  const { index, problems: wrongTasks } = indexTasks(tasks)
  const problems = Array.isArray(tasks)
    ? wrongTasks.concat(plannedDurations(tasks).problems)
    : wrongTasks
  const [first] = problems
  if (first !== undefined) {
    const more = problems.length - 1
    const others =
      more > 0 ? ` ${more} more ${more === 1 ? 'problem' : 'problems'} stand in details.` : ''
    throw new CuelineError('invalid-input', `${first.message}${others}`, { details: { problems } })
  }
  const graph: TaskGraph = new DirectedGraph({ allowSelfLoops: false })
  for (let task = 0; task < index.size; task++) graph.addNode(String(task), nodeOf(tasks[task]!))
  for (let task = 0; task < index.size; task++) {
    const end = index.dependencyOffsets[task + 1]!
    for (let edge = index.dependencyOffsets[task]!; edge < end; edge++) {
      graph.addEdge(String(index.dependencies[edge]!), String(task))
    }
  }
  return graph
}

function nodeOf({ id, title, epic, estimate }: PlanTask): TaskNode {
  return {
    id,
    ...(title === undefined ? {} : { title }),
    ...(epic === undefined ? {} : { epic }),
    ...(isLeftOut(estimate)
      ? {}
      : { estimate: typeof estimate === 'number' ? estimate : (estimate.min + estimate.max) / 2 }),
  }
}
