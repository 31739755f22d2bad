import type { Priority, Task } from '../staging/state.ts'
import { compareText } from './compare-text.ts'

/** What decides who is claimed first. */
export type ClaimRank = Pick<Task, 'id' | 'priority' | 'stagePriority' | 'tail' | 'position'>

const priorityRank: Readonly<Record<Priority, number>> = { high: 0, normal: 1, low: 2 }

/**
 * The one order of claims: priority class, stage priority (higher first), urgency by the plan, position;
 * the id only makes the order total.
 */
export function compareClaims(left: ClaimRank, right: ClaimRank): number {
  return (
    priorityRank[left.priority] - priorityRank[right.priority] ||
    right.stagePriority - left.stagePriority ||
    right.tail - left.tail ||
    left.position - right.position ||
    compareText(left.id, right.id)
  )
}
