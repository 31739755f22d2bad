import { CuelineError } from '../error.ts'
import type { ProjectId } from '../id.ts'
import type { EngineContext } from './context.ts'
import { reclaimLapsed, removeOrphanedWorkspaces } from './reconcile.ts'
import { reportAllAlive } from './report-alive.ts'
import { AttemptAborted } from './attempt-aborted.ts'
import { endSessions } from './end-sessions.ts'

/** Looks after what no event tells: lapsed leases, answers and work of other processes. */
export function startSweep(context: EngineContext, projectId: ProjectId, wake: () => void) {
  const { clock, times, answers, storage, onError } = context
  let stopped = false
  let cancel = () => {}
  let sweeping: Promise<void> = Promise.resolve()
  const sweep = async () => {
    try {
      // What works here is removed by whoever works in it, as soon as that has stopped.
      const ours = new Set(context.live.keys())
      const reclaimed = await reclaimLapsed(context, projectId)
      await reportAllAlive(context, projectId)
      if (reclaimed > 0) await removeOrphanedWorkspaces(context, projectId, ours)
      if (answers.size > 0) {
        const answered = await storage.transaction((transaction) =>
          transaction.query('requests', { projectId, status: ['answered'] }),
        )
        for (const { id, answer } of answered) if (answer !== null) answers.get(id)?.(answer)
      }
      await abortCancelled(context, projectId)
      await endSessions(context, projectId)
      context.quiet.delete(projectId)
      context.mergeTurns.look()
      wake()
    } catch (error) {
      if (error instanceof CuelineError && error.retryable) return
      onError(error, 'sweeping')
    }
  }
  const schedule = () => {
    cancel = clock.setTimeout(() => {
      sweeping = sweep().finally(() => {
        if (!stopped) schedule()
      })
    }, times.sweepMs)
  }
  schedule()
  return {
    async stop() {
      stopped = true
      cancel()
      await sweeping
    },
  }
}

/** Attempts whose claim another process has ended stop here at the latest. */
async function abortCancelled(
  { live, storage }: EngineContext,
  projectId: ProjectId,
): Promise<void> {
  if (live.size === 0) return
  const looked = [...live]
  const { workOrders } = await storage.transaction((transaction) =>
    transaction.load({ projectId, workOrders: looked.map(([id]) => id) as never }),
  )
  for (const [id, controller] of looked) {
    const order = workOrders.get(id as never)
    // Another attempt may be live by now; what was read says nothing about that one.
    if (order !== undefined && order.status !== 'claimed' && live.get(id) === controller) {
      controller.abort(
        new AttemptAborted('cancelled', 'The work order was ended by somebody else.'),
      )
    }
  }
}
