import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'

import type { Database, Dialect } from './dialect.ts'
import { joined } from './joined.ts'

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

/** What sends writes: a database for statements without answers. */
export interface Writing {
  readonly database: Database
  /** What comes next may touch what came before, or has to see it. */
  readonly apart: () => void
}

/**
 * Sends all statements of `work` over a connection that `pipelined` gave, none waiting for the one
 * before, and joined to one where the database can. Resolves, once they are sent, with what settles
 * when the last is done. `work` gets no rows, so what it sends may not depend on an answer.
 */
export async function sendAll(
  direct: Database,
  dialect: Dialect,
  work: (writing: Writing) => Promise<void>,
): Promise<{ readonly done: Promise<unknown> }> {
  const sent: Promise<unknown>[] = []
  let gathered: CompiledQuery[] = []
  const send = (query: CompiledQuery): void => {
    const running = direct.executeQuery(query)
    // Whoever is last to be waited for may fail first.
    running.catch(() => {})
    sent.push(running)
  }
  const apart = (): void => {
    for (const query of joined(gathered)) send(query)
    gathered = []
  }
  const database = over(direct, async (query) => {
    if (dialect.joinsWrites === true) gathered.push(query)
    else send(query)
    return { rows: [] }
  })
  await work({ database, apart })
  apart()
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
