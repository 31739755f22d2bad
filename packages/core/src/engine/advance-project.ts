import type { ProjectId } from '../id.ts'
import { advance } from '../staging/advance.ts'
import type { BatchSummary } from '../staging/batch-summary.ts'
import type { Command } from '../staging/command.ts'
import type { LedgerTransaction } from './ledger.ts'

export interface Look {
  readonly progressed: boolean
  readonly queued: boolean
  readonly running: boolean
  /** Something may happen by itself later: another settled task is reason enough to look again. */
  readonly due: boolean
}

/**
 * One look at what should happen by itself in a project in which `running` attempts work and `freeSlots`
 * slots have found nothing to do.
 */
export async function advanceProject(
  transaction: LedgerTransaction,
  projectId: ProjectId,
  running: number,
  freeSlots: number,
): Promise<Look> {
  const { storage } = transaction
  const { project } = await storage.load({ projectId })
  if (project === null) return { progressed: false, queued: false, running: false, due: false }
  const follows = (batches: readonly BatchSummary[]) =>
    advance({ project, batches, running, claimable: 0, freeSlots, now: storage.now })
  let batches = await storage.query('batches', { projectId, moving: true })
  let commands = follows(batches)
  // All of them only where one may be stuck: others wait for what has failed, or nothing moves on.
  const blocked = batches.some(({ failed, cancelled }) => failed + cancelled > 0)
  if (blocked || (running === 0 && !commands.some(promotesInTurn))) {
    batches = await storage.query('batches', { projectId })
    commands = follows(batches)
  }
  let progressed = false
  for (const command of commands) {
    const { events } = await transaction.execute(command)
    progressed ||= events.some((event) => event.type !== 'batch.stuck')
  }
  return {
    progressed,
    queued: batches.some(({ queued }) => queued > 0),
    running: batches.some(({ doing, review }) => doing + review > 0),
    due: batches.some(mayAdvance),
  }
}

function promotesInTurn(command: Command): boolean {
  return command.type === 'batch.promote' && command.awaitedBy === undefined
}

function mayAdvance({ batch, staged }: BatchSummary): boolean {
  if (staged === 0 || batch.pausedAt !== null) return false
  return batch.promotedAt === null ? batch.autoPromote : batch.openLayer !== null
}
