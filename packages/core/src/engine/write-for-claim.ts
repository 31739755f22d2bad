import type { Event } from '../event/event.ts'
import type { AttemptWrite, Command } from '../staging/command.ts'
import { allKeys } from '../staging/all-keys.ts'
import { sliceOf } from '../staging/slice-of.ts'
import { AttemptAborted } from './attempt-aborted.ts'
import type { ClaimIds } from './claim.ts'
import type { EngineContext } from './context.ts'
import { insist } from './insist.ts'
import type { Step } from './ledger.ts'

type AttemptCommand = Extract<Command, AttemptWrite & { type: `attempt.${string}` }>
type WithoutClaim<C> = C extends unknown
  ? Omit<C, 'projectId' | 'taskId' | 'workOrderId' | 'attemptId' | 'fence' | 'held'>
  : never

const ends: ReadonlySet<AttemptCommand['type']> = new Set([
  'attempt.succeed',
  'attempt.fail',
  'attempt.yield',
])

/**
 * Writes for the claim, by its fence, in a transaction that checks its lease. Several commands are
 * stored together or not at all. What an attempt has done is not thrown away because the storage is
 * busy: it is asked again for as long as the lease stands, or for the length of one where the engine stops
 * or the attempt's time is over. When it ends the attempt, its worker may go on with the next one in the
 * same transaction.
 */
export function writeForClaim(
  context: EngineContext,
  claim: ClaimIds,
  ...commands: readonly WithoutClaim<AttemptCommand>[]
): Promise<{ readonly events: readonly Event[] }> {
  const { projectId, taskId, workOrderId, attemptId, fence } = claim
  const ids = { projectId, taskId, workOrderId, attemptId, fence }
  const each = commands.map((command) => sliceOf({ ...ids, held: true, ...command }))
  const keys = { projectId, ...allKeys(each) }
  const write: Step<{ readonly events: readonly Event[] }> = async (transaction) => {
    const held = (await transaction.storage.held([claim])).has(claim.workOrderId)
    const complete = commands.map((command) => ({ ...ids, held, ...command }))
    const { events } = await transaction.executeAll(keys, complete)
    if (commands.some(({ type }) => ends.has(type))) context.goOn.get(attemptId)?.(transaction)
    return { events }
  }
  const ahead = { keys, claims: [claim] }
  const stops = commands.some(({ type }) => type === 'attempt.interrupt')
  // The heartbeat aborts it when the lease is lost, or has not been renewed for as long as it lasts.
  const signal = context.live.get(workOrderId)?.signal
  const isOver = (triedMs: number) => {
    if (stops) return true
    if (signal?.aborted === false) return false
    return isLost(signal?.reason) || triedMs + context.times.sweepMs > context.times.leaseMs
  }
  return insist(
    context,
    `writing for attempt ${attemptId}`,
    () => context.ledger.run(write, claim.workerId, ahead),
    { signal, isOver },
  )
}

/** Its work is somebody else's, or nobody's: nothing that it says is stored. */
function isLost(reason: unknown): boolean {
  return (
    reason instanceof AttemptAborted &&
    (reason.kind === 'lease-lost' || reason.kind === 'cancelled')
  )
}
