import type { CuelineError } from '../error.ts'
import type { Failure } from '../staging/state.ts'
import type { EngineContext } from './context.ts'
import type { MergeCandidate } from './merge-candidate.ts'
import { isMoved, mergeInTurn, type SettledMerge, TurnLost } from './merge-group.ts'
import type { JoinedMerge } from './merge-turns.ts'
import { writeForClaim } from './write-for-claim.ts'

/** Trials of one attempt whose target somebody moved before they landed. */
const mostTrials = 10

/**
 * From verified work to work that has landed: into the merge queue of its target, and when it is the
 * first there, a trial merge, gates on the merged result where that differs, and the landing. Its slot
 * is free for other work from the moment it is queued. Whatever moved the target between trial and
 * landing - a process that was taken for dead, a person - costs another trial and charges nobody.
 *
 * The first merges those that come next together with itself, `mergeGroup` in all. Whatever goes wrong
 * with them that is no verdict on one of them, they wait for turns of their own, and it merges alone.
 */
export async function mergeAttempt(
  context: EngineContext,
  candidate: MergeCandidate,
): Promise<void> {
  const { claim, provider, verdicts, signal, slot } = candidate
  const target = await provider.mergeTarget()
  signal.throwIfAborted()
  const releases = provider.stacks === true
  // It waits before it is queued, so that nobody looks past it who merges a group.
  const refused = new AbortController()
  const either = AbortSignal.any([signal, refused.signal])
  let turn = context.mergeTurns.turn(target, candidate, either)
  turn.catch(() => {})
  try {
    await writeForClaim(context, claim, { type: 'attempt.merge', verdicts, target, releases })
  } catch (error) {
    refused.abort(error)
    throw error
  }
  slot.leave()
  context.mergeTurns.look()
  let alone = context.mergeGroup === 1 || provider.tryMergeGroup === undefined
  for (let trials = 1; ;) {
    if (!(await turn)) return
    const most = alone ? 0 : context.mergeGroup - 1
    const joined = most === 0 ? [] : await context.mergeTurns.join(target, candidate, most)
    let settled: readonly SettledMerge[]
    try {
      const others = joined.map((each) => each.candidate)
      settled = await mergeInTurn(context, target, [candidate, ...others])
    } catch (error) {
      for (const each of joined) each.release()
      const again = () => {
        turn = context.mergeTurns.turn(target, candidate, signal)
      }
      if (error instanceof TurnLost) {
        again()
        continue
      }
      if (isMoved(error)) {
        if (trials === mostTrials) {
          const failure = moved(target, error)
          await writeForClaim(context, claim, { type: 'attempt.fail', failure, verdicts })
          return
        }
        trials += 1
        again()
        continue
      }
      if (signal.aborted || joined.length === 0) throw error
      // One that was stopped says nothing about the others.
      alone ||= !joined.some((each) => each.candidate.signal.aborted)
      again()
      continue
    }
    tell(settled, joined)
    const mine = settled.find((each) => each.candidate === candidate)
    if (mine?.error !== undefined) throw mine.error
    return
  }
}

function tell(settled: readonly SettledMerge[], joined: readonly JoinedMerge[]): void {
  for (const each of joined) {
    const end = settled.find(({ candidate }) => candidate === each.candidate)
    if (end === undefined) each.release()
    else if (end.error === undefined) each.settle()
    else each.reject(end.error)
  }
}

function moved(target: string, { message }: CuelineError): Failure {
  return {
    class: 'transient',
    message: `${target} was moved ${mostTrials} times while this attempt was tried and judged. Look who else writes to it.`,
    evidence: message,
  }
}
