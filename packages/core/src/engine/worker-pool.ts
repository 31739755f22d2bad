import type { ProjectId, WorkerId } from '../id.ts'
import type { EngineContext } from './context.ts'
import type { Heartbeat } from './heartbeat.ts'

export interface WorkerPool {
  /** Registers workers until there are so many; what it has done counts when it rejects. */
  fill(count: number): Promise<void>
  take(): Promise<WorkerId>
  give(workerId: WorkerId): void
  close(): Promise<void>
}

/** The workers of this process: one per slot, and more while attempts wait for people. */
export function createWorkerPool(
  { ledger, ids, onError }: EngineContext,
  projectId: ProjectId,
  heartbeat: Heartbeat,
): WorkerPool {
  const free: WorkerId[] = []
  const all: WorkerId[] = []
  let named = 0
  const register = async (): Promise<WorkerId> => {
    const workerId = ids('worker')
    named += 1
    const name = `worker-${named}`
    await ledger.execute({ type: 'worker.register', projectId, workerId, name })
    all.push(workerId)
    heartbeat.watch(workerId)
    return workerId
  }
  return {
    async fill(count) {
      const missing = Math.max(0, count - all.length)
      const registered = await Promise.allSettled(Array.from({ length: missing }, register))
      for (const outcome of registered) {
        if (outcome.status === 'fulfilled') free.push(outcome.value)
      }
      for (const outcome of registered) if (outcome.status === 'rejected') throw outcome.reason
    },
    take: async () => free.shift() ?? (await register()),
    give: (workerId) => {
      free.unshift(workerId)
    },
    async close() {
      try {
        await Promise.all(
          all.map((workerId) =>
            ledger.execute({
              type: 'worker.change',
              projectId,
              workerId,
              status: 'offline',
              reason: 'the run has ended',
            }),
          ),
        )
      } catch (error) {
        // They fall silent and are marked offline by whoever sweeps next.
        onError(error, 'signing the workers off')
      }
    },
  }
}
