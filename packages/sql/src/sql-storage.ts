import { CuelineError, followEvents, storable } from '@cueline/core'
import type { Queries, QueryName, Storage, StorageTransaction } from '@cueline/core'

import { appendEvents, eventsAfter } from './append-events.ts'
import { keepMark, moveClock, readNow } from './clock.ts'
import type { Now } from './clock.ts'
import type { Database, Dialect } from './dialect.ts'
import { grantLeases, hearWorkers, heldLeases, releaseLeases, renewLeases } from './leases.ts'
import { loadSlice } from './load-slice.ts'
import { migrate } from './migrate.ts'
import { runQuery } from './run-query.ts'
import { writeChanges } from './write-changes.ts'

export interface SqlStorageOptions {
  readonly kysely: Database
  readonly dialect: Dialect
  /** How long a busy database is tried again before `storage-busy`, milliseconds; 5 000 if absent. */
  readonly busyTimeoutMs?: number
  /**
   * Calls back whenever other processes may have appended events; returns the function that ends
   * it. Called for the first follower, ended after the last.
   */
  readonly subscribe?: (wake: () => void) => () => void
}

export interface SqlStorage extends Storage {
  /** Moves the clock of every process on this database by milliseconds; for tests only. */
  advanceClock(ms: number): Promise<void>
}

/**
 * A storage over a database: brings it to the newest version, then serves. `close` destroys the
 * Kysely instance.
 */
export async function sqlStorage(options: SqlStorageOptions): Promise<SqlStorage> {
  const storage = new KyselyStorage(options)
  await storage.migrate()
  return storage
}

class KyselyStorage implements SqlStorage {
  readonly #database: Database
  readonly #dialect: Dialect
  readonly #busyTimeoutMs: number
  readonly #subscribe: (wake: () => void) => () => void
  readonly #followers = new Set<() => void>()
  readonly #running = new Set<Promise<unknown>>()
  #unsubscribe: (() => void) | undefined
  #closing: Promise<void> | undefined
  /** The latest time given out: between two stored marks this process keeps the clock by itself. */
  #latest = 0

  constructor(options: SqlStorageOptions) {
    this.#database = options.kysely
    this.#dialect = options.dialect
    this.#busyTimeoutMs = options.busyTimeoutMs ?? 5_000
    this.#subscribe = options.subscribe ?? (() => () => {})
  }

  migrate(): Promise<void> {
    return this.#run(() => migrate(this.#database, this.#dialect))
  }

  async transaction<Result>(
    work: (transaction: StorageTransaction) => Promise<Result>,
  ): Promise<Result> {
    const [result, grown] = await this.#run(() => this.#attempt(work))
    if (grown) this.#wake()
    return result
  }

  renew: Storage['renew'] = async (claims, leaseMs, workerIds = []) => {
    if (claims.length === 0 && workerIds.length === 0) return { lost: [] }
    return this.#run(() =>
      this.#database.transaction().execute(async (database) => {
        const at = await this.#now(database)
        const lost = await renewLeases(database, this.#dialect, claims, at.now, leaseMs)
        await hearWorkers(database, this.#dialect, workerIds, at.now)
        await keepMark(database, this.#dialect, at)
        return { lost }
      }),
    )
  }

  eventsAfter: Storage['eventsAfter'] = (projectId, cursor, limit = 1_000) =>
    this.#run(() => eventsAfter(this.#database, this.#dialect, { projectId, cursor, limit }))

  watch: Storage['watch'] = (projectId, cursor, signal) => {
    if (this.#closing !== undefined) throw closedError()
    return followEvents(
      {
        eventsAfter: (after) => this.eventsAfter(projectId, after),
        subscribe: (wake) => this.#follow(wake),
        isClosed: () => this.#closing !== undefined,
      },
      cursor,
      signal,
    )
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async advanceClock(ms: number): Promise<void> {
    await this.#run(() =>
      this.#database.transaction().execute((database) => moveClock(database, this.#dialect, ms)),
    )
  }

  async #close(): Promise<void> {
    // After this turn `#closing` is set, so that followers and new calls see it.
    await Promise.resolve()
    this.#wake()
    await Promise.allSettled(this.#running)
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    await this.#database.destroy()
  }

  async #attempt<Result>(
    work: (transaction: StorageTransaction) => Promise<Result>,
  ): Promise<readonly [Result, boolean]> {
    return this.#database.transaction().execute(async (database) => {
      const at = await this.#now(database)
      const transaction = new SqlTransaction(database, this.#dialect, at)
      try {
        const result = await work(transaction)
        await transaction.finish()
        return [result, transaction.grown] as const
      } finally {
        transaction.end()
      }
    })
  }

  async #now(database: Database): Promise<Now> {
    const at = await readNow(database, this.#dialect)
    this.#latest = Math.max(this.#latest, at.now)
    return { ...at, now: this.#latest }
  }

  /** Runs a call to its end: again while the database is busy, its errors sorted into ours. */
  #run<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#closing !== undefined) return Promise.reject(closedError())
    const running = this.#retry(call)
    this.#running.add(running)
    const done = (): void => void this.#running.delete(running)
    running.then(done, done)
    return running
  }

  async #retry<Result>(call: () => Promise<Result>): Promise<Result> {
    const start = performance.now()
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 50)) {
      try {
        return await call()
      } catch (error) {
        const waited = performance.now() - start
        if (!this.#dialect.isBusy(error) || waited > this.#busyTimeoutMs) {
          throw this.#dialect.sortError(error) ?? error
        }
      }
      // With jitter, so that processes that met once do not meet again and again.
      await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())))
    }
  }

  #follow(wake: () => void): () => void {
    this.#followers.add(wake)
    this.#unsubscribe ??= this.#subscribe(() => this.#wake())
    return () => {
      this.#followers.delete(wake)
      if (this.#followers.size > 0) return
      this.#unsubscribe?.()
      this.#unsubscribe = undefined
    }
  }

  #wake(): void {
    for (const wake of this.#followers) wake()
  }
}

class SqlTransaction implements StorageTransaction {
  readonly now: number
  /** Whether the log has grown. */
  grown = false
  readonly #database: Database
  readonly #dialect: Dialect
  readonly #at: Now
  readonly #locked = new Set<string>()
  #wrote = false
  #ended = false
  #failure: { readonly error: unknown } | undefined

  constructor(database: Database, dialect: Dialect, at: Now) {
    this.#database = database
    this.#dialect = dialect
    this.#at = at
    this.now = at.now
  }

  load: StorageTransaction['load'] = (keys) =>
    this.#run(async () => {
      await this.#lock(keys.projectId)
      return loadSlice(this.#database, this.#dialect, storable(keys))
    })

  write: StorageTransaction['write'] = (projectId, changes, events, actor) =>
    this.#run(async () => {
      await this.#lock(projectId)
      this.#wrote = true
      await writeChanges(this.#database, this.#dialect, projectId, changes.map(storable), this.now)
      if (events.length > 0) this.grown = true
      return appendEvents(
        this.#database,
        this.#dialect,
        projectId,
        events.map(storable),
        storable(actor),
      )
    })

  lease: StorageTransaction['lease'] = (claims, workerId, leaseMs) =>
    this.#run(async () => {
      this.#wrote = true
      await grantLeases(this.#database, this.#dialect, claims, workerId, this.now + leaseMs)
    })

  release: StorageTransaction['release'] = (workOrderIds) =>
    this.#run(() => releaseLeases(this.#database, this.#dialect, workOrderIds))

  held: StorageTransaction['held'] = (claims) =>
    this.#run(() => heldLeases(this.#database, this.#dialect, claims, this.now))

  query<Name extends QueryName>(
    name: Name,
    input: Queries[Name]['input'],
  ): Promise<Queries[Name]['output']> {
    return this.#run(async () => {
      if ('projectId' in input) await this.#lock(String(input.projectId))
      return runQuery(this.#database, this.#dialect, name, storable(input), this.now)
    })
  }

  /** A transaction in which a call failed is not committed, even when `work` went on. */
  async finish(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#wrote) await keepMark(this.#database, this.#dialect, this.#at)
  }

  end(): void {
    this.#ended = true
  }

  async #lock(projectId: string): Promise<void> {
    if (this.#dialect.lockProject === undefined || this.#locked.has(projectId)) return
    this.#locked.add(projectId)
    await this.#dialect.lockProject(this.#database, projectId)
  }

  async #run<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#ended) throw endedError()
    if (this.#failure !== undefined) throw this.#failure.error
    try {
      return await call()
    } catch (error) {
      // A busy one stays as it is: it is a reason to start again, not an answer.
      const sorted = this.#dialect.isBusy(error) ? error : (this.#dialect.sortError(error) ?? error)
      this.#failure = { error: sorted }
      throw sorted
    }
  }
}

function closedError(): CuelineError {
  return new CuelineError('refused', 'The storage is closed; open a new one.')
}

function endedError(): CuelineError {
  return new CuelineError(
    'refused',
    'The transaction has ended; await every call inside `work` or start a new transaction.',
  )
}
