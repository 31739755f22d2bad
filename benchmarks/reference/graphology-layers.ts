// graphology as its documentation shows it: ids as keys, then graphology-dag's generations.
import type { PlanTask } from '@cueline/core/planner'
import { DirectedGraph } from 'graphology'
import { topologicalGenerations } from 'graphology-dag'

export function graphologyLayers(tasks: readonly PlanTask[]): string[][] {
  const graph = new DirectedGraph()
  for (const { id } of tasks) graph.addNode(id)
  for (const { id, dependsOn = [] } of tasks) {
    for (const dependency of dependsOn as readonly string[]) graph.addEdge(dependency, id)
  }
  return topologicalGenerations(graph)
}
