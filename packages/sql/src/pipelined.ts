import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'

import type { Database } from './dialect.ts'

type Send = <Row>(query: CompiledQuery<Row>) => Promise<QueryResult<Row>>

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
    .provideConnection((connection) => work(over(database, sender(connection))))
}

/**
 * Sends all statements of `work` over a connection that `pipelined` gave, none waiting for the one
 * before. Resolves, once they are sent, with what settles when the last is done. `work` gets no rows,
 * so what it sends may not depend on an answer.
 */
export async function sendAll(
  direct: Database,
  work: (database: Database) => Promise<void>,
): Promise<{ readonly done: Promise<unknown> }> {
  const sent: Promise<unknown>[] = []
  const send: Send = async (query) => {
    const running = direct.executeQuery(query)
    // Whoever is last to be waited for may fail first.
    running.catch(() => {})
    sent.push(running)
    return { rows: [] }
  }
  await work(over(direct, send))
  const done = Promise.all(sent)
  done.catch(() => {})
  return { done }
}

function sender(connection: DatabaseConnection): Send {
  return <Row>(query: CompiledQuery<Row>) => connection.executeQuery<Row>(query)
}

/** The same database, but every statement goes this way: as much of Kysely as statements use. */
function over(database: Database, executeQuery: Send): Database {
  const executor = database.getExecutor()
  const direct = {
    executeQuery,
    compileQuery: executor.compileQuery.bind(executor),
    transformQuery: executor.transformQuery.bind(executor),
  }
  return { executeQuery, getExecutor: () => direct } as unknown as Database
}
