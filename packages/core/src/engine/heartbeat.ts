import type { ProjectId, WorkerId } from '../id.ts'
import type { Claim } from './claim.ts'
import type { EngineContext } from './context.ts'
import { AttemptAborted } from './attempt-aborted.ts'

/** Keeps claims and workers alive with a timer of its own, however busy the attempts are. */
export interface Heartbeat {
  hold(claim: Claim): void
  drop(claim: Claim): void
  watch(workerId: WorkerId): void
  stop(): Promise<void>
}

/**
 * Renews every third of a lease. A claim that the storage calls lost is aborted at once; without
 * any confirmed renewal for a whole lease - the storage is out of reach - it is aborted too, since
 * somebody else may hold it by now. Workers that others took for lost meanwhile are idle again.
 */
export function startHeartbeat(context: EngineContext, projectId: ProjectId): Heartbeat {
  const { clock, storage, ledger, times, live, onError } = context
  const claims = new Map<string, { readonly claim: Claim; confirmedAt: number }>()
  const workers = new Set<WorkerId>()
  let cancel = () => {}
  let stopped = false
  let beating: Promise<void> = Promise.resolve()

  const beat = async () => {
    const sentAt = clock.now()
    const held = [...claims.values()]
    try {
      const { lost } = await storage.renew(
        held.map(({ claim }) => claim),
        times.leaseMs,
        [...workers],
      )
      const gone = new Set(lost)
      for (const entry of held) {
        if (!gone.has(entry.claim.workOrderId)) entry.confirmedAt = sentAt
        else lose(entry.claim, 'its lease has lapsed')
      }
      await reviveWorkers()
    } catch (error) {
      onError(error, 'renewing leases')
      for (const { claim, confirmedAt } of claims.values()) {
        if (clock.now() - confirmedAt >= times.leaseMs) {
          lose(claim, 'no renewal was confirmed for a whole lease')
        }
      }
    }
  }
  /** This process stood still for so long that its workers count as lost: they are not. */
  const reviveWorkers = async () => {
    const loaded = await storage.transaction((transaction) =>
      transaction.load({ projectId, workers: [...workers] }),
    )
    for (const worker of loaded.workers.values()) {
      if (worker.status !== 'offline' || stopped) continue
      await ledger.execute({ type: 'worker.revive', projectId, workerId: worker.id })
    }
  }
  const lose = (claim: Claim, why: string) => {
    claims.delete(claim.workOrderId)
    live
      .get(claim.workOrderId)
      ?.abort(
        new AttemptAborted(
          'lease-lost',
          `Attempt ${claim.number} stops: ${why} (fence ${claim.fence}).`,
        ),
      )
  }
  const schedule = () => {
    cancel = clock.setTimeout(() => {
      beating = beat().finally(() => {
        if (!stopped) schedule()
      })
    }, times.leaseMs / 3)
  }
  schedule()
  return {
    hold: (claim) => {
      claims.set(claim.workOrderId, { claim, confirmedAt: clock.now() })
    },
    drop: (claim) => {
      if (claims.get(claim.workOrderId)?.claim.fence === claim.fence)
        claims.delete(claim.workOrderId)
    },
    watch: (workerId) => {
      workers.add(workerId)
    },
    async stop() {
      stopped = true
      cancel()
      await beating
    },
  }
}
