import type { DispatchReference } from '../dispatch/dispatcher.ts'
import type { StoredEvent } from '../event/event.ts'
import type { WorkOrderId } from '../id.ts'
import type { EngineContext } from './context.ts'
import { AttemptAborted } from './attempt-aborted.ts'
import type { ProjectEffects } from './ledger.ts'
import { movesQueue } from './merge-turns.ts'

type EffectContext = Pick<
  EngineContext,
  'dispatcher' | 'live' | 'answers' | 'emitter' | 'quiet' | 'mergeTurns' | 'onError'
>

/**
 * Performs effects after their commit, in which these events were stored. All of them are hints that
 * state repairs by itself: a lost dispatch is found by the next poll, a lost abort by the next heartbeat
 * or sweep. What was claimed in the commit that released it is nobody's to claim, so it is not dispatched.
 */
export function applyEffects(
  context: EffectContext,
  all: readonly ProjectEffects[],
  events: readonly StoredEvent[],
): void {
  const references: DispatchReference[] = []
  let claimed: ReadonlyMap<WorkOrderId, number> | undefined
  let looksAgain = false
  for (const { projectId, effects } of all) {
    for (const effect of effects) {
      if (effect.type === 'dispatch') {
        looksAgain ||= effect.orders.length === 0
        claimed ??= fencesOf(events)
        for (const { workOrderId, fence, notBefore } of effect.orders) {
          if ((claimed.get(workOrderId) ?? -1) > fence) continue
          references.push({ projectId, workOrderId, fence, notBefore })
        }
      } else if (effect.type === 'abort') {
        context.live.get(effect.workOrderId)?.abort(new AttemptAborted('cancelled', effect.reason))
      }
    }
  }
  if (references.length > 0) void dispatch(context, references)
  if (looksAgain) void dispatch(context, [])
}

/** Fences of what was claimed. */
function fencesOf(events: readonly StoredEvent[]): ReadonlyMap<WorkOrderId, number> {
  const claimed = new Map<WorkOrderId, number>()
  for (const event of events) {
    if (event.type === 'attempt.started') claimed.set(event.workOrderId, event.fence)
  }
  return claimed
}

async function dispatch(
  { dispatcher, onError }: EffectContext,
  references: readonly DispatchReference[],
): Promise<void> {
  try {
    await dispatcher.dispatch(references)
  } catch (error) {
    onError(error, 'dispatching work orders')
  }
}

/** Tells listeners, and wakes attempts whose question was answered or who may merge now. */
export function announce(context: EffectContext, events: readonly StoredEvent[]): void {
  for (const event of events) {
    if (event.type === 'request.answered') context.answers.get(event.requestId)?.(event.answer)
    if (wakening.has(event.type)) context.quiet.delete(event.projectId)
    context.emitter.emit('event', event)
  }
  if (events.some(movesQueue)) context.mergeTurns.look()
}

/** Events after which a quiet project may advance: new, changed or blocked tasks and batches. */
const wakening: ReadonlySet<StoredEvent['type']> = new Set([
  'project.updated',
  'project.resumed',
  'tasks.staged',
  'tasks.unstaged',
  'task.cancelled',
  'task.failed',
  'task.reopened',
  'batch.created',
  'batch.promoted',
  'batch.updated',
  'batch.deleted',
  'batch.resumed',
  'batches.reordered',
])
