import type { ProjectId } from '../id.ts'
import { coalescedClaims } from './coalesced-claims.ts'
import type { EngineContext } from './context.ts'
import { type Heartbeat, startHeartbeat } from './heartbeat.ts'
import { reclaimLapsed, removeOrphanedWorkspaces } from './reconcile.ts'
import { AttemptAborted } from './attempt-aborted.ts'
import { runAttempt } from './run-attempt.ts'
import { createSlots } from './slots.ts'
import { startSweep } from './sweep.ts'
import { createWorkerPool, type WorkerPool } from './worker-pool.ts'

export interface RunProjectOptions {
  readonly projectId: ProjectId
  /** Attempts that may work at once in this process. */
  readonly workers: number
  /** Stops claiming; running attempts get `drainMs` to finish, then they are interrupted. */
  readonly signal?: AbortSignal | undefined
  readonly drainMs: number
}

export interface RunEnd {
  /** `rested`: nothing is left that could go on by itself. `stopped`: the signal said so. */
  readonly ended: 'rested' | 'stopped'
  /** Attempts that were interrupted by the stop. */
  readonly interrupted: number
}

/**
 * Works on a project until it rests or is told to stop: reconciles first, then claims, runs and
 * settles attempts event by event; a sweep repairs whatever an event missed.
 */
export async function runProject(
  context: EngineContext,
  options: RunProjectOptions,
): Promise<RunEnd> {
  const { projectId } = options
  await context.runner.recover?.()
  await reclaimLapsed(context, projectId)
  await removeOrphanedWorkspaces(context, projectId)
  const heartbeat = startHeartbeat(context)
  const pool = createWorkerPool(context, projectId, heartbeat)
  await pool.fill(options.workers)
  try {
    return await workUntilRest(context, options, heartbeat, pool)
  } finally {
    await heartbeat.stop()
    await pool.close()
  }
}

async function workUntilRest(
  context: EngineContext,
  options: RunProjectOptions,
  heartbeat: Heartbeat,
  pool: WorkerPool,
): Promise<RunEnd> {
  const { clock, dispatcher, times } = context
  const { projectId, workers, signal } = options
  const stopConsuming = new AbortController()
  const rested = Promise.withResolvers<'rested'>()
  const running = new Set<string>()
  const claims = coalescedClaims(context, projectId, () => running.size === 0)
  const slots = createSlots(workers, () => consumer?.wake())
  let cancelTimer = () => {}
  let nextWakeAt = Number.POSITIVE_INFINITY

  const wakeAt = (time: number | null) => {
    // Later than the next sweep, which wakes anyway; waiting for a person can mean the end of time.
    if (time === null || time >= nextWakeAt || time - clock.now() > times.sweepMs) return
    cancelTimer()
    nextWakeAt = time
    cancelTimer = clock.setTimeout(
      () => {
        nextWakeAt = Number.POSITIVE_INFINITY
        consumer.wake()
      },
      Math.max(0, time - clock.now()),
    )
  }
  const consumer = dispatcher.consume(
    { slots: () => slots.allowed(), signal: stopConsuming.signal },
    async ({ workOrderIds }) => {
      const workerId = await pool.take()
      try {
        const { claim, resting, nextTime } = await claims.claim(workerId, workOrderIds)
        if (claim === undefined) {
          wakeAt(nextTime)
          if (resting && running.size === 0) rested.resolve('rested')
          return 'empty'
        }
        running.add(claim.workOrderId)
        heartbeat.hold(claim)
        const slot = slots.take()
        try {
          await runAttempt(context, claim, slot)
        } finally {
          heartbeat.drop(claim)
          running.delete(claim.workOrderId)
          slot.free()
        }
        return 'done'
      } finally {
        pool.give(workerId)
      }
    },
  )
  const sweep = startSweep(context, projectId, () => consumer.wake())
  const stopped = new Promise<'stopped'>((resolve) => {
    if (signal?.aborted) resolve('stopped')
    else signal?.addEventListener('abort', () => resolve('stopped'), { once: true })
  })
  try {
    const ended = await Promise.race([
      rested.promise,
      stopped,
      consumer.done.then(() => 'stopped' as const),
    ])
    stopConsuming.abort()
    const interrupted =
      ended === 'stopped' ? await drain(context, running, options, consumer.done) : 0
    await consumer.done
    return { ended, interrupted }
  } finally {
    stopConsuming.abort()
    cancelTimer()
    await sweep.stop()
  }
}

/** Lets running attempts finish for a while, then interrupts them; says how many. */
async function drain(
  { clock, live }: EngineContext,
  running: ReadonlySet<string>,
  { drainMs }: RunProjectOptions,
  done: Promise<void>,
): Promise<number> {
  if (drainMs > 0 && running.size > 0) {
    let cancel = () => {}
    const deadline = new Promise<void>((resolve) => {
      cancel = clock.setTimeout(resolve, drainMs)
    })
    await Promise.race([done, deadline])
    cancel()
  }
  const left = [...running]
  for (const id of left) {
    live.get(id)?.(new AttemptAborted('shutdown', 'The engine was told to stop.'))
  }
  return left.length
}
