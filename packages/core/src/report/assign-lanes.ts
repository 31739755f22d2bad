import type { AttemptId } from '../id.ts'
import type { Attempt } from '../staging/state.ts'

/**
 * Lanes 0, 1, 2 … for a picture of what ran beside what: each attempt, by its start, takes the
 * lowest lane that is free. An attempt that has not ended keeps its lane.
 */
export function assignLanes(attempts: readonly Attempt[]): ReadonlyMap<AttemptId, number> {
  const freeFrom: number[] = []
  const lanes = new Map<AttemptId, number>()
  for (const attempt of attempts.toSorted((a, b) => a.startedAt - b.startedAt)) {
    const free = freeFrom.findIndex((at) => at <= attempt.startedAt)
    const lane = free < 0 ? freeFrom.length : free
    freeFrom[lane] = attempt.endedAt ?? Number.POSITIVE_INFINITY
    lanes.set(attempt.id, lane)
  }
  return lanes
}
