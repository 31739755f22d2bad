import type { TaskIndex } from './index-tasks.ts'

/**
 * The sets of two or more tasks that all wait for each other, each in input order, the set with the
 * earliest task first. Tarjan (1972) with a stack of its own instead of recursion, so that a chain of
 * a million tasks is harmless.
 */
export function stronglyConnected(index: TaskIndex): number[][] {
  const { size, dependencyOffsets, dependencies } = index
  const found: number[][] = []
  const visit = new Int32Array(size)
  const lowest = new Int32Array(size)
  const nextEdge = new Int32Array(size)
  const settled = new Uint8Array(size)
  const path = new Int32Array(size)
  const members = new Int32Array(size)
  let visits = 0
  let depth = 0
  let open = 0

  for (let root = 0; root < size; root++) {
    if (visit[root] !== 0) continue
    path[depth++] = root
    while (depth > 0) {
      const task = path[depth - 1]!
      if (visit[task] === 0) {
        visit[task] = lowest[task] = ++visits
        nextEdge[task] = dependencyOffsets[task]!
        members[open++] = task
      }
      if (nextEdge[task]! < dependencyOffsets[task + 1]!) {
        const dependency = dependencies[nextEdge[task]!++]!
        if (visit[dependency] === 0) path[depth++] = dependency
        else if (settled[dependency] === 0) lower(task, visit[dependency]!)
        continue
      }
      depth--
      if (depth > 0) lower(path[depth - 1]!, lowest[task]!)
      if (lowest[task] === visit[task]) {
        const begin = members.lastIndexOf(task, open - 1)
        for (let at = begin; at < open; at++) settled[members[at]!] = 1
        if (open - begin > 1) found.push(Array.from(members.subarray(begin, open)))
        open = begin
      }
    }
  }
  for (const tasks of found) tasks.sort((left, right) => left - right)
  return found.sort((left, right) => left[0]! - right[0]!)

  function lower(task: number, value: number) {
    if (value < lowest[task]!) lowest[task] = value
  }
}
