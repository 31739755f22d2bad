import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'

import type { Database } from './dialect.ts'

type Send = <Row>(query: CompiledQuery<Row>) => Promise<QueryResult<Row>>

/**
 * Gives `work` the connection of the transaction without the queue before it: a statement is sent at
 * once, also while an earlier one is under way. Where the driver pipelines, several statements cost
 * one round trip; elsewhere it takes them one after the other.
 */
export function pipelined<Result>(
  database: Database,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  return database
    .getExecutor()
    .provideConnection((connection) => work(over(database, sender(connection))))
}

/**
 * Sends all statements of `work`, none waiting for the one before, and resolves when the last is
 * done. `work` gets no rows, so what it sends may not depend on an answer.
 */
export function sendAll(
  database: Database,
  work: (database: Database) => Promise<void>,
): Promise<void> {
  return pipelined(database, async (direct) => {
    const sent: Promise<unknown>[] = []
    const send: Send = async (query) => {
      const running = direct.executeQuery(query)
      // Whoever is last to be waited for may fail first.
      running.catch(() => {})
      sent.push(running)
      return { rows: [] }
    }
    await work(over(database, send))
    await Promise.all(sent)
  })
}

function sender(connection: DatabaseConnection): Send {
  return <Row>(query: CompiledQuery<Row>) => connection.executeQuery<Row>(query)
}

/** Statements here only compile and run, so this much of Kysely is enough. */
function over(database: Database, executeQuery: Send): Database {
  return { executeQuery, getExecutor: () => database.getExecutor() } as unknown as Database
}
