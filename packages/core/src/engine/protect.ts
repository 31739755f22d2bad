import {
  approvalOptions,
  approvalQuestion,
  approves,
  type PathRules,
  protectedChanges,
  type WorkToLand,
} from '../merge/protected-paths.ts'
import type { Outcome } from '../runner/runner.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import type { Failure } from '../staging/state.ts'
import { askPerson } from './ask-person.ts'

import type { Claim, ClaimIds } from './claim.ts'
import type { EngineContext } from './context.ts'
import { orGiveUp } from './or-give-up.ts'
import type { Settling } from './settle-attempt.ts'

/** What of the result may not change without a person. */
export interface Protection extends Pick<PathRules, 'paths' | 'allow'> {
  /**
   * What follows when work changes it: a person is asked (the default), or the attempt fails and its
   * owner is told to do without.
   */
  readonly then?: 'ask' | 'fail'
}

/**
 * Looks, as soon as the runner has ended, whether its work changes what is protected. A person who is
 * asked decides about these contents, durably; while the question is open the slot is free.
 */
export async function protect(
  context: EngineContext,
  claim: Claim,
  brief: AttemptBrief,
  outcome: Outcome,
  { workspace, signal, slot }: Settling,
): Promise<Outcome> {
  const { workspace: provider, protection } = context
  if (outcome.status !== 'completed' || protection === null) return outcome
  if (provider === null || workspace === null || !provider.merges) return outcome
  signal.throwIfAborted()
  const looking = provider.inspect(workspace)
  const found = await orGiveUp(context, 'Looking into a workspace', looking, signal)
  const paths = found === null ? [] : guarded(protection, brief, found)
  if (found === null || paths.length === 0) return outcome
  const shown = paths.join(', ')
  if (protection.then === 'fail') {
    return refused(
      `${shown} is protected. Do the task without changing it; whoever means it declares it in the task's touches.`,
      paths,
    )
  }
  const text = approvalQuestion(brief.task.code, paths, found.contents)
  const question = { kind: 'approval', text, options: approvalOptions } as const
  const over = new AbortController().signal
  const answer = await askPerson(context, claim, question, { signal, over, slot })
  if (approves(answer)) return outcome
  return refused(`A person refused the changes to ${shown}. Do the task without them.`, paths)
}

/**
 * The same once more when the work is about to land, since something may have written there meanwhile.
 * Null when nothing protected changes but what a person has approved. It is no merge round: nobody else has
 * changed anything.
 */
export async function unapproved(
  { storage, protection }: Pick<EngineContext, 'storage' | 'protection'>,
  { projectId, taskId }: ClaimIds,
  brief: AttemptBrief,
  work: WorkToLand,
): Promise<Failure | null> {
  const paths = protection === null ? [] : guarded(protection, brief, work)
  if (paths.length === 0) return null
  const text = approvalQuestion(brief.task.code, paths, work.contents)
  const answered = await storage.transaction((transaction) =>
    transaction.query('requests', { projectId, taskId, status: ['answered'] }),
  )
  if (answered.some((each) => each.text === text && approves(each.answer ?? ''))) return null
  return { class: 'invalid-output', message: `${text} Nobody has approved it.`, evidence: paths.join('\n') } // prettier-ignore
}

function guarded(
  { paths, allow }: Protection,
  { task }: AttemptBrief,
  work: WorkToLand,
): readonly string[] {
  return protectedChanges(work, { paths, allow, touches: task.touches })
}

function refused(message: string, paths: readonly string[]): Outcome {
  return { status: 'failed', class: 'gate-failed', message, evidence: paths.join('\n') }
}
