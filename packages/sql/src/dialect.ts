import type { CuelineError } from '@cueline/core'
import type { Expression, Kysely, RawBuilder } from 'kysely'

/** What a column holds; each database says how it stores it. */
export type ColumnKind = 'text' | 'int' | 'real' | 'bool' | 'json' | 'bytes' | 'serial'

/** A column as statements name it. */
export interface Column {
  readonly name: string
  readonly kind: ColumnKind
}

/** Where a database of the storage differs from the others. Everything else is shared. */
export interface Dialect {
  readonly name: string
  /** Which database it is - file, or server and database without user and password -, for messages. */
  readonly place: string
  /** The type of a column of each kind, as `create table` wants it. */
  readonly types: Readonly<Record<ColumnKind, string>>
  /** Milliseconds since the epoch by the database's own clock, without offset or high-water mark. */
  readonly wallClock: RawBuilder<number>
  /**
   * A JSON list of lists as a table that can follow `from`, named `alias`: one row per list, its
   * values in the order of the columns.
   */
  records(json: Expression<unknown>, columns: readonly Column[], alias: string): RawBuilder<unknown>
  /**
   * Lists, one per column and all as long, as a table that can follow `from`, named `alias`. Absent
   * where bound rows are as fast.
   */
  lists?(
    lists: readonly Expression<unknown>[],
    columns: readonly Column[],
    alias: string,
  ): RawBuilder<unknown>
  /** A bound value that a `select` gives out, with its type where the database cannot tell it. */
  typed(value: Expression<unknown>, kind: ColumnKind): RawBuilder<unknown>
  /** A JSON list of texts as a subquery of one column, for `in (…)`. */
  texts(json: Expression<unknown>): RawBuilder<unknown>
  /** A JSON object as a table that can follow `from`, named `alias`: a row per `key` with its `value`. */
  entries(json: Expression<unknown>, alias: string): RawBuilder<unknown>
  /**
   * The column for a condition that only filters: SQLite without statistics would rather walk a
   * whole index on it than look up a few ids.
   */
  filterOnly(column: string): RawBuilder<unknown>
  /** A join that the database carries out in the order written, however it would like to. */
  readonly thenJoin: RawBuilder<unknown>
  /** A value of this kind, or null, as the driver takes it. */
  encode(kind: ColumnKind, value: unknown): unknown
  /** A value of this kind as the driver gives it, as a program wants it. */
  decode(kind: ColumnKind, value: unknown): unknown
  /**
   * Keeps other processes from changing this project until the transaction ends; called before the
   * first read of the project. Absent where a transaction locks everything from its start.
   */
  readonly lockProject?: (database: Database, projectId: string) => Promise<void>
  /**
   * Whether writes and the commit may be sent without waiting for the replies to those before: a
   * transaction in which one has failed cannot be committed any more.
   */
  readonly pipelines?: true
  /** Whether several inserts, updates and deletes can be one statement (`with …`). */
  readonly joinsWrites?: true
  /**
   * Where one statement can be a whole transaction: on connections that are the storage's own.
   */
  readonly whole?: WholeStatements
  /**
   * Lets this transaction stand still between two statements for as long as thousands of rows take to
   * work out; without it a process that does is taken for frozen. Absent where nobody watches.
   */
  readonly allowLongWork?: (database: Database) => Promise<void>
  /** Keeps other processes from migrating until the transaction ends; absent as above. */
  readonly lockMigrations?: (database: Database) => Promise<void>
  /**
   * A number that changes whenever somebody else has committed: while it stays, what was read before
   * is still true. Absent where the database has none, or lets others write meanwhile.
   */
  readonly dataVersion?: RawBuilder<number>
  /**
   * What is another when the database is served anew: after a restart, or by a replica that took
   * over and may lack what was committed last. Absent where the database is a file.
   */
  readonly server?: RawBuilder<unknown>
  /**
   * For an error of a transaction that the database calls committed although its reply was lost - a
   * crash may have given its identity to another - the error to go on with if it is not stored.
   * Undefined for all others.
   */
  readonly inDoubt?: (error: unknown) => Error | undefined
  /** Whether the same transaction may succeed when it is started again. */
  isBusy(error: unknown): boolean
  /**
   * Sorts an error of the driver into one of ours, the busy one after the last retry too; undefined
   * for an error that does not come from the driver.
   */
  sortError(error: unknown): CuelineError | undefined
}

export interface WholeStatements {
  /** Locks as `lockProject` does, and is true, or is false at once when somebody else has the lock. */
  tryLock(projectId: Expression<string>): RawBuilder<boolean>
  /** Whether an error says nothing of the statement, which may be stored: its reply was lost. */
  isLost(error: unknown): boolean
  /**
   * Ends the session whose reply was lost if it still holds the lock of the project: nobody waits
   * for it any more, and it may stand still.
   */
  endSession(database: Database, projectId: string, error: unknown): Promise<void>
}

/** Statements are written by hand and rows decoded by the table specs, so Kysely knows no tables. */
// oxlint-disable-next-line typescript/no-explicit-any -- the type that Kysely documents for this
export type Database = Kysely<any>
