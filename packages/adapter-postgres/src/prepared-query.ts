import { Query, types } from 'pg'
import type { Connection } from 'pg'

import { boundMessage } from './bound-message.ts'

/** A statement that a connection has prepared, run and heard described. */
export interface PreparedStatement {
  readonly name: string
  readonly text: string
  readonly columns: readonly ResultColumn[]
}

/** What came of a statement. */
export interface PostgresResult {
  readonly command: string
  readonly rowCount: number | null
  readonly rows: unknown[]
  /** As the server has described the columns of its rows, where it was asked. */
  readonly fields?: readonly Field[]
}

interface ResultColumn {
  readonly name: string
  readonly parse: (text: string) => unknown
}

/** A column as the server describes it. */
interface Field {
  readonly name: string
  readonly dataTypeID: Parameters<typeof types.getTypeParser>[0]
}

/** Said here, because declarations cannot name what the types of `pg` take it from. */
interface Parsers {
  getTypeParser(...type: Parameters<typeof types.getTypeParser>): (text: string) => unknown
}

/**
 * Whatever parsers the host has set: 64-bit numbers as numbers (times, counters and fences stay far
 * below 2^53), JSON as text for the dialect to parse.
 */
export const parsers: Parsers = {
  getTypeParser(...type) {
    const [oid] = type
    if (oid === types.builtins.INT8 || oid === types.builtins.NUMERIC) return Number
    if (oid === types.builtins.JSON) return String
    return types.getTypeParser(...type)
  },
}

export function columnsOf(fields: readonly Field[]): readonly ResultColumn[] {
  return fields.map(({ name, dataTypeID }) => ({
    name,
    parse: parsers.getTypeParser(dataTypeID, 'text'),
  }))
}

type Done = (error: Error | null, result: PostgresResult) => void

/** What `pg` calls of a query; it sends several without waiting only where they come from its own class. */
interface PgQuery {
  readonly text: string
  callback: Done
  submit(connection: Connection): Error | null
  handleDataRow(message: { readonly fields: readonly (string | null)[] }): void
  handleCommandComplete(message: { readonly text: string }): void
  handleReadyForQuery(): void
}

// The published types make properties of its methods, which a class cannot override.
const BaseQuery = Query as unknown as new (text: string) => PgQuery

/**
 * Values for a statement that is prepared. It goes out in one piece, and its rows are not described again:
 * the server refuses to run a prepared statement whose columns have changed.
 */
export class PreparedQuery extends BaseQuery {
  readonly #statement: PreparedStatement
  readonly #values: readonly unknown[]
  readonly #rows: unknown[] = []
  #command = ''
  #failure: Error | null = null

  constructor(statement: PreparedStatement, values: readonly unknown[], done: Done) {
    super(statement.text)
    this.#statement = statement
    this.#values = values
    this.callback = done
  }

  override submit(connection: Connection): Error | null {
    // A connection that is lost says so itself.
    const { stream } = connection
    if (stream.writable) stream.write(boundMessage(this.#statement.name, this.#values))
    return null
  }

  override handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    try {
      const row: Record<string, unknown> = {}
      for (const [at, { name, parse }] of this.#statement.columns.entries()) {
        const text = fields[at]
        row[name] = text === null || text === undefined ? null : parse(text)
      }
      this.#rows.push(row)
    } catch (error) {
      this.#failure = error as Error
    }
  }

  override handleCommandComplete({ text }: { readonly text: string }): void {
    this.#command = text
  }

  override handleReadyForQuery(): void {
    const [command = '', ...counts] = this.#command.split(' ')
    const count = counts.at(-1)
    const rowCount = count === undefined ? null : Number(count)
    this.callback(this.#failure, { command, rowCount, rows: this.#rows })
  }
}
