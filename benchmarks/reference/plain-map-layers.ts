// What most people write: Kahn's algorithm on Maps and arrays of strings.
import type { PlanTask } from '@cueline/core/planner'

export function plainMapLayers(tasks: readonly PlanTask[]): string[][] {
  const open = new Map<string, number>()
  const dependents = new Map<string, string[]>()
  for (const { id, dependsOn = [] } of tasks) {
    open.set(id, dependsOn.length)
    for (const dependency of dependsOn as readonly string[]) {
      const list = dependents.get(dependency)
      if (list === undefined) dependents.set(dependency, [id])
      else list.push(id)
    }
  }
  const layers: string[][] = []
  let layer = tasks.filter(({ id }) => open.get(id) === 0).map(({ id }) => id)
  while (layer.length > 0) {
    layers.push(layer)
    const next: string[] = []
    for (const id of layer) {
      for (const dependent of dependents.get(id) ?? []) {
        const left = open.get(dependent)! - 1
        open.set(dependent, left)
        if (left === 0) next.push(dependent)
      }
    }
    layer = next
  }
  return layers
}
