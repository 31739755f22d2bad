import { createHash } from 'node:crypto'

import { CuelineError } from '@cueline/core'
import { sqlStorage } from '@cueline/sql'
import type { SqlStorage } from '@cueline/sql'
import { Kysely } from 'kysely'
import { Client, Pool } from 'pg'
import type { ClientConfig, PoolConfig } from 'pg'

import { atMost } from './at-most.ts'
import { postgresDialect } from './postgres-dialect.ts'
import { kyselyPostgres } from './postgres-driver.ts'
import type { PostgresClient, PostgresDriverOptions, PostgresPool } from './postgres-driver.ts'
import { Signals } from './signals.ts'
import type { SignalClient } from './signals.ts'

export interface PostgresStorageOptions {
  /** `postgres://user:password@host:port/database`; this, or `pool`. */
  readonly url?: string
  /**
   * A pool of the host instead of a URL; it stays the host's and is not closed. One of its
   * connections is kept for notifications.
   */
  readonly pool?: PostgresPool
  /** The schema that holds the tables, made if absent; `cueline` if not given. */
  readonly schema?: string
  /**
   * Whether to make a schema that is not there; true if absent. Without it a slip in its name is an error.
   */
  readonly create?: boolean
  /**
   * Connections for transactions, 10 if absent; two more are opened when they are needed, for
   * renewals and for notifications.
   */
  readonly poolSize?: number
  /** How often followers look for events that no notification told of, milliseconds; 1 000 if absent. */
  readonly pollMs?: number
  /** Whether to notify other processes and to listen to them; true if absent. They always poll. */
  readonly notify?: boolean
  /** After how long the server cancels one statement, milliseconds; 30 000 if absent. */
  readonly statementTimeoutMs?: number
  /** How long to wait for a connection, milliseconds; 10 000 if absent. */
  readonly connectTimeoutMs?: number
  /**
   * How long a transaction is tried again - conflicts, locks, a server that restarts -,
   * milliseconds; 10 000 if absent.
   */
  readonly busyTimeoutMs?: number
}

const applicationName = 'cueline'
/** What a reply may take longer than the server allows the statement. */
const replyMs = 5_000
const gatherMs = 50
/** A server that does not answer keeps nobody from closing for longer, milliseconds. */
const longestGoodbyeMs = 2_000
const pingMs = 5_000

/**
 * Opens a storage in a schema of a Postgres database (13 or newer, UTF8), migrated to the newest
 * version. Any number of processes on any host may open the same one, also at once. Transactions are
 * run again after conflicts and lost connections, and exactly once even when the reply to their
 * commit is lost. Throws `storage-unreachable`, `storage-busy` (no connection left, locks),
 * `storage-newer`, `storage-readonly`, `storage-unusable` (user, password, database) or
 * `unsupported` (server), each naming the place and the next step.
 */
export async function postgresStorage(options: PostgresStorageOptions): Promise<SqlStorage> {
  const { schema = 'cueline', pollMs = 1_000, busyTimeoutMs = 10_000 } = options
  if (schema === '' || Buffer.byteLength(schema) > 63 || schema.includes('\0')) {
    throw new CuelineError(
      'invalid-input',
      `"${schema}" cannot name a schema of Postgres; give a name of 1 to 63 bytes.`,
      { details: { schema } },
    )
  }
  const access = accessTo(options, schema)
  const dialect = postgresDialect({
    schema,
    create: options.create ?? true,
    place: access.place,
    ownConnections: options.pool === undefined,
  })
  const signals =
    options.notify === false
      ? undefined
      : new Signals({
          ...access.signals,
          channel: channelOf(schema),
          gatherMs,
          pingMs,
        })
  const main = kyselyPostgres(access.main)
  const kysely = new Kysely({ dialect: main })
  const reserved = access.reserved && new Kysely({ dialect: kyselyPostgres(access.reserved) })
  try {
    const storage = await sqlStorage({
      kysely,
      runAlone: main.runAlone,
      ...(reserved !== undefined && { reserved }),
      dialect,
      busyTimeoutMs,
      subscribe(wake) {
        const timer = setInterval(wake, pollMs)
        const unlisten = signals?.listen(wake)
        return () => {
          clearInterval(timer)
          unlisten?.()
        }
      },
      appended: (projectIds) => signals?.notify(projectIds),
    })
    const closeStorage = storage.close.bind(storage)
    return Object.assign(storage, {
      async close() {
        await closeStorage()
        await signals?.close()
      },
    })
  } catch (error) {
    await Promise.all([kysely.destroy(), reserved?.destroy()])
    throw error
  }
}

interface Access {
  readonly place: string
  readonly main: PostgresDriverOptions
  readonly reserved?: PostgresDriverOptions
  readonly signals: {
    readonly open: () => Promise<SignalClient>
    readonly close: (client: SignalClient) => void
  }
}

function accessTo(options: PostgresStorageOptions, schema: string): Access {
  const { url, pool, busyTimeoutMs = 10_000, statementTimeoutMs = 30_000 } = options
  if ((url === undefined) === (pool === undefined)) {
    throw new CuelineError('invalid-input', 'Give postgresStorage either a url or a pool.')
  }
  const path = `"${schema.replaceAll('"', '""')}"`
  const outcomeTimeoutMs = busyTimeoutMs
  if (pool !== undefined) {
    const place = "the host's pool"
    const perTransaction = `set local search_path to ${path}; ${limits('set local', options)}`
    return {
      place,
      main: { pool: quiet(pool), perTransaction, outcomeTimeoutMs, place },
      signals: {
        open: async () => (await pool.connect()) as PostgresClient & SignalClient,
        close: (client) => (client as PostgresClient & SignalClient).release(true),
      },
    }
  }
  const { connectTimeoutMs = 10_000, poolSize = 10 } = options
  // `pipeline` is newer than the published types.
  const config: ClientConfig & { pipeline: true } = {
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: statementTimeoutMs + replyMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    pipeline: true,
  }
  const place = placeOf(url)
  const own = (max: number): PostgresDriverOptions => {
    const pool = openPool({ ...config, max, idleTimeoutMillis: 30_000 })
    return {
      pool,
      end: () => atMost(longestGoodbyeMs, pool.end()),
      perTransaction: '',
      perConnection: `set search_path to ${path}; ${limits('set', options)}; ${deadHosts}`,
      outcomeTimeoutMs,
      place,
    }
  }
  return {
    place,
    main: own(poolSize),
    reserved: own(1),
    signals: {
      async open() {
        const client = new Client({ ...config, query_timeout: pingMs })
        // Before it connects: a connection that breaks while it opens tells so twice.
        client.on('error', () => {})
        await client.connect()
        return client
      },
      close: (client) => void (client as Client).end().catch(() => {}),
    },
  }
}

/**
 * A process that is frozen in a transaction holds locks; the server ends its session while those who
 * wait for them still do.
 */
function limits(set: 'set' | 'set local', options: PostgresStorageOptions): string {
  const { busyTimeoutMs = 10_000, statementTimeoutMs = 30_000 } = options
  return `${set} statement_timeout = ${milliseconds(statementTimeoutMs)};
    ${set} lock_timeout = ${milliseconds(busyTimeoutMs)};
    ${set} idle_in_transaction_session_timeout = ${milliseconds(Math.max(1_000, busyTimeoutMs / 2))};
    ${plans.map((plan) => `${set} ${plan}`).join('; ')}`
}

/**
 * A host that is lost between a statement and the word that ends it leaves a session with locks that does
 * not count as idle. Without this the server would notice after two hours; so it does after 25 seconds.
 */
const deadHosts = `set tcp_keepalives_idle = 10;
    set tcp_keepalives_interval = 5;
    set tcp_keepalives_count = 3`

/**
 * Statements are written for their indexes, with joins in the order that suits them. Without
 * statistics, as right after an import, the planner would rather read all of a table at every step
 * of a walk along edges: 7 s instead of 0.1 s for 10 000 tasks in a row.
 */
const plans = [
  'join_collapse_limit = 1',
  'enable_seqscan = off',
  'enable_bitmapscan = off',
  'random_page_cost = 1.1',
  'enable_mergejoin = off',
  'jit = off',
  'plan_cache_mode = force_generic_plan',
]

/** Processes on one schema share a channel; the names of channels are short. */
function channelOf(schema: string): string {
  return `cueline_${createHash('sha256').update(schema).digest('hex').slice(0, 32)}`
}

/** 0 would mean "for ever". */
function milliseconds(value: number): number {
  return Math.max(1, Math.round(value))
}

function openPool(config: PoolConfig): Pool {
  const pool = new Pool(config)
  // A connection that breaks while nobody uses it is replaced by the next call.
  pool.on('error', () => {})
  return quiet(pool)
}

const quietPools = new WeakSet<PostgresPool>()

/**
 * The pool, its new connections never without a listener for errors: the server may end one in the same
 * packet in which it welcomes it, before whoever asked for it has got it, and an error that nobody listens
 * for ends the process.
 */
function quiet<Given extends PostgresPool>(pool: Given): Given {
  if (quietPools.has(pool) || !hasEvents(pool)) return pool
  quietPools.add(pool)
  pool.on('connect', (client) => {
    client.on('error', () => {})
  })
  return pool
}

interface PoolEvents {
  on(event: 'connect', listener: (client: PostgresClient) => void): unknown
}

function hasEvents(pool: object): pool is PoolEvents {
  return 'on' in pool && typeof pool.on === 'function'
}

const protocols: ReadonlySet<string> = new Set(['postgres:', 'postgresql:', 'socket:'])

/** Host, port and database of a URL, without user and password. */
function placeOf(url = ''): string {
  if (!URL.canParse(url)) {
    throw notOfPostgres(
      'cannot be read as one of Postgres',
      'Characters such as / # ? @ of user and password are written as %2F %23 %3F %40',
    )
  }
  const { protocol, host, pathname, searchParams } = new URL(url)
  if (!protocols.has(protocol)) {
    throw notOfPostgres('is not one of Postgres', `It begins with ${protocol}`)
  }
  return `${host === '' ? (searchParams.get('host') ?? 'localhost') : host}${pathname}`
}

/** Shows no more of the URL than its beginning: a password may stand anywhere in it. */
function notOfPostgres(what: string, why: string): CuelineError {
  return new CuelineError(
    'invalid-input',
    `The url of the database ${what}. ${why}; write postgres://user:password@host:5432/database.`,
  )
}
