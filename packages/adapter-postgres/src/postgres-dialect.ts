import { CuelineError } from '@cueline/core'
import type { Column, ColumnKind, Database, Dialect } from '@cueline/sql'
import { CompiledQuery, sql } from 'kysely'

import { sessionOf } from './postgres-driver.ts'
import { CommitInDoubt, isBusy, isConnectionLost, sortPostgresError } from './postgres-error.ts'

export interface PostgresDialectOptions {
  /** Holds the tables. */
  readonly schema: string
  /** Whether the schema is made when it is not there; true if absent. */
  readonly create?: boolean
  /** Server and database, for messages. */
  readonly place: string
  /** Whether statements may stand alone: connections are the storage's own and know the schema. */
  readonly ownConnections?: boolean
}

/** Types of values that come out of JSON; texts take the collation of the column they meet. */
const valueTypes: Readonly<Record<ColumnKind, string>> = {
  text: 'text',
  int: 'bigint',
  real: 'double precision',
  bool: 'boolean',
  json: 'json',
  bytes: 'bytea',
  serial: 'bigint',
}

/** What Postgres does its own way. */
export function postgresDialect(options: PostgresDialectOptions): Dialect {
  const { schema, place, ownConnections = false, create = true } = options
  const keyOf = (projectId: string) => `cueline ${schema} ${projectId}`
  return {
    name: 'postgres',
    place,
    types: {
      ...valueTypes,
      // Sorts by code point, as every storage does, whatever the locale of the database.
      text: 'text collate "C"',
      serial: 'bigint generated always as identity primary key',
    },
    // Not `extract`, which reckons with any number of digits.
    wallClock: sql`cast(date_part('epoch', clock_timestamp()) * 1000 as bigint)`,
    records: (json, columns, alias) => sql`(
      select ${sql.join(columns.map(valueAt))}
      from json_array_elements(cast(${json} as json)) as listed (value)
    ) as ${sql.ref(alias)}`,
    lists: (lists, columns, alias) =>
      sql`unnest(${sql.join(
        lists.map(
          (list, at) => sql`cast(${list} as ${sql.raw(valueTypes[columns[at]?.kind ?? 'text'])}[])`,
        ),
      )}) as ${sql.ref(alias)} (${sql.join(columns.map(({ name }) => sql.ref(name)))})`,
    // Out of an array the planner expects ten, out of JSON a hundred: too many to look each one up.
    typed: (value, kind) => sql`cast(${value} as ${sql.raw(valueTypes[kind])})`,
    texts: (json) => sql`(select unnest(array(
      select value from json_array_elements_text(cast(${json} as json)) as listed (value)
    )))`,
    entries: (json, alias) => sql`json_each_text(${json}) as ${sql.ref(alias)}`,
    filterOnly: (column) => sql`(${sql.ref(column)} || '')`,
    thenJoin: sql`join`,
    encode,
    decode,
    server: sql`date_part('epoch', pg_postmaster_start_time())`,
    pipelines: true,
    joinsWrites: true,
    lockProject: (database, projectId) => lock(database, keyOf(projectId)),
    ...(ownConnections && {
      whole: {
        tryLock: (projectId) => sql`pg_try_advisory_xact_lock(
          hashtextextended(cast(${keyOf('')} as text) || ${projectId}, 0))`,
        isLost: isConnectionLost,
        endSession: (database, projectId, error) =>
          endSession(database, keyOf(projectId), sessionOf(error)),
      },
    }),
    allowLongWork: async (database) => {
      await database.executeQuery(CompiledQuery.raw(longWorkText))
    },
    lockMigrations: (database) => prepareSchema(database, { schema, place, create }),
    inDoubt: (error) => (error instanceof CommitInDoubt ? error.loss : undefined),
    isBusy,
    sortError: (error) => sortPostgresError(error, place),
  }
}

/** `->` keeps JSON as it is, `->>` takes the value out of it as text. */
function valueAt({ name, kind }: Column, index: number) {
  const at = sql.lit(index)
  const value = kind === 'json' ? sql`value -> ${at}` : sql`value ->> ${at}`
  return sql`cast(${value} as ${sql.raw(valueTypes[kind])}) as ${sql.ref(name)}`
}

function encode(kind: ColumnKind, value: unknown): unknown {
  return kind === 'json' ? JSON.stringify(value) : value
}

function decode(kind: ColumnKind, value: unknown): unknown {
  if (kind === 'json') return JSON.parse(String(value))
  if (kind === 'bytes') {
    const { buffer, byteOffset, byteLength } = value as Uint8Array
    return new Uint8Array(buffer, byteOffset, byteLength)
  }
  return value
}

const lockText = 'select pg_advisory_xact_lock(hashtextextended($1, 0))'

/**
 * Until the transaction ends. A lock on the row of the project would do the same, but not for a
 * project that is being made; and this one writes nothing.
 */
async function lock(database: Database, key: string): Promise<void> {
  await database.executeQuery(CompiledQuery.raw(lockText, [key]))
}

/** The server would end the session after half of `busyTimeoutMs`, and the next attempt as well. */
const longWorkText = "set local idle_in_transaction_session_timeout = '60s'"

/** Another process may have got the same number since; it does not have this lock. */
const endHolderText = `select pg_terminate_backend(pid) from pg_locks
  where locktype = 'advisory' and granted and pid = $1 and pid <> pg_backend_pid()
    and database = (select oid from pg_database where datname = current_database())
    and (classid::bigint << 32 | objid::bigint) = hashtextextended($2, 0)`

async function endSession(database: Database, key: string, pid: number | undefined) {
  if (pid === undefined) return
  await database.executeQuery(CompiledQuery.raw(endHolderText, [pid, key]))
}

/** Oldest server that can tell what became of a transaction (`pg_xact_status`). */
const oldestServer = 13

/** Makes the schema inside the lock: `if not exists` alone fails when two do it at once. */
async function prepareSchema(
  database: Database,
  { schema, place, create }: { schema: string; place: string; create: boolean },
): Promise<void> {
  const { rows } = await sql<{ version: number; encoding: string }>`select
    current_setting('server_version_num')::int / 10000 as version,
    current_setting('server_encoding') as encoding`.execute(database)
  const [server] = rows
  if (server === undefined || server.version < oldestServer || server.encoding !== 'UTF8') {
    throw new CuelineError(
      'unsupported',
      `The database at ${place} is Postgres ${server?.version} with encoding ${server?.encoding}; Cueline needs ${oldestServer} or newer with UTF8. Name another database in the URL.`,
      { details: { place, ...server } },
    )
  }
  await sql`set local statement_timeout = 0`.execute(database)
  await sql`set local lock_timeout = '60s'`.execute(database)
  await lock(database, `cueline migrations ${schema}`)
  const quoted = sql.ref(schema)
  // Asked first, because Postgres wants the right to create a schema even for one that is there.
  const { rows: found } = await sql`select 1 from pg_namespace
    where nspname = ${schema}`.execute(database)
  if (found.length > 0) return
  if (!create) {
    throw new CuelineError(
      'storage-unusable',
      `There is no schema "${schema}" at ${place}. Correct its name, or have it made.`,
      { details: { place, schema } },
    )
  }
  await sql`create schema if not exists ${quoted}`.execute(database)
}
