import { topologicalGenerations } from 'graphology-dag'

import { CuelineError } from '../error.ts'
import { refusedInput, requireObject, requireText } from '../plan/require-input.ts'
import { shown } from '../plan/shown.ts'
import type { TaskGraph } from './to-graph.ts'

/**
 * The layers of a task graph as graphology-dag finds them: ids, in input order inside each layer.
 * Throws `invalid-input` for what `toGraph` cannot have made, and when tasks wait for each other;
 * `planTasks` names them.
 */
export function generations(graph: TaskGraph): string[][] {
  requireGraph(graph)
  return generationsOf(graph).map((keys) =>
    keys
      .map(Number)
      .sort((left, right) => left - right)
      .map((task) => graph.getNodeAttribute(String(task), 'id')),
  )
}

function generationsOf(graph: TaskGraph): string[][] {
  try {
    return topologicalGenerations(graph)
  } catch (cause) {
    throw new CuelineError(
      'invalid-input',
      'Some tasks of this graph wait for each other, so it has no layers. planTasks names them.',
      { cause },
    )
  }
}

/** A graph, of whichever copy of graphology, whose edges have a direction and whose nodes have ids. */
function requireGraph(graph: TaskGraph): void {
  requireObject('graph', graph, advice)
  if (typeof graph.forEachNode !== 'function') throw refusedInput('graph', graph, advice)
  if (graph.type !== 'directed') throw refusedInput('graph.type', graph.type, advice)
  graph.forEachNode((key, { id }) => requireText(`graph, node ${shown(key)}: id`, id, advice))
}

const advice = 'a graph that toGraph made'
