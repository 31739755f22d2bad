import type { PlanTask } from './plan.ts'
import { dependencyIds } from './task-graph.arbitrary.ts'

/**
 * The shortest makespan of all, by brute force: every order that respects dependencies, each task at
 * the earliest whole minute at which a worker is free for all of it and nothing runs that it conflicts
 * with. For a handful of tasks only.
 */
export function shortestMakespan(
  tasks: readonly PlanTask[],
  workers: number,
  conflicts: readonly { readonly tasks: readonly [string, string] }[] = [],
): number {
  const durations = tasks.map(({ estimate }) => estimate as number)
  const position = new Map(tasks.map(({ id }, at) => [id, at]))
  const before = tasks.map((task) => dependencyIds(task).map((id) => position.get(id)!))
  const apart = tasks.map(({ id }) =>
    conflicts.flatMap(({ tasks: [one, other] }) =>
      one === id ? [position.get(other)!] : other === id ? [position.get(one)!] : [],
    ),
  )
  const finishes = durations.map(() => -1)
  const busy: number[] = Array.from({ length: durations.reduce((a, b) => a + b, 0) + 1 }, () => 0)
  let best = Infinity
  place(0, 0)
  return best

  function place(placed: number, latest: number) {
    if (latest >= best) return
    if (placed === tasks.length) best = latest
    for (let task = 0; task < tasks.length; task++) {
      if (finishes[task]! >= 0 || before[task]!.some((other) => finishes[other]! < 0)) continue
      let start = Math.max(0, ...before[task]!.map((other) => finishes[other]!))
      while (!isFree(start, start + durations[task]!) || meets(task, start)) start++
      const finish = start + durations[task]!
      for (let time = start; time < finish; time++) busy[time]!++
      finishes[task] = finish
      place(placed + 1, Math.max(latest, finish))
      finishes[task] = -1
      for (let time = start; time < finish; time++) busy[time]!--
    }
  }

  function meets(task: number, start: number): boolean {
    return apart[task]!.some((other) => {
      const finish = finishes[other]!
      return finish > start && finish - durations[other]! < start + durations[task]!
    })
  }

  function isFree(start: number, finish: number): boolean {
    for (let time = start; time < finish; time++) if (busy[time]! >= workers) return false
    return true
  }
}

/** One of each kind of directed acyclic graph with `size` tasks, names aside: for each task what it waits for. */
export function allGraphs(size: number): number[][][] {
  const pairs = Array.from({ length: size }, (_, to) =>
    Array.from({ length: to }, (__, from) => [from, to] as const),
  ).flat()
  const bitOf = (from: number, to: number) => 1 << ((to * (to - 1)) / 2 + from)
  const orders = permutations(size)
  const seen = new Uint8Array(2 ** pairs.length)
  const graphs: number[][][] = []
  for (let graph = 0; graph < seen.length; graph++) {
    if (seen[graph] === 1) continue
    const edges = pairs.filter(([from, to]) => (graph & bitOf(from, to)) !== 0)
    for (const order of orders) {
      let other = 0
      for (const [from, to] of edges) {
        if (order[from]! > order[to]!) {
          other = -1
          break
        }
        other |= bitOf(order[from]!, order[to]!)
      }
      if (other >= 0) seen[other] = 1
    }
    graphs.push(
      Array.from({ length: size }, (_, task) =>
        edges.flatMap(([from, to]) => (to === task ? [from] : [])),
      ),
    )
  }
  return graphs
}

function permutations(size: number): number[][] {
  if (size === 0) return [[]]
  return permutations(size - 1).flatMap((shorter) =>
    Array.from({ length: size }, (_, at) => shorter.toSpliced(at, 0, size - 1)),
  )
}
