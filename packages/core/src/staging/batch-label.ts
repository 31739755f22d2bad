import type { BatchSummary } from './batch-summary.ts'

export type BatchLabel = 'open' | 'waiting' | 'ready' | 'running' | 'paused' | 'stuck' | 'done'

/** The word people see for a batch; derived, never stored. */
export function batchLabel(summary: BatchSummary): BatchLabel {
  const { batch, total, staged } = summary
  if (total > 0 && unsettled(summary) === 0) return 'done'
  if (batch.pausedAt !== null) return 'paused'
  if (batch.promotedAt === null) return staged > 0 ? 'ready' : 'open'
  if (batch.stuckSince !== null) return 'stuck'
  return moves(summary) ? 'running' : 'waiting'
}

/** How a batch ended: what `done` alone does not tell. */
export type BatchOutcome = 'succeeded' | 'failed' | 'cancelled'

/** Null until every task has settled; `failed` when one failed, `cancelled` when one was cancelled. */
export function batchOutcome(summary: BatchSummary): BatchOutcome | null {
  if (summary.total === 0 || unsettled(summary) > 0) return null
  if (summary.failed > 0) return 'failed'
  return summary.cancelled > 0 ? 'cancelled' : 'succeeded'
}

/** Tasks that have not settled. */
export function unsettled({ todo, staged, doing, review }: BatchSummary): number {
  return todo + staged + doing + review
}

/** Something of the batch runs or is queued. */
export function moves({ queued, doing, review }: BatchSummary): boolean {
  return queued + doing + review > 0
}
