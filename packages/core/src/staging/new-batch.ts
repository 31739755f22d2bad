import type { Batch } from './state.ts'

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
