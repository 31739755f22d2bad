import type { TaskAnalysis } from './analyze-tasks.ts'
import { geneticSearch } from './genetic-search.ts'
import type { Schedule } from './list-schedule.ts'
import type { ConflictIndex } from './planned-conflicts.ts'
import { randomFrom } from './random.ts'
import { noDemands, withWorkers } from './resource-demands.ts'
import { scheduleOfStarts } from './schedule-of-starts.ts'
import type { ScheduleSearch } from './schedule-search.ts'
import type { Demands } from './serial-schedule.ts'
import { workerSearch } from './worker-search.ts'

export interface Improvement {
  /** What to beat, and the bound at which nothing more can be gained. */
  readonly schedule: Schedule
  readonly lowerBound: number
  readonly workers: number
  /** Fewer workers that may do better: what they find is good for all. */
  readonly fewer: readonly number[]
  readonly demands: Demands | undefined
  readonly apart: ConflictIndex | undefined
  readonly rounds: number
  readonly seed: number
  /** True when the time is over; asked before each round. */
  readonly isOver: () => boolean
}

/**
 * Tries `rounds` times to find a shorter schedule, or until one is as short as the bound or the time is
 * over. With the number of rounds it gives back the result is the same again.
 */
export function improveSchedule(
  { index, durations, tails, layers }: TaskAnalysis,
  { schedule, lowerBound, workers, fewer, demands, apart, rounds, seed, isOver }: Improvement,
): { schedule: Schedule; rounds: number } {
  const searches = [workers, ...fewer].map((count) =>
    searchFor(count, withWorkers(demands, index.size, count)),
  )
  let best: ScheduleSearch | undefined
  let { makespan } = schedule
  let done = 0
  while (done < rounds && makespan > lowerBound && !isOver()) {
    for (const search of searches) {
      search.round()
      if (search.makespan < makespan) {
        best = search
        makespan = search.makespan
      }
    }
    done++
  }
  return {
    schedule:
      best === undefined ? schedule : scheduleOfStarts(best.starts, durations, layers.order),
    rounds: done,
  }

  function searchFor(count: number, limits: Demands | undefined): ScheduleSearch {
    const random = randomFrom(seed)
    const lists = () => workerSearch(index, durations, tails, count, random, apart)
    if (limits === undefined && apart === undefined) return lists()
    const genetic = () => geneticSearch(index, durations, tails, limits ?? noDemands, random, apart)
    if (demands !== undefined) return genetic()
    return index.size > mostForGenetic ? lists() : inTurns(lists(), genetic())
  }
}

/** Building a schedule task by task takes time with the square of their number. */
const mostForGenetic = 2_000

function inTurns(one: ScheduleSearch, other: ScheduleSearch): ScheduleSearch {
  let turn = 0
  const better = () => (other.makespan < one.makespan ? other : one)
  return {
    get makespan() {
      return better().makespan
    },
    get starts() {
      return better().starts
    },
    round() {
      if (turn++ % 2 === 0) one.round()
      else other.round()
    },
  }
}
