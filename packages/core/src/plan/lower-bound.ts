import type { TaskAnalysis } from './analyze-tasks.ts'
import { KeyedHeap } from './keyed-heap.ts'
import type { ConflictIndex } from './planned-conflicts.ts'
import type { Demands } from './serial-schedule.ts'

/**
 * Minutes that no schedule can beat: the critical path, and for each resource - workers are one - the
 * work that must be done with it over what there is of it. Whole minutes when all tasks take whole
 * minutes.
 */
export function simpleBound(
  { durations, criticalPath }: Pick<TaskAnalysis, 'durations' | 'criticalPath'>,
  work: number,
  workers: number,
  demands?: Demands,
): number {
  let bound = Math.max(criticalPath.length, work / workers)
  for (let kind = 0; kind < (demands?.kinds ?? 0); kind++) {
    const { kinds, units, capacities } = demands!
    let needed = 0
    for (let task = 0; task < durations.length; task++) {
      needed += durations[task]! * units[task * kinds + kind]!
    }
    if (needed > 0) bound = Math.max(bound, needed / capacities[kind]!)
  }
  return inWholeMinutes(durations, bound)
}

/**
 * The bound of Fernandez and Bussell (1973, "Bounds on the number of processors and time for
 * multiprocessor optimal schedules"): in a schedule as long as the critical path every task has its
 * earliest finish and its latest start, so between two moments a certain part of it must run. Where that
 * is more than the resource can do in between, every schedule is longer by the rest over the capacity.
 *
 * Looks at the intervals that begin at an earliest start, in large plans at some of them only, and end
 * where some task cannot hold out any longer. 0 when no interval tells more
 * than the critical path, and for plans of thousands of tasks.
 */
export function intervalBound(analysis: TaskAnalysis, demands: Demands): number {
  const { durations, finishes, tails, criticalPath } = analysis
  const size = durations.length
  if (size > mostTasks) return 0
  const { kinds, units, capacities } = demands
  const latest = tails.map((tail) => criticalPath.length - tail)
  const byLatest = Uint32Array.from(latest.keys()).sort(
    (one, other) => latest[one]! - latest[other]!,
  )
  const begins = new Float64Array(
    new Set(finishes.map((finish, task) => finish - durations[task]!)),
  ).sort()
  const step = Math.ceil((begins.length * size * kinds) / mostSteps)
  const members = new Int32Array(size)
  const ends = new Float64Array(size)
  let longest = 0
  for (let kind = 0; kind < kinds; kind++) {
    for (let nth = 0; nth < begins.length; nth += step) {
      longest = Math.max(longest, excess(kind, begins[nth]!))
    }
  }
  // Less than rounding can make of nothing is nothing.
  if (longest <= criticalPath.length * 1e-9) return 0
  return inWholeMinutes(durations, criticalPath.length + longest)

  /** By how much the work that must run from `begin` to some later moment is more than there is time. */
  function excess(kind: number, begin: number): number {
    let count = 0
    for (let nth = 0; nth < size; nth++) {
      const task = byLatest[nth]!
      const part = Math.min(durations[task]!, finishes[task]! - begin)
      if (part <= 0 || units[task * kinds + kind] === 0) continue
      ends[task] = Math.max(latest[task]!, begin) + part
      members[count++] = task
    }
    const byEnd = members.slice(0, count).sort((one, other) => ends[one]! - ends[other]!)
    let most = 0
    let work = 0
    let rate = 0
    let time = begin
    let entering = 0
    for (let nth = 0; nth < count; nth++) {
      const end = ends[byEnd[nth]!]!
      for (; entering < count; entering++) {
        const from = Math.max(latest[members[entering]!]!, begin)
        if (from >= end) break
        work += rate * (from - time)
        time = from
        rate += units[members[entering]! * kinds + kind]!
      }
      work += rate * (end - time)
      time = end
      rate -= units[byEnd[nth]! * kinds + kind]!
      most = Math.max(most, work / capacities[kind]! - (end - begin))
    }
    return most
  }
}

/**
 * Tasks that all conflict with each other run one after the other: the longest that one machine needs
 * for such a clique when it may interrupt them, each between its earliest start and the way behind it
 * (Jackson's preemptive schedule; Carlier 1982, "The one-machine sequencing problem"). Never less than
 * their sum, the least way before them and the least behind them together.
 *
 * Cliques are grown greedily, the longest task that fits next, from the tasks with the most work in
 * conflict with them; only some in large plans.
 */
export function cliqueBound(
  { durations, finishes, tails }: TaskAnalysis,
  { offsets, others }: ConflictIndex,
): number {
  const size = durations.length
  const meets = new Int32Array(size)
  const weights = durations.map((duration, task) => {
    const own = others.subarray(offsets[task], offsets[task + 1])
    return own.length === 0 ? -1 : own.reduce((sum, other) => sum + durations[other]!, duration)
  })
  const seeds = Uint32Array.from(weights.keys())
    .filter((task) => weights[task]! >= 0)
    .sort((one, other) => weights[other]! - weights[one]!)
  let steps = 0
  let longest = 0
  for (const seed of seeds) {
    if (weights[seed]! + finishes[seed]! <= longest && steps > mostSteps) break
    if (steps > 10 * mostSteps) break
    const clique = [seed]
    meet(seed, 1)
    const candidates = others
      .slice(offsets[seed], offsets[seed + 1])
      .sort((one, other) => durations[other]! - durations[one]!)
    for (const task of candidates) {
      if (meets[task] !== clique.length) continue
      clique.push(task)
      meet(task, 1)
    }
    for (const task of clique) meet(task, -1)
    longest = Math.max(longest, oneMachine(clique))
  }
  return inWholeMinutes(durations, longest)

  function meet(task: number, step: number): void {
    for (let at = offsets[task]!; at < offsets[task + 1]!; at++) meets[others[at]!]! += step
    steps += offsets[task + 1]! - offsets[task]!
  }

  function oneMachine(clique: number[]): number {
    const heads = clique.map((task) => finishes[task]! - durations[task]!)
    const byHead = [...clique.keys()].sort((one, other) => heads[one]! - heads[other]!)
    const remaining = clique.map((task) => durations[task]!)
    const behind = Float64Array.from(clique, (task, nth) => tails[task]! - remaining[nth]!)
    const ready = new KeyedHeap(
      behind.map((minutes) => -minutes),
      clique.length,
    )
    let time = 0
    let end = 0
    let next = 0
    while (next < clique.length || ready.size > 0) {
      if (ready.size === 0) time = Math.max(time, heads[byHead[next]!]!)
      while (next < clique.length && heads[byHead[next]!]! <= time) ready.push(byHead[next++]!)
      const nth = ready.first
      const arrival = next < clique.length ? heads[byHead[next]!]! : Infinity
      if (time + remaining[nth]! > arrival) {
        remaining[nth]! -= arrival - time
        time = arrival
        continue
      }
      time += remaining[nth]!
      ready.pop()
      end = Math.max(end, time + behind[nth]!)
    }
    return end
  }
}

/** Above this the bound is the critical path or the work, near enough. */
const mostTasks = 5_000
/** Some ten milliseconds. */
const mostSteps = 100_000

/** Sums in another order may differ in their last digit, so a little above a whole number is that number. */
function inWholeMinutes(durations: Float64Array, bound: number): number {
  return durations.every(Number.isInteger) ? Math.ceil(bound * (1 - 1e-12)) : bound
}
