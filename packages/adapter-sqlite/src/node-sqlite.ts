import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

import type { SqlStorageOptions, SynchronousConnection } from '@cueline/sql'
import { Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely'

/** Prepared statements kept per connection; more than the fixed ones of the storage. */
const mostStatements = 512

/**
 * What a storage needs of an open database: Kysely for what is rare, and transactions that go past it.
 * `beforeBegin` may throw to keep a transaction from starting.
 */
export function overNodeSqlite(
  database: DatabaseSync,
  beforeBegin: () => void = () => {},
): NodeSqliteParts {
  const driver = new NodeSqliteDriver(database, beforeBegin)
  return {
    kysely: new Kysely({
      dialect: {
        createAdapter: () => new QueuedSqliteAdapter(),
        createDriver: () => driver,
        createIntrospector: (kysely) => new SqliteIntrospector(kysely),
        createQueryCompiler: () => new SqliteQueryCompiler(),
      },
    }),
    transact: (work) => driver.transact(work),
  }
}

export interface NodeSqliteParts extends Pick<SqlStorageOptions, 'kysely'> {
  readonly transact: <Result>(
    work: (connection: SynchronousConnection) => Promise<Result>,
  ) => Promise<Result>
}

/** The driver lets one after the other have its only connection, so Kysely need not. */
class QueuedSqliteAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

/**
 * One connection, and transactions that take the write lock at their start: one that reads first and
 * writes later fails at once when another process has written in between.
 */
class NodeSqliteDriver implements Driver {
  readonly #database: DatabaseSync
  readonly #beforeBegin: () => void
  readonly #connection: NodeSqliteConnection
  #isTaken = false
  readonly #waiting: (() => void)[] = []

  constructor(database: DatabaseSync, beforeBegin: () => void) {
    this.#database = database
    this.#beforeBegin = beforeBegin
    this.#connection = new NodeSqliteConnection(database)
  }

  async transact<Result>(
    work: (connection: SynchronousConnection) => Promise<Result>,
  ): Promise<Result> {
    if (this.#isTaken) await this.acquireConnection()
    else this.#isTaken = true
    try {
      this.#begin()
      try {
        const result = await work(this.#connection)
        this.#connection.executeNow('commit', [])
        return result
      } catch (error) {
        this.#rollback()
        throw error
      }
    } finally {
      this.#release()
    }
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    if (this.#isTaken) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#isTaken = true
    return this.#connection
  }

  async releaseConnection(): Promise<void> {
    this.#release()
  }

  async beginTransaction(): Promise<void> {
    this.#begin()
  }

  async commitTransaction(): Promise<void> {
    this.#connection.executeNow('commit', [])
  }

  async rollbackTransaction(): Promise<void> {
    this.#rollback()
  }

  async destroy(): Promise<void> {
    this.#database.close()
  }

  #begin(): void {
    this.#beforeBegin()
    this.#connection.executeNow('begin immediate', [])
  }

  /** A full disk has rolled back by itself; a second rollback would hide the reason. */
  #rollback(): void {
    if (this.#database.isTransaction) this.#connection.executeNow('rollback', [])
  }

  /** Whoever waits has it from now on: it stays taken. */
  #release(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#isTaken = false
    else next()
  }
}

interface Prepared {
  readonly statement: StatementSync
  readonly hasRows: boolean
}

const noRows: readonly unknown[] = []

class NodeSqliteConnection implements SynchronousConnection {
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, Prepared>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  readonly executeNow = (sql: string, parameters: readonly unknown[]): readonly unknown[] => {
    const { statement, hasRows } = this.#prepared.get(sql) ?? this.#prepare(sql)
    const values = parameters as readonly SQLInputValue[]
    if (hasRows) return statement.all(...values)
    statement.run(...values)
    return noRows
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    return { rows: this.executeNow(sql, parameters) as Row[] }
  }

  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    yield await this.executeQuery(query)
  }

  #prepare(sql: string): Prepared {
    // Hardly ever: the storage has fewer, and all of them come back at once.
    if (this.#prepared.size >= mostStatements) this.#prepared.clear()
    const statement = this.#database.prepare(sql)
    const prepared = { statement, hasRows: statement.columns().length > 0 }
    this.#prepared.set(sql, prepared)
    return prepared
  }
}
