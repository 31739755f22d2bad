import type { Change, StoredArtifact, TableName } from '@cueline/core'
import { sql } from 'kysely'

import type { Column, Database, Dialect } from './dialect.ts'
import { netChanges } from './net-changes.ts'
import type { NetChange } from './net-changes.ts'
import { encodeFields } from './rows.ts'
import { statement } from './statement.ts'
import type { Statement } from './statement.ts'
import { tables } from './tables.ts'
import type { FieldColumn, TableSpec } from './tables.ts'

interface WriteRows extends Readonly<Record<string, unknown>> {
  readonly projectId: string
  /** A JSON list of objects by column. */
  readonly rows: string
  readonly now: number
}
type Write = Statement<WriteRows, Record<string, unknown>>

/**
 * Writes row changes in as many statements as there are tables and sets of changed columns, not as
 * many as there are rows: all deletes of a table in one, all inserts, and all updates of the same
 * columns.
 */
export async function writeChanges(
  database: Database,
  dialect: Dialect,
  projectId: string,
  changes: readonly Change[],
  now: number,
): Promise<void> {
  for (const [table, rows] of netChanges(changes)) {
    const run = (write: Write, records: readonly unknown[]) =>
      write.run(database, dialect, { projectId, rows: JSON.stringify(records), now })
    if (table === 'artifact') {
      await writeArtifacts(database, dialect, projectId, rows)
      continue
    }
    const spec: TableSpec = tables[table]
    const removed = rows.filter((row) => row.removed)
    if (removed.length > 0) {
      const keys = removed.map((row) => encodeKey(spec, row.key))
      await run(removeFrom(spec), keys)
      for (const write of forgetWith[table] ?? []) await run(write, keys)
    }
    const inserted = rows.flatMap((row) => (row.inserted === undefined ? [] : [row.inserted]))
    if (inserted.length > 0) {
      const records = inserted.map((row) => encodeFields(spec.columns, row))
      await run(insertInto(spec), records)
      if (table === 'worker') await run(hearWorkers, records)
    }
    for (const [columns, patches] of groupedByColumns(spec, rows)) {
      const records = patches.map((row) => ({
        ...prefixed(encodeKey(spec, row.key)),
        ...encodeFields(columns, row.updated ?? {}),
      }))
      await run(updateIn(spec, columns), records)
    }
  }
}

/** An empty set changes nothing but, for a task, when it was touched last. */
function groupedByColumns(
  spec: TableSpec,
  rows: readonly NetChange[],
): Iterable<readonly [readonly FieldColumn[], readonly NetChange[]]> {
  const groups = new Map<string, [readonly FieldColumn[], NetChange[]]>()
  for (const row of rows) {
    if (row.updated === undefined) continue
    const columns: FieldColumn[] = []
    for (const column of spec.columns) if (column.field in row.updated) columns.push(column)
    if (columns.length === 0) continue
    const name = columns.map((column) => column.name).join()
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [columns, [row]])
    else group[1].push(row)
  }
  return groups.values()
}

function encodeKey(spec: TableSpec, key: unknown): Record<string, unknown> {
  if (typeof key === 'string') return { [spec.key[0] ?? 'id']: key }
  const fields = key as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    spec.columns
      .filter((column) => spec.key.includes(column.name))
      .map((column) => [column.name, fields[column.field]]),
  )
}

/** A key column may change too, so its old value goes by a name of its own. */
function prefixed(key: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(key).map(([name, value]) => [`key_${name}`, value]))
}

const inserts = new Map<string, Write>()
const removes = new Map<string, Write>()
const updates = new Map<string, Write>()

function cached(cache: Map<string, Write>, name: string, make: () => Write): Write {
  let write = cache.get(name)
  if (write === undefined) {
    write = make()
    cache.set(name, write)
  }
  return write
}

/** A second insert replaces a hold, a worker or an edge; of anything else it is a conflict. */
const replaceable: ReadonlySet<TableName> = new Set(['hold', 'worker', 'dependency'])

function insertInto(spec: TableSpec): Write {
  return cached(inserts, spec.name, () => {
    const names = spec.columns.map((column) => column.name)
    const touched = spec.table === 'task'
    return statement(({ rows, now }, dialect) => {
      const columns = sql.join(
        [...names, ...(touched ? ['changed_at'] : [])].map((name) => sql.ref(name)),
      )
      const values = sql.join([
        ...names.map((name) => sql.ref(`given.${name}`)),
        ...(touched ? [now] : []),
      ])
      // `where true` tells SQLite that `on conflict` does not belong to a join.
      return sql`insert into ${sql.ref(spec.name)} (${columns})
        select ${values} from ${dialect.records(rows, spec.columns, 'given')} where true
        ${replaceable.has(spec.table) ? replacing(spec) : sql``}`
    })
  })
}

function replacing(spec: TableSpec) {
  const set = spec.columns
    .filter((column) => !spec.key.includes(column.name))
    .map(({ name }) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`)
  return sql`on conflict (${sql.join(spec.key.map((name) => sql.ref(name)))})
    do update set ${sql.join(set)}`
}

function removeFrom(spec: TableSpec): Write {
  return cached(removes, spec.name, () =>
    statement(({ rows }, dialect) => {
      const given = dialect.records(rows, keyColumns(spec), 'given')
      const keys = sql.join(spec.key.map((name) => sql.ref(name)))
      const wanted = sql.join(spec.key.map((name) => sql.ref(`given.${name}`)))
      return sql`delete from ${sql.ref(spec.name)}
        where (${keys}) in (select ${wanted} from ${given})`
    }),
  )
}

function updateIn(spec: TableSpec, columns: readonly FieldColumn[]): Write {
  const names = columns.map((column) => column.name)
  return cached(updates, `${spec.name}:${names.join()}`, () =>
    statement(({ rows, now }, dialect) => {
      const keys = keyColumns(spec).map((column) => ({ ...column, name: `key_${column.name}` }))
      const given = dialect.records(rows, [...keys, ...columns], 'given')
      const set = names.map((name) => sql`${sql.ref(name)} = ${sql.ref(`given.${name}`)}`)
      if (spec.table === 'task') set.push(sql`changed_at = ${now}`)
      const same = spec.key.map(
        (name) => sql`${sql.ref(`${spec.name}.${name}`)} = ${sql.ref(`given.key_${name}`)}`,
      )
      return sql`update ${sql.ref(spec.name)} set ${sql.join(set)} from ${given}
        where ${sql.join(same, sql` and `)}`
    }),
  )
}

function keyColumns(spec: TableSpec): readonly Column[] {
  return spec.columns.filter((column) => spec.key.includes(column.name))
}

const hearWorkers: Write = statement(
  ({ rows, now }, dialect) => sql`insert into heartbeats (worker_id, heard_at)
    select given.id, ${now}
      from ${dialect.records(rows, [{ name: 'id', kind: 'text' }], 'given')} where true
    on conflict (worker_id) do update set heard_at = excluded.heard_at`,
)

/** What is not part of the state goes with the row it belongs to. */
const forgetWith: Partial<Record<TableName, readonly Write[]>> = {
  worker: [forget('heartbeats', 'worker_id')],
  workOrder: [forget('leases', 'work_order_id')],
}

function forget(table: string, column: string): Write {
  return statement(
    ({ rows }, dialect) => sql`delete from ${sql.ref(table)} where ${sql.ref(column)} in
      (select given.id from ${dialect.records(rows, [{ name: 'id', kind: 'text' }], 'given')})`,
  )
}

/** Bytes do not fit into JSON, so artifacts are written one by one. */
async function writeArtifacts(
  database: Database,
  dialect: Dialect,
  projectId: string,
  rows: readonly NetChange[],
): Promise<void> {
  for (const { key, removed, inserted } of rows) {
    if (removed) {
      const given = { projectId, hash: String(key) }
      await removeLinks.run(database, dialect, given)
      await removeBytes.run(database, dialect, given)
    }
    if (inserted === undefined) continue
    const artifact = inserted as unknown as StoredArtifact
    await insertBytes.run(database, dialect, {
      projectId,
      hash: artifact.hash,
      bytes: artifact.bytes,
    })
    await insertLink.run(database, dialect, {
      projectId,
      rows: JSON.stringify([encodeFields(linkColumns, inserted)]),
    })
  }
}

const linkColumns = tables.artifact.columns.filter((column) => column.kind !== 'bytes')

const insertBytes = statement<{ projectId: string; hash: string; bytes: Uint8Array }>(
  ({ projectId, hash, bytes }) => sql`insert into artifact_bytes (project_id, hash, bytes)
    values (${projectId}, ${hash}, ${bytes}) on conflict do nothing`,
)

const insertLink = statement<{ projectId: string; rows: string }>(
  ({ rows }, dialect) => sql`insert into artifacts
    (${sql.join(linkColumns.map(({ name }) => sql.ref(name)))})
    select ${sql.join(linkColumns.map(({ name }) => sql.ref(`given.${name}`)))}
      from ${dialect.records(rows, linkColumns, 'given')} where true
    on conflict do nothing`,
)

const removeLinks = statement<{ projectId: string; hash: string }>(
  ({ projectId, hash }) =>
    sql`delete from artifacts where project_id = ${projectId} and hash = ${hash}`,
)

const removeBytes = statement<{ projectId: string; hash: string }>(
  ({ projectId, hash }) =>
    sql`delete from artifact_bytes where project_id = ${projectId} and hash = ${hash}`,
)
