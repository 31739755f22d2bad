import { CuelineError, errorMessage, followEvents, workScope } from '@cueline/core'
import type { ProjectId, Storage, StorageTransaction, StoredEvent } from '@cueline/core'

import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'

import { eventsAfter, lastSequences, readVersion } from './append-events.ts'
import { keepMark, moveClock, readNow } from './clock.ts'
import type { Now } from './clock.ts'
import type { Database, Dialect } from './dialect.ts'
import { Followers } from './followers.ts'
import { hearWorkers, renewLeases } from './leases.ts'
import { migrate } from './migrate.ts'
import { KnownProjects, mostKept } from './known-projects.ts'
import type { KnownProject } from './known-projects.ts'
import { LateTransaction } from './late-transaction.ts'
import { connectedTo, pipelined, sendAll } from './pipelined.ts'
import { RowCache } from './row-cache.ts'
import { SqlTransaction } from './sql-transaction.ts'
import { SteadyTime } from './steady-time.ts'
import type { Whole } from './sql-transaction.ts'
import { fateOf, isOutdated } from './whole-transaction.ts'
import type { Fate } from './whole-transaction.ts'

export interface SqlStorageOptions {
  readonly kysely: Database
  readonly dialect: Dialect
  /** How long a busy database is tried again before `storage-busy`, milliseconds; 5 000 if absent. */
  readonly busyTimeoutMs?: number
  /**
   * Runs `work` in a transaction over one connection, in place of Kysely's own: where all is in one
   * process, what Kysely does around a transaction takes longer than its statements.
   */
  readonly transact?: <Result>(
    work: (connection: DatabaseConnection) => Promise<Result>,
  ) => Promise<Result>
  /**
   * Runs one statement over any connection, and calls `sent` when it is on its way; in place of Kysely's
   * own way to a connection and back, where a statement can be a whole transaction.
   */
  readonly runAlone?: RunAlone
  /**
   * A clock of this process that never jumps, milliseconds: time goes on by it while the database's
   * clock is behind a time that was given out already. `performance.now` if absent.
   */
  readonly steadyNow?: () => number
  /**
   * Renewals of leases go here where it is given, so that transactions that use up all connections
   * of `kysely` let no lease lapse.
   */
  readonly reserved?: Database
  /**
   * Calls back whenever other processes may have appended events, of these projects or - without
   * them - of any; returns the function that ends it. Called for the first follower, ended after
   * the last.
   */
  readonly subscribe?: (wake: (projectIds?: ReadonlySet<string>) => void) => () => void
  /** Called after a commit with the projects whose log has grown; must not throw. */
  readonly appended?: (projectIds: ReadonlySet<ProjectId>) => void
}

export type RunAlone = <Row>(
  query: CompiledQuery<Row>,
  sent: () => void,
) => Promise<QueryResult<Row>>

type Answer<Result> = readonly [Result, ReadonlySet<ProjectId>]

export interface SqlStorage extends Storage {
  readonly subscribe: NonNullable<Storage['subscribe']>
  /** Moves the clock of every process on this database by milliseconds; for tests only. */
  advanceClock(ms: number): Promise<void>
}

/**
 * A storage over a database: brings it to the newest version, then serves. `close` destroys the
 * Kysely instances.
 */
export async function sqlStorage(options: SqlStorageOptions): Promise<SqlStorage> {
  const storage = new KyselyStorage(options)
  await storage.migrate()
  return storage
}

class KyselyStorage implements SqlStorage {
  readonly #database: Database
  readonly #reserved: Database
  readonly #dialect: Dialect
  readonly #transact: SqlStorageOptions['transact']
  readonly #runAlone: RunAlone
  readonly #busyTimeoutMs: number
  readonly #appended: NonNullable<SqlStorageOptions['appended']>
  readonly #followers: Followers
  readonly #running = new Set<Promise<unknown>>()
  readonly #scope = workScope()
  #closing: Promise<void> | undefined
  /** What the last transaction knew, and the version of the database in which that is true. */
  #kept: { readonly cache: RowCache; readonly version: number } | undefined
  readonly #projects = new KnownProjects()
  /** Counts what may write, so that nothing is kept that another transaction has outdated. */
  #turn = 0
  readonly #time: SteadyTime

  constructor(options: SqlStorageOptions) {
    this.#database = options.kysely
    this.#reserved = options.reserved ?? options.kysely
    this.#dialect = options.dialect
    this.#transact = options.transact
    this.#runAlone =
      options.runAlone ??
      (<Row>(query: CompiledQuery<Row>, sent: () => void) =>
        this.#database.getExecutor().provideConnection((connection) => {
          const reply = connection.executeQuery<Row>(query)
          sent()
          return reply
        }))
    this.#time = new SteadyTime(
      options.steadyNow ?? (() => performance.now()),
      options.dialect.place,
    )
    this.#busyTimeoutMs = options.busyTimeoutMs ?? 5_000
    this.#followers = new Followers({
      listen: options.subscribe ?? (() => () => {}),
      lastSequences: (projectIds) =>
        this.#tracked(() => lastSequences(this.#database, this.#dialect, projectIds)),
    })
    this.#appended = options.appended ?? (() => {})
  }

  migrate(): Promise<void> {
    return this.#run(() => migrate(this.#database, this.#dialect))
  }

  async transaction<Result>(
    work: (transaction: StorageTransaction) => Promise<Result>,
    projectId?: ProjectId,
  ): Promise<Result> {
    this.#scope.refuseInside()
    const [result, grown] = await this.#tracked(() => this.#attempt(work, projectId))
    if (grown.size > 0) {
      this.#followers.wake(grown)
      this.#appended(grown)
    }
    return result
  }

  renew: Storage['renew'] = async (claims, leaseMs, workerIds = []) => {
    if (claims.length === 0 && workerIds.length === 0) return { lost: [] }
    return this.#run(() =>
      this.#reserved.transaction().execute(async (database) => {
        const at = await this.#now(database)
        this.#turn += 1
        this.#kept?.cache.forgetLeases()
        const lost = await renewLeases(database, this.#dialect, claims, at.now, leaseMs)
        await sendAll(database, this.#dialect, (writing) => {
          hearWorkers(writing, this.#dialect, workerIds, at.now)
          keepMark(writing, this.#dialect, at)
        })
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
        eventsAfter: (after) => this.#eventsIfAny(projectId, after),
        subscribe: (wake) => this.#followers.follow(projectId, wake),
        isClosed: () => this.#closing !== undefined,
      },
      cursor,
      signal,
    )
  }

  subscribe: NonNullable<Storage['subscribe']> = (wake) => this.#followers.hearOthers(wake)

  /** A follower outlives a database that is busy or away: it looks again when it is woken next. */
  async #eventsIfAny(projectId: ProjectId, cursor: number): Promise<readonly StoredEvent[]> {
    try {
      return await this.eventsAfter(projectId, cursor)
    } catch (error) {
      if (!(error instanceof CuelineError && error.retryable)) throw error
      this.#followers.missed(projectId)
      return []
    }
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
    this.#followers.wake()
    await Promise.allSettled(this.#running)
    this.#followers.end()
    await this.#database.destroy()
    if (this.#reserved !== this.#database) await this.#reserved.destroy()
  }

  async #attempt<Result>(
    work: (transaction: StorageTransaction) => Promise<Result>,
    projectId: ProjectId | undefined,
  ): Promise<Answer<Result>> {
    if (projectId !== undefined && this.#dialect.whole !== undefined) {
      const known = this.#projects.trusted(projectId)
      if (known !== undefined) {
        const answer = await this.#attemptAhead(work, projectId, known)
        if (answer !== undefined) return answer
      }
    }
    return this.#attemptLocked(work, projectId)
  }

  /**
   * Runs `work` on what is known of the project without asking the database, and sends what it writes
   * as one statement that fails unless it is still true. As soon as `work` needs more, or writes what
   * takes several statements, the project is locked and looked at as ever. Undefined when it was not
   * true, or may not have been, so that nothing is stored.
   */
  async #attemptAhead<Result>(
    work: (transaction: StorageTransaction) => Promise<Result>,
    projectId: ProjectId,
    known: KnownProject,
  ): Promise<Answer<Result> | undefined> {
    const late = new LateTransaction(this.#database, async (database) => {
      transaction.verify(projectId, await this.#lockedVersion(database, projectId))
    })
    const { schema } = known.version
    const at = this.#time.of({ now: 0, mark: this.#time.mark, schema, version: null })
    const cache = new RowCache()
    const transaction = new SqlTransaction(late.database, this.#dialect, at, cache, this.#projects)
    transaction.trust(projectId, known)
    let result: Result
    let whole: Whole | undefined
    try {
      result = await this.#scope.run(() => work(transaction))
      if (!late.isOpen) whole = transaction.whole(projectId)
      if (whole === undefined) {
        await late.open()
        await transaction.finish()
      }
    } catch (error) {
      await late.rollback(error)
      // An error is an answer too, and what it says may not be true any more.
      if (!late.isOpen) return undefined
      // So may one that was thrown while the project was looked at, or because of what came of that.
      const refusal = await late.open().then(
        () => undefined,
        (reason: unknown) => reason,
      )
      const reason = refusal ?? (await transaction.failure()) ?? error
      if (!isOutdated(reason)) throw reason
      this.#projects.distrust(projectId)
      return undefined
    } finally {
      transaction.end()
      late.close()
    }
    if (whole === undefined) {
      await late.commit().catch((error) => this.#settle(error, transaction))
    } else if (!(await this.#sendWhole(whole, () => transaction.tidy()))) {
      this.#projects.distrust(projectId)
      return undefined
    }
    transaction.keep()
    this.#projects.confirm(projectId)
    return [result, new Set(transaction.grown.keys())]
  }

  /**
   * Resolves when it is stored, with false when it was not true any more. `meanwhile` is done while the
   * database is at it.
   */
  async #sendWhole(whole: Whole, meanwhile: () => void): Promise<boolean> {
    let isSent = false
    try {
      const { rows } = await this.#runAlone(whole.query, () => {
        isSent = true
        meanwhile()
      })
      const { mark, expected } = whole
      const { schema } = expected.version
      this.#time.of({ now: Number(rows[0]?.now), mark, schema, version: null })
    } catch (error) {
      if (isOutdated(error)) return false
      if (!isSent || this.#dialect.whole?.isLost(error) !== true) throw error
      if (!(await this.#isStoredWhole(whole, error))) throw error
    }
    return true
  }

  /**
   * What became of a statement whose reply was lost, as the log tells it. Nobody hears that it is not
   * stored before it is certain that it never will be.
   */
  async #isStoredWhole({ expected, written }: Whole, loss: unknown): Promise<boolean> {
    const { projectId } = expected
    const begin = this.#database.transaction().setAccessMode('read write')
    const look = (outer: Database) =>
      pipelined(outer, async (database): Promise<Fate> => {
        await this.#dialect.whole?.endSession(database, projectId, loss)
        await this.#dialect.lockProject?.(database, projectId)
        return fateOf(database, this.#dialect, expected, written)
      })
    let reason = loss
    try {
      const fate = await this.#retry(() => begin.execute(look))
      if (fate !== 'unknown') return fate === 'stored'
    } catch (error) {
      reason = error
    }
    throw unreadable(reason)
  }

  async #attemptLocked<Result>(
    work: (transaction: StorageTransaction) => Promise<Result>,
    projectId: ProjectId | undefined,
  ): Promise<Answer<Result>> {
    let known: { readonly cache: RowCache; readonly version: number } | undefined
    let turn = 0
    let transaction: SqlTransaction | undefined
    let answer: Answer<Result> | undefined
    const attempt = async (database: Database) => {
      const opened = await this.#open(database, projectId)
      this.#turn += 1
      turn = this.#turn
      const { at, locked } = opened
      const cache = this.#kept?.version === at.version ? this.#kept.cache : new RowCache()
      this.#kept = undefined
      transaction = new SqlTransaction(database, this.#dialect, at, cache, this.#projects)
      if (locked !== undefined) transaction.adopt(locked.projectId, locked.version)
      try {
        const opened = transaction
        const result = await this.#scope.run(() => work(opened))
        await transaction.finish()
        if (at.version !== null) known = { cache, version: at.version }
        answer = [result, new Set(transaction.grown.keys())]
      } finally {
        transaction.end()
      }
    }
    try {
      await this.#inTransaction(attempt, projectId)
    } catch (error) {
      await this.#settle(error, transaction)
    }
    if (answer === undefined) throw new Error('A transaction ended without an answer.')
    // Only now it is certain that all of this is stored.
    transaction?.keep()
    if (turn === this.#turn && known !== undefined) {
      known.cache.prune()
      if (known.cache.size < mostKept) this.#kept = known
    }
    return answer
  }

  /** Resolves when a transaction is stored although its end was an error; else rejects with the reason. */
  async #settle(error: unknown, transaction: SqlTransaction | undefined): Promise<void> {
    const loss = this.#dialect.inDoubt?.(error)
    // A commit after a failed write says only that it could not be.
    if (loss === undefined) throw (await transaction?.failure()) ?? error
    if (transaction === undefined || !(await this.#isStored(transaction))) throw loss
  }

  /**
   * Whether what a transaction has appended stands in the log; one without events is believed. Where
   * the log cannot be read, nobody is told to try again: most likely it is stored.
   */
  async #isStored({ grown }: SqlTransaction): Promise<boolean> {
    try {
      for (const [projectId, expected] of grown) {
        const given = { projectId, cursor: expected.sequence - 1, limit: 1 }
        const read = () => eventsAfter(this.#database, this.#dialect, given)
        const [found] = await this.#retry(read)
        if (JSON.stringify(found) !== JSON.stringify(expected)) return false
      }
      return true
    } catch (error) {
      throw unreadable(error)
    }
  }

  #inTransaction(
    attempt: (database: Database) => Promise<void>,
    projectId: ProjectId | undefined,
  ): Promise<void> {
    if (this.#transact !== undefined) {
      return this.#transact((connection) => attempt(connectedTo(connection, this.#database)))
    }
    const begin = this.#database.transaction()
    // Said as it begins, so that its identity is known long before its commit.
    const begun = this.#locksAhead(projectId) ? begin.setAccessMode('read write') : begin
    return begun.execute((outer) => pipelined(outer, attempt))
  }

  #locksAhead(projectId: ProjectId | undefined): projectId is ProjectId {
    return projectId !== undefined && this.#dialect.lockProject !== undefined
  }

  /** Reads the clock and, where the project is named, locks it first - all in one round trip. */
  async #open(database: Database, projectId: ProjectId | undefined) {
    const { lockProject } = this.#dialect
    if (lockProject === undefined || projectId === undefined) {
      return { at: await this.#now(database) }
    }
    const version = await this.#lockedVersion(database, projectId)
    const { mark, schema } = version
    const now = Math.max(version.now, mark)
    return {
      at: this.#time.of({ now, mark, schema, version: null }),
      locked: { projectId, version },
    }
  }

  async #lockedVersion(database: Database, projectId: ProjectId) {
    const [, version] = await Promise.all([
      this.#dialect.lockProject?.(database, projectId),
      readVersion(database, this.#dialect, projectId),
    ])
    return version
  }

  async #now(database: Database): Promise<Now> {
    return this.#time.of(await readNow(database, this.#dialect))
  }

  /** Runs a call to its end: again while the database is busy, its errors sorted into ours. */
  async #run<Result>(call: () => Promise<Result>): Promise<Result> {
    this.#scope.refuseInside()
    return this.#tracked(call)
  }

  /** As `#run`, for what nobody has called for; `close` waits for it. */
  #tracked<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#closing !== undefined) return Promise.reject(closedError())
    const running = this.#retry(call)
    this.#running.add(running)
    const forget = (): void => void this.#running.delete(running)
    running.then(forget, forget)
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
}

function unreadable(error: unknown): CuelineError {
  return new CuelineError(
    'storage-unreachable',
    `The connection was lost during a commit, and the log could not be read to see whether it is stored (${errorMessage(error)}). Look at the state before you repeat the command.`,
    { cause: error },
  )
}

function closedError(): CuelineError {
  return new CuelineError('refused', 'The storage is closed; open a new one.')
}
