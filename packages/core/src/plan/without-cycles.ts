import { closedCycle, cycles } from './cycles.ts'
import { indexTasks } from './index-tasks.ts'
import { layersOf } from './layers.ts'
import { LiveGraph } from './live-graph.ts'
import type { PlanTask, Problem } from './plan.ts'

/** Dependencies that stand or fall together. */
export interface EdgeGroup {
  readonly task: string
  readonly dependsOn: readonly string[]
}

/**
 * Takes the groups one after the other and leaves out each that would close a cycle with the tasks and
 * the groups taken before; says which cycle. Dependencies that name nobody, or the task itself, close
 * none. Costs one pass over the graph when all groups fit, else for each dependency at most what stands
 * between its two tasks. Tasks that wait for each other without any group let none in.
 */
export function withoutCycles<Group extends EdgeGroup>(
  tasks: readonly PlanTask[],
  groups: readonly Group[],
): { readonly taken: Group[]; readonly leftOut: { group: Group; problem: Problem }[] } {
  if (isAcyclic(tasks, groups)) return { taken: [...groups], leftOut: [] }
  const taken: Group[] = []
  const leftOut: { group: Group; problem: Problem }[] = []
  const { index } = indexTasks(tasks)
  const { order } = layersOf(index)
  if (order.length < index.size) {
    const [problem] = cycles(index)
    return { taken, leftOut: groups.map((group) => ({ group, problem: problem! })) }
  }
  const graph = new LiveGraph(index, order)
  for (const group of groups) {
    const cycle = connected(graph, index.positions, group)
    if (cycle === undefined) taken.push(group)
    else leftOut.push({ group, problem: closedCycle(cycle.map((task) => index.ids[task]!)) })
  }
  return { taken, leftOut }
}

/** Connects a whole group, or nothing of it and returns the cycle. */
function connected(
  graph: LiveGraph,
  positions: ReadonlyMap<string, number>,
  { task: id, dependsOn }: EdgeGroup,
): number[] | undefined {
  const task = positions.get(id)
  if (task === undefined) return undefined
  const connectedNow: number[] = []
  for (const name of dependsOn) {
    const dependency = positions.get(name)
    if (dependency === undefined || dependency === task || graph.has(task, dependency)) continue
    const cycle = graph.connect(task, dependency)
    if (cycle === undefined) connectedNow.push(dependency)
    else {
      for (const other of connectedNow) graph.disconnect(task, other)
      return cycle
    }
  }
  return undefined
}

function isAcyclic(tasks: readonly PlanTask[], groups: readonly EdgeGroup[]): boolean {
  const added = new Map<string, string[]>()
  for (const { task, dependsOn } of groups) {
    const list = added.get(task)
    if (list === undefined) added.set(task, [...dependsOn])
    else list.push(...dependsOn)
  }
  const { index } = indexTasks(
    tasks.map((task) => {
      const more = added.get(task.id)
      return more === undefined
        ? task
        : { ...task, dependsOn: [...(task.dependsOn ?? []), ...more] }
    }),
  )
  return layersOf(index).order.length === index.size
}
