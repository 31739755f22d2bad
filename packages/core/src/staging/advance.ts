import type { ProjectId } from '../id.ts'
import type { BatchSummary } from '../storage/storage.ts'
import type { Command } from './command.ts'
import type { Batch, Project } from './state.ts'

/** What is known when a project is looked at: all batches by order, and how busy it is. */
export interface ProjectProgress {
  readonly project: Project
  readonly batches: readonly BatchSummary[]
  /** Tasks that run now. */
  readonly running: number
  /** Work orders that could be claimed now. */
  readonly claimable: number
  /** Slots without work. */
  readonly freeSlots: number
  readonly now: number
}

/**
 * What should happen by itself: layers that open, the next batch that is promoted, batches that are
 * stuck. Gives the commands, `decide` checks each of them again. Called after every settled task and
 * by the sweep, so a lost event costs seconds and no promotion happens twice.
 */
export function advance(progress: ProjectProgress): readonly Command[] {
  const { project } = progress
  if (project.pausedAt !== null) return []
  return [
    ...openLayers(project.id, progress.batches),
    ...nextPromotion(progress),
    ...stuckBatches(progress),
  ]
}

function openLayers(projectId: ProjectId, batches: readonly BatchSummary[]): Command[] {
  return batches.flatMap(({ batch, lowestOpenLayer }) =>
    batch.promotedAt !== null &&
    batch.pausedAt === null &&
    batch.openLayer !== null &&
    lowestOpenLayer !== null &&
    lowestOpenLayer > batch.openLayer
      ? [{ type: 'batch.open-layer', projectId, batchId: batch.id, layer: lowestOpenLayer } as const]
      : [],
  )
}

/**
 * Barrier `none`: the next batch in order, as soon as a free slot cannot be filled from promoted
 * ones. Barrier `stage` and `layer`: the next batch when every task of those before has settled.
 * One at a time: whoever asks again after the promotion sees whether another is due.
 */
function nextPromotion({ project, batches, claimable, freeSlots }: ProjectProgress): Command[] {
  const barrier = project.settings.barrier
  if (barrier === 'none' && freeSlots <= claimable) return []
  for (const summary of batches) {
    const { batch } = summary
    if (batch.promotedAt !== null) {
      if (barrier !== 'none' && unsettled(summary) > 0) return []
      continue
    }
    if (summary.staged === 0) continue
    if (!batch.autoPromote || batch.pausedAt !== null) {
      if (barrier !== 'none') return []
      continue
    }
    const reason =
      barrier === 'none'
        ? 'a free slot could not be filled from the promoted batches'
        : 'every task of the batches before has settled'
    return [
      { type: 'batch.promote', projectId: project.id, batchId: batch.id, auto: true, reason },
    ]
  }
  return []
}

/** Promoted batches in which nothing runs or could run, although tasks are left. */
function stuckBatches({ project, batches, running, now }: ProjectProgress): Command[] {
  const anyFailed = batches.some((summary) => summary.failed + summary.cancelled > 0)
  return batches.flatMap((summary) => {
    const { batch, staged, queued, doing, review, lastProgressAt } = summary
    if (batch.promotedAt === null || batch.pausedAt !== null) return []
    if (staged === 0 || queued + doing + review > 0) return []
    if (!anyFailed && running > 0) return []
    const since = Math.max(lastProgressAt, batch.promotedAt)
    return [
      {
        type: 'batch.unstick',
        projectId: project.id,
        batchId: batch.id,
        silentMs: Math.max(0, now - since),
      } as const,
    ]
  })
}

export type BatchLabel = 'open' | 'waiting' | 'ready' | 'running' | 'paused' | 'stuck' | 'done'

/** The word people see for a batch; derived, never stored. */
export function batchLabel(summary: BatchSummary): BatchLabel {
  const { batch, total, staged, queued, doing, review } = summary
  if (total > 0 && unsettled(summary) === 0) return 'done'
  if (batch.pausedAt !== null) return 'paused'
  if (batch.promotedAt === null) return staged > 0 ? 'ready' : 'open'
  if (batch.stuckSince !== null) return 'stuck'
  return queued + doing + review > 0 ? 'running' : 'waiting'
}

function unsettled({ todo, staged, doing, review }: BatchSummary): number {
  return todo + staged + doing + review
}

/** A batch as it is created: what a caller leaves out has these values. */
export function newBatch(
  given: Pick<Batch, 'id' | 'projectId' | 'name' | 'order' | 'createdAt'> & Partial<Batch>,
): Batch {
  return {
    description: '',
    maxParallelTasks: 10,
    autoPromote: true,
    promotedAt: null,
    pausedAt: null,
    generation: 0,
    openLayer: null,
    stuckSince: null,
    stuckReason: null,
    stuckCount: 0,
    ...given,
  }
}
