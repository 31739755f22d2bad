import process from 'node:process'

import { CuelineError } from '@cueline/core'
import type { RunAlone } from '@cueline/sql'
import { CompiledQuery, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import type {
  DatabaseConnection,
  Dialect as KyselyDialect,
  Driver,
  QueryResult,
  TransactionSettings,
} from 'kysely'
import { Query, types } from 'pg'
import type { ClientBase } from 'pg'

import { CommitInDoubt, isConnectionLost, isPoolFull } from './postgres-error.ts'

/** What the storage needs of a client of `pg`. */
export interface PostgresClient {
  /** Whether statements are sent without waiting for the reply to those before. */
  readonly pipeline?: boolean
  /** The process of the server that serves it. */
  readonly processID?: number | null
  /** What `pg` writes to; how it does so is its own affair, so it may be missing. */
  readonly connection?: { readonly stream?: { cork?(): void; uncork?(): void } }
  query(query: PostgresQuery): Promise<PostgresResult>
  release(destroy?: boolean): void
  on(event: 'error', listener: (error: Error) => void): unknown
  off(event: 'error', listener: (error: Error) => void): unknown
}

/** What the storage needs of a pool; the `Pool` of `pg` is one. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>
  /** How many wait for a connection. */
  readonly waitingCount?: number
}

export interface PostgresQuery {
  readonly text: string
  readonly values?: unknown[]
  readonly name?: string
  readonly types?: object
}

interface PostgresResult {
  readonly command: string
  readonly rowCount: number | null
  readonly rows: unknown[]
}

export interface PostgresDriverOptions {
  readonly pool: PostgresPool
  /** Ends the pool when the storage closes; absent for a pool of the host. */
  readonly end?: () => Promise<void>
  /** Statements that every transaction starts with, after `begin`. */
  readonly perTransaction: string
  /** Statements that a new connection starts with; absent where connections belong to the host. */
  readonly perConnection?: string
  /** How long to ask what became of a commit without a reply, milliseconds. */
  readonly outcomeTimeoutMs: number
  /** Server and database, for messages. */
  readonly place: string
}

export interface KyselyPostgres extends KyselyDialect {
  /** Runs one statement outside of transactions, without Kysely; over connections of the storage's own. */
  readonly runAlone: RunAlone
}

/** Kysely's parts for Postgres, with a driver that settles commits whose reply was lost. */
export function kyselyPostgres(options: PostgresDriverOptions): KyselyPostgres {
  const driver = new PostgresDriver(options)
  return {
    runAlone: (query, sent) => driver.runAlone(query, sent),
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driver,
    createIntrospector: (database) => new PostgresIntrospector(database),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
}

class PostgresDriver implements Driver {
  readonly #options: PostgresDriverOptions
  readonly #connections = new WeakMap<PostgresClient, Connection>()
  /** Connections that were released in this turn of the event loop, and are not in the pool yet. */
  readonly #resting: Connection[] = []

  constructor(options: PostgresDriverOptions) {
    this.#options = options
  }

  async init(): Promise<void> {}

  async runAlone<Row>(query: CompiledQuery<Row>, sent: () => void): Promise<QueryResult<Row>> {
    const connection = this.#takeRested() ?? (await this.acquireConnection())
    try {
      const reply = connection.query<Row>(query)
      sent()
      return await reply
    } finally {
      this.#release(connection)
    }
  }

  #takeRested(): Connection | undefined {
    const rested = this.#resting.pop()
    if (rested?.isWell === true) return rested
    rested?.release()
    return undefined
  }

  async acquireConnection(): Promise<Connection> {
    const rested = this.#takeRested()
    if (rested !== undefined) return rested
    const client = await this.#options.pool.connect()
    let connection = this.#connections.get(client)
    if (connection === undefined) {
      connection = new Connection(client, this.#options)
      this.#connections.set(client, connection)
    }
    connection.acquire()
    return connection
  }

  /** A transaction that says that it will write is asked for its identity at once. */
  async beginTransaction(connection: Connection, settings: TransactionSettings): Promise<void> {
    connection.begin(settings.accessMode === 'read write')
  }

  async commitTransaction(connection: Connection): Promise<void> {
    const lost = await connection.commit()
    if (lost === undefined) return
    // Its place in the pool is needed to ask: others may have lost theirs in the same moment.
    connection.giveUp()
    await this.#settle(lost)
  }

  async rollbackTransaction(connection: Connection): Promise<void> {
    await connection.rollback()
  }

  async releaseConnection(connection: Connection): Promise<void> {
    this.#release(connection)
  }

  /**
   * What ends one transaction often begins the next, and the way through the pool and back costs as much as
   * a small statement: who asks in the same turn of the event loop gets the connection at once. Nobody who
   * waits in the pool waits longer for that.
   */
  #release(connection: Connection): void {
    const own = this.#options.perConnection !== undefined
    if (!own || !connection.isWell || this.#options.pool.waitingCount !== 0) {
      connection.release()
      return
    }
    if (this.#resting.push(connection) === 1) setImmediate(() => this.#restNoMore())
  }

  #restNoMore(): void {
    for (const connection of this.#resting.splice(0)) connection.release()
  }

  async destroy(): Promise<void> {
    this.#restNoMore()
    await this.#options.end?.()
  }

  /**
   * The reply to a commit was lost, so it may have happened: asks the server about the transaction,
   * over other connections, until it knows. Throws `CommitInDoubt` when it was committed, the loss
   * when it was not - then it may run again - and `storage-unreachable` when nobody answers in time.
   */
  async #settle({ transactionId, error }: LostCommit): Promise<never> {
    const { outcomeTimeoutMs, place } = this.#options
    const deadline = performance.now() + outcomeTimeoutMs
    for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, 250)) {
      let failure: unknown
      try {
        const status = await this.#statusOf(transactionId)
        if (status === 'committed') {
          throw new CommitInDoubt(transactionId, error)
        }
        if (status === 'aborted') throw error
      } catch (caught) {
        if (caught === error || caught instanceof CommitInDoubt) throw caught
        failure = caught
      }
      const isPassing = failure === undefined || isConnectionLost(failure) || isPoolFull(failure)
      // Whatever else went wrong says nothing about the commit, so nobody may take it for a failure.
      if (!isPassing || performance.now() > deadline) {
        throw new CuelineError(
          'storage-unreachable',
          `The connection to ${place} was lost during a commit, and the server did not tell in time whether transaction ${transactionId} is stored. Look at the state before you repeat the command.`,
          { details: { place, transactionId }, cause: error },
        )
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }

  async #statusOf(transactionId: string): Promise<unknown> {
    const connection = await this.acquireConnection()
    try {
      const values = [transactionId]
      const { rows } = await connection.query(CompiledQuery.raw(statusText, values))
      const status = (rows[0] as { readonly status?: unknown } | undefined)?.status
      // Nobody waits for that transaction any more, and it holds locks until it ends.
      if (status === 'in progress') await connection.query(CompiledQuery.raw(endText, values))
      return status
    } finally {
      connection.release()
    }
  }
}

const statusText = 'select pg_xact_status($1::xid8) as status'
const endText =
  'select pg_terminate_backend(pid) from pg_stat_activity where backend_xid = ($1::xid8)::xid'
const transactionIdText = 'select pg_current_xact_id()::text as id'

/** A commit without a reply. */
interface LostCommit {
  readonly transactionId: string
  readonly error: Error
}

class Connection implements DatabaseConnection {
  readonly #client: PostgresClient
  readonly #options: PostgresDriverOptions
  /** What was sent before the next statement without waiting for its reply. */
  #ahead: Promise<unknown> | undefined
  /** Settles with the statement sent last. */
  #last: Promise<unknown> = Promise.resolve()
  #inUse = false
  #inTransaction = false
  #transactionId: Promise<string> | undefined
  #broken = false
  #gathers = false

  /**
   * A connection that breaks in use is heard of by its statement; without a listener it would take
   * the process along.
   */
  readonly #noteLoss = (): void => {
    this.#broken = true
  }

  constructor(client: PostgresClient, options: PostgresDriverOptions) {
    this.#client = client
    this.#options = options
    if (options.perConnection === undefined) return
    for (const [oid, parse] of ownParsers)
      (client as unknown as ClientBase).setTypeParser(oid, parse)
    void this.#sendAhead(options.perConnection)
  }

  /** Whether it is in use, and nothing has gone wrong with it. */
  get isWell(): boolean {
    return this.#inUse && !this.#broken
  }

  acquire(): void {
    this.#inUse = true
    this.#client.on('error', this.#noteLoss)
  }

  begin(willWrite = false): void {
    this.#inTransaction = true
    this.#transactionId = undefined
    const text = `begin isolation level read committed; ${this.#options.perTransaction}`
    if (!willWrite) {
      void this.#sendAhead(text)
      return
    }
    // Several statements in one message answer with a list.
    const begun = this.#sendAhead(`${text}; ${transactionIdText}`)
    this.#transactionId = begun.then((results) => idIn([results].flat().at(-1)))
    this.#transactionId.catch(() => {})
  }

  /** Resolves with what has to be found out, or with nothing when all is well. */
  async commit(): Promise<LostCommit | undefined> {
    const transactionId = await this.#transactionId
    this.#inTransaction = false
    try {
      await this.#awaitAhead()
      const { command } = await this.#send({ text: 'commit' })
      if (command === 'ROLLBACK') throw new Error('The transaction had failed before its commit.')
      return undefined
    } catch (error) {
      if (!(error instanceof Error) || !isConnectionLost(error)) throw error
      this.#broken = true
      // A transaction that only read has nothing to lose.
      return transactionId === undefined ? undefined : { transactionId, error }
    }
  }

  async rollback(): Promise<void> {
    this.#inTransaction = false
    if (!this.#inUse) return
    try {
      await this.#awaitAhead()
      await this.#send({ text: 'rollback' })
    } catch {
      // The reason for the rollback is what the caller has to hear; the server rolls back by itself
      // when the connection closes.
      this.#broken = true
    }
  }

  /** Ends the connection before its user releases it. */
  giveUp(): void {
    this.#broken = true
    this.#endUse()
  }

  release(): void {
    if (this.#inUse) this.#endUse()
  }

  #endUse(): void {
    this.#inUse = false
    this.#client.off('error', this.#noteLoss)
    this.#client.release(this.#broken)
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#inTransaction || this.#options.perConnection !== undefined) {
      return this.query<Row>(query)
    }
    // A connection of the host knows our schema only inside a transaction.
    this.begin()
    try {
      const result = await this.query<Row>(query)
      await this.commit()
      return result
    } catch (error) {
      await this.rollback()
      throw error
    }
  }

  async query<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { name, writes } = knownText(sql)
    const running =
      this.#options.perConnection === undefined
        ? this.#send({ text: sql, values: [...parameters], types: parsers })
        : this.#sendOwn(sql, parameters, name)
    if (writes && this.#inTransaction) this.#transactionId ??= this.#askTransactionId()
    const ahead = this.#ahead
    this.#ahead = undefined
    try {
      const result = ahead === undefined ? running : Promise.all([ahead, running]).then(second)
      const { command, rowCount, rows } = await result
      return command === 'SELECT'
        ? { rows: rows as Row[] }
        : { rows: rows as Row[], numAffectedRows: BigInt(rowCount ?? 0) }
    } catch (error) {
      if (error instanceof Error && isConnectionLost(error)) {
        this.#broken = true
        sessions.set(error, this.#client.processID ?? undefined)
      }
      throw error
    }
  }

  streamQuery(): never {
    throw new Error('The storage reads no streams.')
  }

  /** Sent without waiting: its answer is there before the commit. */
  #askTransactionId(): Promise<string> {
    const asked = this.#send({ text: transactionIdText }).then(idIn)
    // When the write failed, so does this; the write is what the caller hears of.
    asked.catch(() => {})
    return asked
  }

  #send(query: PostgresQuery): Promise<PostgresResult> {
    return this.#inOrder(() => this.#client.query(query))
  }

  /** In the order of the calls, also where the client itself wants statements one by one. */
  #inOrder(send: () => Promise<PostgresResult>): Promise<PostgresResult> {
    if (this.#client.pipeline === true) {
      // What is a transaction of its own goes out at once: nothing comes with it.
      if (this.#inTransaction) this.#gather()
      return send()
    }
    const sent = this.#last.then(send)
    this.#last = sent.catch(() => {})
    return sent
  }

  /**
   * As `#send` over a connection of our own, prepared: a pooler of the host may hand out another one each
   * time. Not as a config, which the client copies with the descriptors of its properties, and not for
   * the client's promise, which goes through another one: that takes as long as writing the message.
   */
  #sendOwn(
    text: string,
    values: readonly unknown[],
    name: string | undefined,
  ): Promise<PostgresResult> {
    const send = () =>
      new Promise<PostgresResult>((resolve, reject) => {
        const query = new Query(text, values as unknown[], (error, result) => {
          if (error) reject(error)
          else resolve(result)
        })
        // Statements without values are never long and hardly ever come twice.
        if (name !== undefined && values.length > 0) Object.assign(query, { name })
        ;(this.#client as unknown as ClientBase).query(query)
      })
    return this.#inOrder(send)
  }

  /** What is sent until nothing is left to do goes out together: each write to a socket costs. */
  #gather(): void {
    const stream = this.#client.connection?.stream
    if (this.#gathers || stream?.cork === undefined) return
    this.#gathers = true
    stream.cork()
    process.nextTick(() => {
      this.#gathers = false
      stream.uncork?.()
    })
  }

  #sendAhead(text: string): Promise<PostgresResult> {
    const sent = this.#send({ text })
    const before = this.#ahead
    this.#ahead = before === undefined ? sent : Promise.all([before, sent])
    // Whoever comes next hears of it.
    this.#ahead.catch(() => {})
    sent.catch(() => {})
    return sent
  }

  async #awaitAhead(): Promise<void> {
    const before = this.#ahead
    this.#ahead = undefined
    await before
  }
}

const sessions = new WeakMap<Error, number | undefined>()

/** The process of the server whose reply to a statement was lost with this error. */
export function sessionOf(error: unknown): number | undefined {
  return error instanceof Error ? sessions.get(error) : undefined
}

function second<Value>([, value]: readonly [unknown, Value]): Value {
  return value
}

function idIn(result: PostgresResult | undefined): string {
  const row = result?.rows[0] as { readonly id: unknown } | undefined
  return String(row?.id)
}

/** Prepared statements kept per connection; more than the fixed ones of the storage. */
const keptStatements = 500
const prepared = new Map<string, KnownText>()

interface KnownText {
  readonly name: string | undefined
  readonly writes: boolean
}

function knownText(text: string): KnownText {
  const known = prepared.get(text)
  if (known !== undefined) return known
  const writes = /\b(insert|update|delete)\b/.test(text)
  if (prepared.size >= keptStatements) return { name: undefined, writes }
  const added = { name: `cueline_${prepared.size}`, writes }
  prepared.set(text, added)
  return added
}

type TypeId = Parameters<typeof types.getTypeParser>[0]

/**
 * Whatever parsers the host has set: 64-bit numbers as numbers (times, counters and fences stay far
 * below 2^53), JSON as text for the dialect to parse.
 */
const ownParsers: ReadonlyMap<TypeId, (text: string) => unknown> = new Map<
  TypeId,
  (text: string) => unknown
>([
  [types.builtins.INT8, Number],
  [types.builtins.NUMERIC, Number],
  [types.builtins.JSON, String],
])

/** The same for a statement over a connection of the host. */
const parsers = {
  getTypeParser(...type: Parameters<typeof types.getTypeParser>) {
    return ownParsers.get(type[0]) ?? types.getTypeParser(...type)
  },
}
