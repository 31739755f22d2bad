import type { TaskIndex } from './index-tasks.ts'
import type { ConflictIndex } from './planned-conflicts.ts'
import type { Random } from './random.ts'
import type { ScheduleSearch } from './schedule-search.ts'
import { type Demands, serialSchedule } from './serial-schedule.ts'

/**
 * A genetic search for tasks that need units of resources, after Debels and Vanhoucke (2005, "A
 * bi-population based genetic algorithm for the RCPSP"; 2007, "A decomposition-based genetic algorithm
 * for the RCPSP").
 *
 * Two populations: schedules built from the start and schedules built from the end. A child of two
 * parents of one is built from the other side, first the tasks that its parents' schedule ends with, so
 * that every generation is justified at no extra cost (Valls, Ballestín and Quintanilla 2005,
 * "Justification and RCPSP: a technique that pays"). It has the order of its father inside a window of
 * time in which his schedule uses much of the resources - a peak (Valls, Ballestín and Quintanilla 2008,
 * "A hybrid genetic algorithm for the RCPSP") - and that of its mother around it.
 *
 * When both populations stand, every second round disturbs the schedule that a local search is at
 * instead, and justifies it twice; it moves on to what is at most a little longer. What it finds enters
 * the population too.
 */
export function geneticSearch(
  index: TaskIndex,
  durations: Float64Array,
  tails: Float64Array,
  demands: Demands,
  random: Random,
  apart?: ConflictIndex,
): ScheduleSearch {
  const { size } = index
  const {
    keys,
    starts: builtStarts,
    finishes,
    build,
  } = serialSchedule(index, durations, demands, apart)
  const most = demands.kinds > 1 ? 40 : 20
  const count = Math.max(4, Math.min(most, Math.floor(populationTasks / size)))
  /** Finishing times of both populations, each seen from the side it was built from. */
  const pool = new Float64Array(2 * count * size)
  const spans = new Float64Array(2 * count)
  const loads = loadsOf(size, demands)
  const mean = durations.reduce((sum, minutes) => sum + minutes, 0) / size
  const starts = new Float64Array(size)
  const here = new Float64Array(size)
  let hereSpan = Infinity
  let best = Infinity
  let turn = 0

  function round(): void {
    if (turn >= 2 * count && random() < 0.5) return walk()
    const member = turn % count
    const generation = Math.floor(turn / count)
    turn++
    if (generation === 0) {
      disturb(tails, -1, member === 0 ? 0 : 8 * mean * random(), 1)
      keep(member, forwards())
    } else if (generation === 1) {
      reverse(member * size)
      keep(count + member, build(true))
      if (turn === 2 * count) {
        here.set(starts)
        hereSpan = best
      }
    } else {
      const from = generation % 2 === 1 ? 0 : count
      const to = count - from
      mate(from + member, tournament(from))
      const makespan = to === 0 ? forwards() : build(true)
      if (makespan <= spans[to + member]!) keep(to + member, makespan)
    }
  }

  /** Writes the keys of a child of two members of one population. */
  function mate(one: number, other: number): void {
    const swapped = random() < 0.5
    const father = (swapped ? other : one) * size
    const mother = (swapped ? one : other) * size
    const span = spans[swapped ? other : one]!
    const length = span * (0.25 + 0.5 * random())
    const begin = peak(father, span, length)
    let same = true
    for (let task = 0; task < size; task++) {
      const his = pool[father + task]!
      const hers = pool[mother + task]!
      if (his !== hers) same = false
      if (his >= begin && his <= begin + length) keys[task] = -his
      else if (hers < begin) keys[task] = span - hers
      else if (hers > begin + length) keys[task] = -span - hers
      else keys[task] = -hers
    }
    const share = same ? 0.3 : 0.02
    for (let task = 0; task < size; task++) {
      if (random() < share) keys[task]! += (random() - 0.5) * 30 * mean
    }
  }

  /** Where the busiest of a few windows of this length begins. */
  function peak(member: number, span: number, length: number): number {
    let busiest = -1
    let result = 0
    for (let tries = 0; tries < 6; tries++) {
      const begin = random() * (span - length)
      const end = begin + length
      let load = 0
      for (let task = 0; task < size; task++) {
        const finish = pool[member + task]!
        const start = finish - durations[task]!
        const overlap = (finish < end ? finish : end) - (start > begin ? start : begin)
        if (overlap > 0) load += overlap * loads[task]!
      }
      if (load > busiest) {
        busiest = load
        result = begin
      }
    }
    return result
  }

  /** One step of the local search. */
  function walk(): void {
    disturb(here, 1, 80 * mean * random(), 0.03)
    forwards()
    for (let task = 0; task < size; task++) keys[task] = -finishes[task]!
    build(true)
    for (let task = 0; task < size; task++) keys[task] = -finishes[task]!
    const makespan = forwards()
    if (makespan <= hereSpan * (1 + 0.01 * random())) {
      here.set(builtStarts)
      hereSpan = makespan
    }
    let worst = 0
    for (let member = 1; member < count; member++) {
      if (spans[member]! > spans[worst]!) worst = member
    }
    if (makespan <= spans[worst]!) keep(worst, makespan)
  }

  function disturb(order: Float64Array, sign: number, scale: number, share: number): void {
    for (let task = 0; task < size; task++) {
      keys[task] = sign * order[task]!
      if (random() < share) keys[task]! += (random() - 0.5) * scale
    }
  }

  function reverse(member: number): void {
    for (let task = 0; task < size; task++) keys[task] = -pool[member + task]!
  }

  function forwards(): number {
    const makespan = build(false)
    if (makespan <= best) {
      best = makespan
      starts.set(builtStarts)
    }
    return makespan
  }

  function keep(member: number, makespan: number): void {
    pool.set(finishes, member * size)
    spans[member] = makespan
    if (member < count || makespan >= best) return
    // Turned round by subtraction its times would be off in the last digit; built again they are exact.
    reverse(member * size)
    forwards()
  }

  function tournament(from: number): number {
    const one = from + Math.floor(random() * count)
    const other = from + Math.floor(random() * count)
    return spans[one]! <= spans[other]! ? one : other
  }

  return {
    get makespan() {
      return best
    },
    starts,
    round,
  }
}

/** Keeps the memory of both populations below 10 MB for any plan of practical size. */
const populationTasks = 500_000

/** How much of the resources each task holds while it runs, in shares of their capacities. */
function loadsOf(size: number, { kinds, units, capacities }: Demands): Float64Array {
  const loads = new Float64Array(size)
  for (let task = 0; task < size; task++) {
    for (let kind = 0; kind < kinds; kind++) {
      if (capacities[kind]! > 0) loads[task]! += units[task * kinds + kind]! / capacities[kind]!
    }
  }
  return loads
}
