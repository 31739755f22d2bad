import type { TaskIndex } from './index-tasks.ts'
import type { Schedule } from './list-schedule.ts'
import type { PlanLane } from './plan.ts'

type LaneState = 'free' | 'chosen' | 'busy'

/**
 * The lane of each task of a schedule. Whatever lane is free will do, so no time changes: a task takes,
 * of the free ones, that on which the last of its dependencies finished - the workspace holds what it
 * builds on -, else one that served its epic last, else the one that was left longest ago, and a new one
 * only when there is none. Of tasks that start together, those that go on with the epic of their lane
 * choose first. What takes no time needs a lane that is free at that moment, but does not take it.
 *
 * Uses as many lanes as tasks run at once. Takes time linear in tasks and dependencies.
 */
export function assignLanes(
  { size, dependencyOffsets, dependencies }: TaskIndex,
  durations: Float64Array,
  { starts, order, finished }: Schedule,
  epicOf: (task: number) => string | undefined,
): Int32Array {
  const lanes = new Int32Array(size).fill(-1)
  /** By lane: how often it was taken, the epic it serves or served last, and who has it. */
  const taken: number[] = []
  const served: (string | undefined)[] = []
  const state: LaneState[] = []
  /** Lanes in the order in which they were left; an entry is stale when its lane was taken since. */
  const left = new Int32Array(size)
  const leftAfter = new Int32Array(size)
  const leftByEpic = new Map<string, number[]>()
  let leaves = 0
  let longest = 0
  let nextToFinish = 0

  for (let begin = 0, end = 0; begin < size; begin = end) {
    const time = starts[order[begin]!]!
    while (end < size && starts[order[end]!] === time) end++
    leaveUntil(time)
    if (end - begin > 1) choose(begin, end, ofBaseAndEpic)
    choose(begin, end, ofBase)
    choose(begin, end, ofEpic)
    choose(begin, end, longestLeft)
    let chooser = begin
    for (let nth = begin; nth < end; nth++) {
      const task = order[nth]!
      if (takesTime(task)) {
        state[lanes[task]!] = 'busy'
        continue
      }
      let lane = baseOf(task)
      if (lane < 0 || state[lane] === 'busy') lane = peekLongestLeft()
      for (chooser = Math.max(chooser, nth); lane < 0 && chooser < end; chooser++) {
        if (takesTime(order[chooser]!)) lane = lanes[order[chooser--]!]!
      }
      if (lane < 0) leave((lane = open()))
      lanes[task] = lane
    }
  }
  return lanes

  /** A little after a long time is nothing, too. */
  function takesTime(task: number): boolean {
    return starts[task]! + durations[task]! > starts[task]!
  }

  function choose(begin: number, end: number, wanted: (task: number) => number): void {
    for (let nth = begin; nth < end; nth++) {
      const task = order[nth]!
      if (lanes[task]! >= 0 || !takesTime(task)) continue
      const lane = wanted(task)
      if (lane < 0) continue
      lanes[task] = lane
      taken[lane]!++
      state[lane] = 'chosen'
      served[lane] = epicOf(task)
    }
  }

  /** The lane where the last of its dependencies finished, of equal ones the earliest task; or -1. */
  function baseOf(task: number): number {
    const end = dependencyOffsets[task + 1]!
    let base = -1
    let latest = -1
    for (let edge = dependencyOffsets[task]!; edge < end; edge++) {
      const before = dependencies[edge]!
      const finish = starts[before]! + durations[before]!
      if (finish < latest || (finish === latest && before > base)) continue
      latest = finish
      base = before
    }
    return base < 0 ? -1 : lanes[base]!
  }

  function ofBase(task: number): number {
    const lane = baseOf(task)
    return lane >= 0 && state[lane] === 'free' ? lane : -1
  }

  function ofBaseAndEpic(task: number): number {
    const lane = ofBase(task)
    return lane >= 0 && served[lane] === epicOf(task) ? lane : -1
  }

  function ofEpic(task: number): number {
    const epic = epicOf(task)
    const entries = epic === undefined ? undefined : leftByEpic.get(epic)
    while (entries !== undefined && entries.length > 0) {
      const entry = entries.pop()!
      if (leftAfter[entry] === taken[left[entry]!]) return left[entry]!
    }
    return -1
  }

  function longestLeft(): number {
    const lane = peekLongestLeft()
    return lane < 0 ? open() : lane
  }

  function peekLongestLeft(): number {
    while (longest < leaves && leftAfter[longest] !== taken[left[longest]!]) longest++
    return longest < leaves ? left[longest]! : -1
  }

  function open(): number {
    taken.push(0)
    served.push(undefined)
    state.push('free')
    return taken.length - 1
  }

  function leave(lane: number): void {
    left[leaves] = lane
    leftAfter[leaves++] = taken[lane]!
  }

  function leaveUntil(time: number): void {
    for (; nextToFinish < size; nextToFinish++) {
      const task = finished[nextToFinish]!
      if (starts[task]! + durations[task]! > time) return
      if (!takesTime(task)) continue
      const lane = lanes[task]!
      state[lane] = 'free'
      const epic = served[lane]
      if (epic !== undefined) {
        const entries = leftByEpic.get(epic)
        if (entries === undefined) leftByEpic.set(epic, [leaves])
        else entries.push(leaves)
      }
      leave(lane)
    }
  }
}

/** What each lane is used for. */
export function lanesOf(
  { ids }: TaskIndex,
  durations: Float64Array,
  { order }: Schedule,
  lanes: Int32Array,
  epicOf: (task: number) => string | undefined,
): PlanLane[] {
  const result: PlanLane[] = []
  const epics: Set<string>[] = []
  for (let nth = 0; nth < order.length; nth++) {
    const task = order[nth]!
    const lane = lanes[task]!
    while (result.length <= lane) {
      result.push({ lane: result.length, tasks: [], epics: [], busy: 0 })
      epics.push(new Set())
    }
    const used = result[lane]!
    used.tasks.push(ids[task]!)
    used.busy += durations[task]!
    const epic = epicOf(task)
    if (epic !== undefined) epics[lane]!.add(epic)
  }
  for (const [lane, used] of result.entries()) used.epics = [...epics[lane]!]
  return result
}
