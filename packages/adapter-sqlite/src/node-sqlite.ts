import type { DatabaseSync } from 'node:sqlite'
import type { SQLInputValue, StatementSync } from 'node:sqlite'

import { CompiledQuery, SqliteDialect, SqliteDriver } from 'kysely'
import type { DatabaseConnection, Driver, SqliteDatabase, SqliteStatement } from 'kysely'

/** Prepared statements kept per connection; more than the fixed ones of the storage. */
const cachedStatements = 256

/** `node:sqlite` in the shape that Kysely's own SQLite dialect wants. */
export function nodeSqlite(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>()
  return {
    close: () => database.close(),
    prepare(text) {
      let statement = statements.get(text)
      if (statement === undefined) {
        statement = adapted(database.prepare(text))
        if (statements.size === cachedStatements) {
          const oldest = statements.keys().next()
          if (oldest.done !== true) statements.delete(oldest.value)
        }
      } else {
        statements.delete(text)
      }
      // Last in the map is used last.
      statements.set(text, statement)
      return statement
    },
  }
}

function adapted(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  }
}

/**
 * Kysely's dialect with transactions that take the write lock at their start: one that reads first
 * and writes later fails at once when another process has written in between.
 */
export class ImmediateSqliteDialect extends SqliteDialect {
  readonly #database: DatabaseSync
  readonly #beforeBegin: () => void

  /** `beforeBegin` may throw to keep a transaction from starting. */
  constructor(database: DatabaseSync, beforeBegin: () => void = () => {}) {
    super({ database: nodeSqlite(database) })
    this.#database = database
    this.#beforeBegin = beforeBegin
  }

  override createDriver(): Driver {
    return new ImmediateSqliteDriver(this.#database, this.#beforeBegin)
  }
}

class ImmediateSqliteDriver extends SqliteDriver {
  readonly #database: DatabaseSync
  readonly #beforeBegin: () => void

  constructor(database: DatabaseSync, beforeBegin: () => void) {
    super({ database: nodeSqlite(database) })
    this.#database = database
    this.#beforeBegin = beforeBegin
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    this.#beforeBegin()
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }

  /** A full disk has rolled back by itself; a second rollback would hide the reason. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.isTransaction) await super.rollbackTransaction(connection)
  }
}
