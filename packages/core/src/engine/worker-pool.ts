import type { ProjectId, WorkerId } from '../id.ts'
import type { EngineContext } from './context.ts'
import type { Heartbeat } from './heartbeat.ts'

export interface WorkerPool {
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
      for (const workerId of await Promise.all(Array.from({ length: count }, register))) {
        free.push(workerId)
      }
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
