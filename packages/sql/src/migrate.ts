import { CuelineError, errorMessage } from '@cueline/core'
import { sql } from 'kysely'

import type { ColumnKind, Database, Dialect } from './dialect.ts'
import { first } from './migrations/0001-first.ts'
import { claims } from './migrations/0002-claims.ts'
import { sessions } from './migrations/0003-sessions.ts'
import { pruning } from './migrations/0004-pruning.ts'
import { touches } from './migrations/0005-touches.ts'
import { mergeQueue } from './migrations/0006-merge-queue.ts'
import { deliveries } from './migrations/0007-deliveries.ts'
import { writers } from './migrations/0008-writers.ts'
import { store } from './migrations/0009-store.ts'
import { running } from './migrations/0010-running.ts'

export interface Migration {
  readonly number: number
  readonly name: string
  readonly statements: readonly string[]
}

export const migrations: readonly Migration[] = [
  first,
  claims,
  sessions,
  pruning,
  touches,
  mergeQueue,
  deliveries,
  writers,
  store,
  running,
]

/**
 * Brings the database to the newest version. Everything happens in one transaction that excludes
 * other processes: several may start at once, and one that is killed between two statements leaves
 * nothing behind. Throws `storage-newer` for a database that a newer version has migrated.
 */
export async function migrate(
  database: Database,
  dialect: Dialect,
  known: readonly Migration[] = migrations,
): Promise<void> {
  const checksums = await Promise.all(known.map(checksum))
  // Where the transaction itself keeps others out, it waits for everybody who writes; whoever opens a
  // database that is as it should be only reads.
  if (dialect.lockMigrations === undefined && (await isCurrent(database, known, checksums))) return
  await database.transaction().execute(async (transaction) => {
    await dialect.lockMigrations?.(transaction)
    await sql
      .raw(
        `create table if not exists migrations (
          number ${dialect.types.int} not null primary key,
          name ${dialect.types.text} not null,
          checksum ${dialect.types.text} not null
        )`,
      )
      .execute(transaction)
    const applied = await appliedIn(transaction).catch((error) => {
      throw foreign(dialect, error)
    })
    const newest = applied.at(-1)
    const ours = known.at(-1)?.number ?? 0
    if (newest !== undefined && Number(newest.number) > ours) {
      throw newer(Number(newest.number), ours, dialect.place)
    }
    for (const [index, migration] of known.entries()) {
      const ledger = applied[index]
      if (ledger === undefined) {
        await apply(transaction, dialect, migration, checksums[index] ?? '').catch((error) => {
          throw index === 0 ? foreign(dialect, error) : error
        })
      } else if (
        Number(ledger.number) !== migration.number ||
        ledger.checksum !== checksums[index]
      ) {
        throw edited(migration, ledger, dialect.place)
      }
    }
  })
}

interface Applied {
  readonly number: number
  readonly name: string
  readonly checksum: string
}

async function appliedIn(database: Database): Promise<readonly Applied[]> {
  const ledger = sql<Applied>`select number, name, checksum from migrations order by number`
  return (await ledger.execute(database)).rows
}

/** False also where it cannot be read, as in an empty database: then the transaction finds out why. */
async function isCurrent(
  database: Database,
  known: readonly Migration[],
  checksums: readonly string[],
): Promise<boolean> {
  const applied = await appliedIn(database).catch(() => [])
  if (applied.length !== known.length) return false
  return applied.every(
    (ledger, index) =>
      Number(ledger.number) === known[index]?.number && ledger.checksum === checksums[index],
  )
}

/** Throws `storage-newer` when a newer version has migrated the database while it was open. */
export function refuseNewer(schema: number, place: string): void {
  const ours = migrations.at(-1)?.number ?? 0
  if (schema > ours) throw newer(schema, ours, place)
}

async function apply(
  transaction: Database,
  dialect: Dialect,
  migration: Migration,
  checksum: string,
): Promise<void> {
  for (const text of migration.statements) {
    const typed = text.replace(/\{([a-z]+)\}/g, (_, kind: ColumnKind) => dialect.types[kind])
    await sql.raw(typed).execute(transaction)
  }
  await sql`insert into migrations (number, name, checksum)
    values (${migration.number}, ${migration.name}, ${checksum})`.execute(transaction)
  // Where those that are open look.
  if (migration.number < store.number) return
  await sql`update store set schema = ${migration.number}`.execute(transaction)
}

async function checksum(migration: Migration): Promise<string> {
  const text = new TextEncoder().encode(migration.statements.join(';\n'))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', text))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

function newer(found: number, ours: number, place: string): CuelineError {
  return new CuelineError(
    'storage-newer',
    `The database ${place} is at version ${found}, this program knows versions up to ${ours}. Update Cueline, or open another database.`,
    { details: { place, found, known: ours } },
  )
}

function edited(
  migration: Migration,
  ledger: { readonly name: string },
  place: string,
): CuelineError {
  return new CuelineError(
    'invalid-input',
    `Migration ${migration.number} (${migration.name}) is not the one that the database ${place} went through (${ledger.name}). Restore the released version of the package, or open another database.`,
    { details: { place, number: migration.number } },
  )
}

/**
 * What the first table of ours meets in a database that is new to us: tables of something else with the
 * same names. Any other trouble - busy, full, no right to - stays what it is.
 */
function foreign(dialect: Dialect, error: unknown): unknown {
  const known = dialect.sortError(error)
  if (dialect.isBusy(error) || (known !== undefined && known.code !== 'internal')) return error
  return new CuelineError(
    'storage-unusable',
    `The database ${dialect.place} holds tables of something else (${errorMessage(error)}), and nothing was changed in it. Name another one, or an empty one.`,
    { details: { place: dialect.place }, cause: error },
  )
}
