import { CompiledQuery } from 'kysely'
import type { DatabaseConnection, QueryResult } from 'kysely'

import type { Database, Dialect } from './dialect.ts'
import { joined } from './joined.ts'

type Send = <Row>(query: CompiledQuery<Row>) => Promise<QueryResult<Row>>

/** Runs a statement and gives its rows, at once. */
export type ExecuteNow = (sql: string, parameters: readonly unknown[]) => readonly unknown[]

/** A connection whose driver answers at once, so that nobody has to wait in between. */
export interface SynchronousConnection extends DatabaseConnection {
  readonly executeNow: ExecuteNow
}

/**
 * Gives `work` the connection of the transaction without the queue before it, for as long as it
 * takes: a statement is sent at once, also while an earlier one is under way. Where the driver
 * pipelines, several statements cost one round trip; elsewhere it takes them one after the other.
 */
export function pipelined<Result>(
  database: Database,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  return database
    .getExecutor()
    .provideConnection((connection) => work(connectedTo(connection, database)))
}

/** The same database, but every statement goes over this connection. */
export function connectedTo(connection: DatabaseConnection, database: Database): Database {
  const executeQuery: Send = (query) => connection.executeQuery(query)
  return over(database, executeQuery, (connection as Partial<SynchronousConnection>).executeNow)
}

/** What answers at once, where the driver does. */
export function executeNowOf(database: Database): ExecuteNow | undefined {
  return (database as { readonly executeNow?: ExecuteNow }).executeNow
}

/** A statement with the values bound to it; nothing of what Kysely knows about a query is needed. */
export function boundQuery(sql: string, parameters: readonly unknown[]): CompiledQuery {
  return { sql, parameters, query: anyQuery.query, queryId: anyQuery.queryId }
}

const anyQuery = CompiledQuery.raw('')

/** Where writes go: statements without answers, in their order. */
export interface Writing {
  /** For what has to be compiled; a statement sent over it goes nowhere else. */
  readonly database: Database
  readonly send: (sql: string, parameters: readonly unknown[]) => void
  /** What comes next may touch what came before, or has to see it. */
  readonly apart: () => void
}

/**
 * Sends all statements of `work` over a connection that `pipelined` gave, none waiting for the one
 * before, and joined to one where the database can. What it gives settles when the last is done; where
 * the driver answers at once, all are done and nothing is given. `work` gets no rows, so what it sends
 * may not depend on an answer.
 */
export function sendAll(
  database: Database,
  dialect: Dialect,
  work: (writing: Writing) => void,
): Promise<unknown> | undefined {
  const now = executeNowOf(database)
  if (now !== undefined) {
    work({ database, send: now, apart: () => {} })
    return undefined
  }
  const sent: Promise<unknown>[] = []
  let gathered: CompiledQuery[] = []
  const sendNow = (query: CompiledQuery): void => {
    const running = database.executeQuery(query)
    // Whoever is last to be waited for may fail first.
    running.catch(() => {})
    sent.push(running)
  }
  const apart = (): void => {
    for (const query of joined(gathered)) sendNow(query)
    gathered = []
  }
  const send: Writing['send'] = (sql, parameters) => {
    const query = boundQuery(sql, parameters)
    if (dialect.joinsWrites === true) gathered.push(query)
    else sendNow(query)
  }
  work({ database, send, apart })
  apart()
  const done = Promise.all(sent)
  done.catch(() => {})
  return done
}

/** The statements of `work`, unsent; undefined where they are not of one piece (`apart`). */
export function gathered(
  database: Database,
  work: (writing: Writing) => void,
): readonly CompiledQuery[] | undefined {
  const queries: CompiledQuery[] = []
  let pieces = 0
  let end = 0
  const apart = (): void => {
    if (queries.length > end) pieces += 1
    end = queries.length
  }
  work({ database, send: (sql, parameters) => queries.push(boundQuery(sql, parameters)), apart })
  apart()
  return pieces < 2 ? queries : undefined
}

/** As much of Kysely as statements use. */
export function over(database: Database, executeQuery: Send, executeNow?: ExecuteNow): Database {
  const getExecutor = () => {
    const executor = database.getExecutor()
    return {
      executeQuery,
      compileQuery: executor.compileQuery.bind(executor),
      transformQuery: executor.transformQuery.bind(executor),
    }
  }
  return { executeQuery, executeNow, getExecutor } as unknown as Database
}
