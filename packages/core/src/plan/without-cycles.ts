import { cycles } from './cycles.ts'
import { indexTasks } from './index-tasks.ts'
import { layersOf } from './layers.ts'
import type { PlanTask, Problem } from './plan.ts'

/** Dependencies that stand or fall together. */
export interface EdgeGroup {
  readonly task: string
  readonly dependsOn: readonly string[]
}

/**
 * Takes the groups one after the other and leaves out each that would close a cycle with the tasks and
 * the groups taken before; says which cycle. The first that does not fit is found by halving, so the
 * time is one pass over the graph, and some twenty more for each group left out.
 */
export function withoutCycles<Group extends EdgeGroup>(
  tasks: readonly PlanTask[],
  groups: readonly Group[],
): { readonly taken: Group[]; readonly leftOut: { group: Group; problem: Problem }[] } {
  const taken: Group[] = []
  const leftOut: { group: Group; problem: Problem }[] = []
  let open = groups
  for (;;) {
    if (isAcyclic(tasks, taken, open)) return { taken: taken.concat(open), leftOut }
    let fits = 0
    let tooMany = open.length
    while (tooMany - fits > 1) {
      const middle = (fits + tooMany) >> 1
      if (isAcyclic(tasks, taken, open.slice(0, middle))) fits = middle
      else tooMany = middle
    }
    const { index } = graphWith(tasks, [...taken, ...open.slice(0, tooMany)])
    leftOut.push({ group: open[fits]!, problem: cycles(index)[0]! })
    taken.push(...open.slice(0, fits))
    open = open.slice(tooMany)
  }
}

function isAcyclic(
  tasks: readonly PlanTask[],
  taken: readonly EdgeGroup[],
  more: readonly EdgeGroup[],
): boolean {
  const { index } = graphWith(tasks, [...taken, ...more])
  return layersOf(index).order.length === index.size
}

function graphWith(tasks: readonly PlanTask[], groups: readonly EdgeGroup[]) {
  const added = new Map<string, string[]>()
  for (const { task, dependsOn } of groups) {
    const list = added.get(task)
    if (list === undefined) added.set(task, [...dependsOn])
    else list.push(...dependsOn)
  }
  return indexTasks(
    tasks.map((task) => {
      const more = added.get(task.id)
      return more === undefined
        ? task
        : { ...task, dependsOn: [...(task.dependsOn ?? []), ...more] }
    }),
  )
}
