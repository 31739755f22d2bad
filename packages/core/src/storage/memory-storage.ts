import { systemClock } from '../clock.ts'
import { CuelineError } from '../error.ts'
import type { WorkOrderId } from '../id.ts'
import { followEvents } from './follow-events.ts'
import { memoryQueries } from './memory-queries.ts'
import { loadSlice } from './memory-slice.ts'
import { MemoryWorld } from './memory-world.ts'
import { storable } from './storable.ts'
import { workScope } from './work-scope.ts'
import type { LeaseClaim, Queries, QueryName, Storage, StorageTransaction } from './storage.ts'

export interface MemoryStorageOptions {
  /** Milliseconds since the epoch; the host's clock if absent. It decides when a lease lapses. */
  readonly clock?: () => number
}

/**
 * A storage that keeps everything in this process and loses it with the process. Transactions run
 * one after another, so none is ever repeated.
 */
export function memoryStorage(options: MemoryStorageOptions = {}): Storage {
  const clock = options.clock ?? (() => systemClock.now())
  const world = new MemoryWorld()
  const followers = new Set<() => void>()
  const scope = workScope()
  let latest = 0
  let closed = false
  let last: Promise<unknown> = Promise.resolve()

  /** Leases must not come back to life when the host's clock is set back. */
  function now(): number {
    latest = Math.max(latest, clock())
    return latest
  }

  /** Runs `work` after all that was asked for before. */
  async function inTurn<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    if (closed) throw closedError()
    scope.refuseInside()
    const result = last.then(work)
    last = result.then(ignore, ignore)
    return result
  }

  function commit(): void {
    if (world.commit()) wakeFollowers()
  }

  function wakeFollowers(): void {
    for (const wake of followers) wake()
  }

  return {
    transaction: (work) =>
      inTurn(async () => {
        const transaction = new MemoryTransaction(world, now())
        try {
          const result = await scope.run(() => work(transaction))
          transaction.finish()
          commit()
          return result
        } catch (error) {
          world.rollBack()
          throw error
        } finally {
          transaction.end()
        }
      }),
    renew: (claims, leaseMs, workerIds = []) =>
      inTurn(() => {
        const at = now()
        const lost: WorkOrderId[] = []
        for (const claim of claims) {
          if (world.holds(claim, at)) world.renew(claim, at + leaseMs)
          else lost.push(claim.workOrderId)
        }
        for (const workerId of workerIds) world.heard(workerId, at)
        commit()
        return { lost }
      }),
    eventsAfter: async (projectId, cursor, limit = 1_000) => {
      if (closed) throw closedError()
      scope.refuseInside()
      return world.eventsAfter(projectId, cursor, limit)
    },
    watch(projectId, cursor, signal) {
      if (closed) throw closedError()
      return followEvents(
        {
          eventsAfter: async (after) => world.eventsAfter(projectId, after, 1_000),
          subscribe(wake) {
            followers.add(wake)
            return () => followers.delete(wake)
          },
          isClosed: () => closed,
        },
        cursor,
        signal,
      )
    },
    async close() {
      closed = true
      await last
      wakeFollowers()
    },
  }
}

class MemoryTransaction implements StorageTransaction {
  readonly now: number
  readonly #world: MemoryWorld
  #ended = false
  #failure: { readonly error: unknown } | undefined

  constructor(world: MemoryWorld, now: number) {
    this.#world = world
    this.now = now
  }

  load: StorageTransaction['load'] = (keys) =>
    this.#run(() => loadSlice(this.#world.rowsOf(keys.projectId), storable(keys)))

  write: StorageTransaction['write'] = (projectId, changes, events, actor) =>
    this.#run(() => this.#world.write(projectId, changes, events, actor, this.now))

  lease: StorageTransaction['lease'] = (claims, workerId, leaseMs) =>
    this.#run(() => {
      for (const claim of claims) {
        if (this.#world.fenceOf(claim.workOrderId) !== claim.fence) throw staleFence(claim)
        this.#world.lease(claim, workerId, this.now + leaseMs)
      }
    })

  release: StorageTransaction['release'] = (workOrderIds) =>
    this.#run(() => {
      for (const id of workOrderIds) this.#world.release(id)
    })

  held: StorageTransaction['held'] = (claims) =>
    this.#run(() => {
      const held = claims.filter((claim) => this.#world.holds(claim, this.now))
      return new Set(held.map((claim) => claim.workOrderId))
    })

  prune: StorageTransaction['prune'] = (projectId, sequence, base) =>
    this.#run(() => this.#world.prune(projectId, sequence, base))

  query<Name extends QueryName>(
    name: Name,
    input: Queries[Name]['input'],
  ): Promise<Queries[Name]['output']> {
    return this.#run(() => memoryQueries[name](this.#world, storable(input), this.now))
  }

  /** A transaction in which a call failed is not committed, even when `work` went on. */
  finish(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  end(): void {
    this.#ended = true
  }

  async #run<Result>(call: () => Result): Promise<Result> {
    if (this.#ended) throw endedError()
    if (this.#failure !== undefined) throw this.#failure.error
    try {
      return call()
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }
}

function ignore(): void {}

function closedError(): CuelineError {
  return new CuelineError('refused', 'The storage is closed; open a new one.')
}

function endedError(): CuelineError {
  return new CuelineError(
    'refused',
    'The transaction has ended; await every call inside `work` or start a new transaction.',
  )
}

function staleFence({ workOrderId, fence }: LeaseClaim): CuelineError {
  return new CuelineError(
    'lease-lost',
    `Work order ${workOrderId} is not claimed with fence ${fence}; load it again and claim anew.`,
    { details: { workOrderId, fence } },
  )
}
