import type { ProjectId, WorkerId } from '../id.ts'
import type { Claim } from './claim.ts'
import { type ClaimAnswer, coalescedClaims } from './coalesced-claims.ts'
import { consumeDeliveries } from './consume-deliveries.ts'
import type { EngineContext } from './context.ts'
import { type Heartbeat, startHeartbeat } from './heartbeat.ts'
import { insist, isPassing } from './insist.ts'
import { startNoticingStuck } from './notice-stuck.ts'
import { startRadar } from './radar.ts'
import { reclaimLapsed, removeOrphanedWorkspaces } from './reconcile.ts'
import { runAttempt } from './run-attempt.ts'
import { RunningAttempts } from './running-attempts.ts'
import { createSlots, type TakenSlot } from './slots.ts'
import { startSweep } from './sweep.ts'
import { createWorkerPool, type WorkerPool } from './worker-pool.ts'

export interface RunProjectOptions {
  readonly projectId: ProjectId
  /** Attempts that may work at once in this process. */
  readonly workers: number
  /** What these workers can do; left out, they can do everything. */
  readonly capabilities?: readonly string[] | undefined
  /** Stops claiming; running attempts get `drainMs` to finish, then they are interrupted. */
  readonly signal?: AbortSignal | undefined
  readonly drainMs: number
  /** Does not end when the project rests. */
  readonly stay: boolean
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
  const { projectId, signal } = options
  const heartbeat = startHeartbeat(context, projectId)
  const pool = createWorkerPool(context, projectId, heartbeat)
  try {
    try {
      // First, since it is refused when there is no such project.
      await insist(context, 'signing the workers on', () => pool.fill(options.workers), { signal })
      await context.runner.recover?.()
      const reconcile = async () => {
        await reclaimLapsed(context, projectId)
        await removeOrphanedWorkspaces(context, projectId)
      }
      await insist(context, 'reconciling', reconcile, { signal })
    } catch (error) {
      if (signal?.aborted !== true || !isPassing(error)) throw error
    }
    if (signal?.aborted) return { ended: 'stopped', interrupted: 0 }
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
  const { clock, times, onError } = context
  const { projectId, workers, signal, stay } = options
  const stopConsuming = new AbortController()
  const rested = Promise.withResolvers<'rested'>()
  const running = new RunningAttempts()
  const claims = coalescedClaims(context, projectId, () => running.size === 0, options.capabilities)
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
  /** Whether something was queued when a slot last got nothing. */
  let keptBack = false
  /** A slot has got nothing: it is looked for again when there is a reason. */
  const wait = (answer: ClaimAnswer) => {
    if (stopConsuming.signal.aborted) return
    keptBack = answer.keptBack
    wakeAt(answer.nextTime)
  }
  /**
   * Runs an attempt; resolves with what was claimed for its worker as it ended, null when nobody has
   * asked for that.
   */
  const work = async (
    claim: Claim,
    workerId: WorkerId,
    slot: TakenSlot,
    follows: typeof claims.goOn | null,
  ): Promise<ClaimAnswer | null> => {
    const next: { answer: ClaimAnswer | null } = { answer: null }
    const take = (answer: ClaimAnswer) => {
      next.answer = answer
      if (answer.claim === undefined) return wait(answer)
      heartbeat.hold(answer.claim)
      // Its worker went on, but there may be room now for what others have waited for.
      if (keptBack) consumer.wake()
    }
    if (follows !== null) {
      context.goOn.set(claim.attemptId, (transaction) => {
        if (stopConsuming.signal.aborted || !slot.mayGoOn()) return
        transaction.atEnd(follows, { workerId, take })
      })
    }
    heartbeat.hold(claim)
    try {
      await running.run((controller) => runAttempt(context, claim, slot, controller))
    } finally {
      context.goOn.delete(claim.attemptId)
      heartbeat.drop(claim)
    }
    return next.answer
  }
  const consumer = consumeDeliveries(
    context,
    { projectId, slots: () => slots.allowed(), signal: stopConsuming.signal },
    async ({ workOrderIds }) => {
      const slot = slots.take()
      if (slot === null) return 'empty'
      let workerId: WorkerId | null = null
      try {
        workerId = await pool.take()
        const answer = await claims.claim(workerId, workOrderIds)
        if (answer.claim === undefined) {
          wait(answer)
          if (answer.resting && !stay && running.size === 0) rested.resolve('rested')
          return 'empty'
        }
        // Whoever named work orders decides what comes next; else the next attempt follows at once -
        // but where a workspace has to be removed first, which takes as long as it takes, the next
        // task stays free for others.
        const goesOn = workOrderIds === undefined && context.workspace === null
        const follows = goesOn ? claims.goOn : null
        let next: ClaimAnswer | null = answer
        try {
          while (next?.claim !== undefined) next = await work(next.claim, workerId, slot, follows)
        } finally {
          // Who was told in the commit of its end that there is nothing need not ask again - but
          // the last of all finds out whether the project rests.
          const wasTold = next !== null && next.claim === undefined
          if (wasTold && running.size > 0) slot.return()
          else slot.free()
        }
        return 'done'
      } catch (error) {
        if (!isPassing(error)) throw error
        // The sweep asks again.
        onError(error, 'claiming work')
        return 'empty'
      } finally {
        slot.return()
        if (workerId !== null) pool.give(workerId)
      }
    },
  )
  const radar = startRadar(context, projectId)
  const stuck = startNoticingStuck(context, projectId)
  const sweep = startSweep(context, projectId, () => {
    radar.look()
    if (slots.areTaken()) stuck.look()
    consumer.sweep()
  })
  const stopped = new Promise<'stopped'>((resolve) => {
    if (signal?.aborted) resolve('stopped')
    else signal?.addEventListener('abort', () => resolve('stopped'), { once: true })
  })
  try {
    const first = await Promise.race([
      rested.promise,
      stopped,
      consumer.done.then(() => 'stopped' as const),
    ])
    stopConsuming.abort()
    // What was claimed in the moment of the rest works on, but not beyond a stop.
    const ended =
      first === 'stopped'
        ? first
        : await Promise.race([consumer.done.then(() => 'rested' as const), stopped])
    if (ended === 'stopped') await drain(context, running, options, consumer.done)
    await consumer.done
    return { ended, interrupted: running.interrupted }
  } finally {
    stopConsuming.abort()
    cancelTimer()
    // Whatever broke the run: no attempt works on without it.
    running.interrupt()
    await running.ended()
    await sweep.stop()
    await radar.stop()
    await stuck.stop()
  }
}

/** Lets running attempts finish for a while, then interrupts them. */
async function drain(
  { clock }: EngineContext,
  running: RunningAttempts,
  { drainMs }: RunProjectOptions,
  done: Promise<void>,
): Promise<void> {
  running.refuse()
  if (drainMs > 0 && running.size > 0) {
    let cancel = () => {}
    const deadline = new Promise<void>((resolve) => {
      cancel = clock.setTimeout(resolve, drainMs)
    })
    await Promise.race([done, deadline])
    cancel()
  }
  running.interrupt()
}
