import type { ProjectId } from '../id.ts'
import type { BatchSummary } from './batch-summary.ts'
import { moves, unsettled } from './batch-label.ts'
import type { Command } from './command.ts'
import type { Batch, Project } from './state.ts'

/** What is known when a project is looked at: all batches by order, and how busy it is. */
export interface ProjectProgress {
  readonly project: Project
  readonly batches: readonly BatchSummary[]
  /** Tasks that run now; attempts that wait for a person are not counted. */
  readonly running: number
  /** Work orders that could be claimed now, before caps are looked at. */
  readonly claimable: number
  /** Slots of workers without work. */
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
    ...promotionsAgainstOrder(progress),
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
      ? [
          {
            type: 'batch.open-layer',
            projectId,
            batchId: batch.id,
            layer: lowestOpenLayer,
          } as const,
        ]
      : [],
  )
}

/**
 * Barrier `none`: the next batch in order, as soon as a free slot cannot be filled from promoted
 * ones. Barrier `stage` and `layer`: the next batch when every task of those before has settled.
 * One at a time: whoever asks again after the promotion sees whether another is due.
 */
function nextPromotion({
  project,
  batches,
  running,
  claimable,
  freeSlots,
}: ProjectProgress): Command[] {
  const { barrier, maxParallelTasks } = project.settings
  if (barrier === 'none') {
    const slots = Math.min(freeSlots, maxParallelTasks - running)
    if (slots <= Math.min(claimable, startable(batches))) return []
  }
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
    return [{ type: 'batch.promote', projectId: project.id, batchId: batch.id, auto: true, reason }]
  }
  return []
}

/** Queued tasks of promoted batches that their batch's own cap lets start. */
function startable(batches: readonly BatchSummary[]): number {
  return batches.reduce((sum, { batch, queued, doing, review }) => {
    if (!isActive(batch)) return sum
    return sum + Math.min(queued, Math.max(0, batch.maxParallelTasks - doing - review))
  }, 0)
}

/**
 * A barrier keeps batches in order; where a task waits for one of a later batch, that would be for
 * ever. When everything rests, the later batches are offered for promotion: `decide` promotes those
 * that a resting batch really waits for.
 */
function promotionsAgainstOrder(progress: ProjectProgress): Command[] {
  const { project, batches } = progress
  if (project.settings.barrier === 'none' || !isIdle(progress)) return []
  const awaitedBy = batches
    .filter(({ batch, staged }) => staged > 0 && isActive(batch))
    .map(({ batch }) => batch.id)
  if (awaitedBy.length === 0) return []
  return batches
    .filter(
      ({ batch, staged }) =>
        staged > 0 && batch.promotedAt === null && batch.pausedAt === null && batch.autoPromote,
    )
    .map(({ batch }) => ({
      type: 'batch.promote',
      projectId: project.id,
      batchId: batch.id,
      auto: true,
      reason: 'a batch before it waits for one of its tasks',
      awaitedBy,
    }))
}

/**
 * Promoted batches in which nothing runs or could run, although tasks are left - and those that
 * count as stuck but move again.
 */
function stuckBatches(progress: ProjectProgress): Command[] {
  const { project, batches, now } = progress
  const anyFailed = batches.some((summary) => summary.failed + summary.cancelled > 0)
  const anyRuns = batches.some(({ doing, review }) => doing + review > 0)
  const idle = isIdle(progress)
  return batches.flatMap((summary) => {
    const { batch, staged, lastProgressAt } = summary
    if (!isActive(batch)) return []
    if (staged === 0 || moves(summary)) {
      if (batch.stuckSince === null) return []
    } else if (!anyFailed && anyRuns) return []
    const since = Math.max(lastProgressAt, batch.promotedAt ?? 0)
    return [
      {
        type: 'batch.unstick',
        projectId: project.id,
        batchId: batch.id,
        silentMs: Math.max(0, now - since),
        idle,
      } as const,
    ]
  })
}

/** Nothing runs, and no promoted batch has work that could be claimed now or after a pause. */
function isIdle({ batches }: ProjectProgress): boolean {
  return !batches.some(
    (summary) => summary.doing + summary.review > 0 || (isActive(summary.batch) && moves(summary)),
  )
}

function isActive(batch: Batch): boolean {
  return batch.promotedAt !== null && batch.pausedAt === null
}
