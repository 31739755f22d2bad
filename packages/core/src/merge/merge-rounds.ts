import type {
  AttemptStatus,
  ErrorClass,
  Failure,
  ProjectSettings,
  Task,
  WorkOrder,
} from '../staging/state.ts'

/** How often verified work goes back to its owner before somebody else looks at it. */
export const usualMergeRounds = 3

/** Who takes up work that came back from the merge queue. */
export type Role = 'owner' | 'review'

/**
 * Whether an attempt that fails like this comes back from the merge queue: it contradicts what has
 * landed meanwhile, or is red together with it. Others have changed the ground, so it charges nobody,
 * and has a limit of its own.
 */
export function isMergeRound(status: AttemptStatus, failure: ErrorClass): boolean {
  return status === 'merging' && (failure === 'merge-conflict' || failure === 'gate-failed')
}

/** The role of the next attempt of this work order: a review once the owner has had its rounds. */
export function roleOf(
  { mergeRounds }: Pick<WorkOrder, 'mergeRounds'>,
  { mergeRounds: most = usualMergeRounds }: Pick<ProjectSettings, 'mergeRounds'>,
): Role {
  return mergeRounds >= most ? 'review' : 'owner'
}

/** Whether a person is asked, after so many rounds: the review has had one too. */
export function asksPerson(
  rounds: number,
  { mergeRounds: most = usualMergeRounds }: Pick<ProjectSettings, 'mergeRounds'>,
): boolean {
  return rounds > most
}

/** What the person is asked. */
export function roundsQuestion(code: string, rounds: number, failure: Failure): string {
  return `Task "${code}" came back from the merge queue ${rounds} times, the last time from a review: ${failure.message} What should be done? The next attempt is told your answer.`
}

/** What a worker must be able to do for the next attempt of a task: a review may need more. */
export function neededFor(
  { capabilities }: Pick<Task, 'capabilities'>,
  order: Pick<WorkOrder, 'mergeRounds'> | undefined,
  settings: Pick<ProjectSettings, 'mergeRounds' | 'reviewCapability'>,
): Pick<Task, 'capabilities'> {
  const { reviewCapability } = settings
  if (reviewCapability === undefined || order === undefined) return { capabilities }
  if (roleOf(order, settings) === 'owner' || capabilities.includes(reviewCapability)) {
    return { capabilities }
  }
  return { capabilities: [...capabilities, reviewCapability] }
}
