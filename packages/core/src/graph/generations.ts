import { topologicalGenerations } from 'graphology-dag'

import { CuelineError } from '../error.ts'
import type { TaskGraph } from './to-graph.ts'

/**
 * The layers of a task graph as graphology-dag finds them: ids, in input order inside each layer.
 * Throws `invalid-input` when tasks wait for each other; `planTasks` names them.
 */
export function generations(graph: TaskGraph): string[][] {
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
