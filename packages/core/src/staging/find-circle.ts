/**
 * Ids that wait for each other in a circle, each for the next and the last for the first; empty when
 * there is none. Linear in ids and edges, without recursion (Kahn's algorithm, then one walk along
 * what is left).
 */
export function findCircle<Id>(waitsFor: ReadonlyMap<Id, ReadonlySet<Id>>): readonly Id[] {
  const open = new Map<Id, number>()
  const dependents = new Map<Id, Id[]>()
  const free: Id[] = []
  for (const [id, targets] of waitsFor) {
    let count = 0
    for (const target of targets) {
      // What itself waits for nothing cannot be on a circle.
      if (!waitsFor.has(target)) continue
      count += 1
      const list = dependents.get(target)
      if (list === undefined) dependents.set(target, [id])
      else list.push(id)
    }
    open.set(id, count)
    if (count === 0) free.push(id)
  }
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    open.delete(id)
    for (const dependent of dependents.get(id) ?? []) {
      const left = (open.get(dependent) ?? 0) - 1
      open.set(dependent, left)
      if (left === 0) free.push(dependent)
    }
  }
  const visited = new Map<Id, number>()
  const path: Id[] = []
  // Everything left waits for something that is left, so the walk must meet itself.
  let [at] = open.keys()
  while (at !== undefined && !visited.has(at)) {
    visited.set(at, path.length)
    path.push(at)
    at = [...(waitsFor.get(at) ?? [])].find((target) => open.has(target))
  }
  return at === undefined ? [] : path.slice(visited.get(at))
}
