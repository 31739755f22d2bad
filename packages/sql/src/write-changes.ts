import type { Change, StoredArtifact, TableName, WorkerId } from '@cueline/core'
import { sql } from 'kysely'

import { sharedValue, valuesIn } from './column-values.ts'
import type { ColumnValues } from './column-values.ts'
import type { Column, Dialect } from './dialect.ts'
import { insertMany, insertRows, manyRows } from './insert-rows.ts'
import type { InsertTarget } from './insert-rows.ts'
import { hearWorkers } from './leases.ts'
import { netChanges } from './net-changes.ts'
import type { NetChange } from './net-changes.ts'
import type { Writing } from './pipelined.ts'
import { hasFields, valuesOf } from './rows.ts'
import { statement } from './statement.ts'
import type { Statement } from './statement.ts'
import { tables } from './tables.ts'
import type { FieldColumn, TableSpec } from './tables.ts'
import { fewRows, updateMany, updateRows } from './update-rows.ts'
import type { UpdateTarget } from './update-rows.ts'

interface Scope {
  readonly writing: Writing
  readonly dialect: Dialect
  readonly projectId: string
  readonly now: number
}

interface WriteRows extends Readonly<Record<string, unknown>> {
  readonly projectId: string
  /** A JSON list of lists. */
  readonly rows: string
}
type Row = Readonly<Record<string, unknown>>
type Write = Statement<WriteRows, Record<string, unknown>>

/**
 * Writes row changes set by set, not row by row: all deletes of a table in one statement, all
 * inserts in a few, and all updates of the same columns in one.
 */
export function writeChanges(
  writing: Writing,
  dialect: Dialect,
  projectId: string,
  changes: readonly Change[],
  now: number,
): void {
  const scope = { writing, dialect, projectId, now }
  for (const [number, round] of netChanges(changes).entries()) {
    if (number > 0) writing.apart()
    for (const [table, rows] of round) {
      if (table === 'artifact') writeArtifacts(scope, rows)
      else writeRows(scope, table, rows)
    }
  }
}

function writeRows(scope: Scope, table: TableName, rows: readonly NetChange[]): void {
  const spec: TableSpec = tables[table]
  if (rows.some(({ removed }) => removed)) {
    const removed = rows.filter((row) => row.removed)
    const keys = JSON.stringify(removed.map((row) => keyOf(spec, row.key)))
    for (const write of forgetWith[table] ?? []) send(scope, write, keys)
    send(scope, removeFrom(spec), keys)
    // They may come back, or others with their unique values.
    scope.writing.apart()
  }
  const inserted: Row[] = []
  const updated: NetChange[] = []
  for (const row of rows) {
    if (row.inserted !== undefined) inserted.push(row.inserted)
    if (row.updated !== undefined) updated.push(row)
  }
  if (inserted.length > 0) insert(scope, spec, inserted)
  if (updated.length > 0) update(scope, spec, updated)
}

function send({ writing, dialect, projectId }: Scope, write: Write, rows: string): void {
  write.send(writing, dialect, { projectId, rows })
}

function update(scope: Scope, spec: TableSpec, rows: readonly NetChange[]): void {
  for (const { shape, patches } of groupedByShape(spec, rows)) {
    if (patches.length > fewRows) updateEach(scope, spec, shape, patches)
    else updateFew(scope, spec, shape, patches)
  }
}

function updateFew(
  { writing, dialect, projectId, now }: Scope,
  spec: TableSpec,
  { target, columns, fields, own }: Shape,
  patches: readonly NetChange[],
): void {
  const values: unknown[][] = []
  for (const { key, updated = {} } of patches) {
    const list: unknown[] = typeof key === 'string' ? [key] : [...keyOf(spec, key)]
    // The fields of a shape stand in its order; those of no column were given in vain.
    if (columns.length === fields.length) for (const field in updated) list.push(updated[field])
    else for (const { field } of columns) list.push(updated[field])
    if (own !== undefined) list.push(own.valueOf(updated, now))
    values.push(list)
  }
  updateRows(writing, dialect, target, projectId, values)
}

/** By columns: a list for each row would be most of what thousands of them take. */
function updateEach(
  { writing, dialect, projectId, now }: Scope,
  spec: TableSpec,
  { target, columns, own }: Shape,
  patches: readonly NetChange[],
): void {
  const keys = keyColumns(spec).map(({ field }) =>
    patches.map(({ key }) => (typeof key === 'string' ? key : (key as Row)[field])),
  )
  const sets = patches.map(({ updated = {} }) => updated)
  const values = columns.map(({ field }) => valuesIn(sets, field))
  if (own !== undefined) values.push(inEach(own, sets, now))
  updateMany(writing, dialect, target, projectId, keys, values)
}

function insert({ writing, dialect, now }: Scope, spec: TableSpec, rows: readonly Row[]): void {
  const own = ownColumns[spec.table]
  if (rows.length >= manyRows) {
    const values = spec.columns.map(({ field }) => valuesIn(rows, field))
    if (own !== undefined) values.push(inEach(own, rows, now))
    insertMany(writing, dialect, targetOf(spec), rows.length, values)
  } else {
    const values = rows.map((row) => valuesOf(spec.columns, row))
    if (own !== undefined) {
      for (const [at, row] of rows.entries()) values[at]?.push(own.valueOf(row, now))
    }
    insertRows(writing, dialect, targetOf(spec), values)
  }
  if (spec.table !== 'worker') return
  const ids = rows.map((row) => row['id'] as WorkerId)
  hearWorkers(writing, dialect, ids, now)
}

/** Which fields change: patches of the same shape go together. */
interface Shape {
  readonly target: UpdateTarget
  readonly columns: readonly FieldColumn[]
  /** All of them, in the order given. */
  readonly fields: readonly string[]
  readonly own: OwnColumn | undefined
}

/** There are a few of them, however many rows there are. */
interface Group {
  readonly shape: Shape
  readonly patches: NetChange[]
}

function groupedByShape(spec: TableSpec, rows: readonly NetChange[]): readonly Group[] {
  const groups: Group[] = []
  let group: Group | undefined
  for (const row of rows) {
    const patch = row.updated ?? {}
    // Most often it is that of the row before.
    if (group === undefined || !hasFields(patch, group.shape.fields)) {
      const shape = shapeOf(spec, patch)
      group = groups.find((known) => known.shape === shape)
      if (group === undefined) {
        group = { shape, patches: [] }
        if (shape.columns.length > 0) groups.push(group)
      }
    }
    group.patches.push(row)
  }
  return groups
}

/** The values of the key columns, from an id or an object with the fields of the key. */
function keyOf(spec: TableSpec, key: unknown): readonly unknown[] {
  return typeof key === 'string'
    ? [key]
    : valuesOf(keyColumns(spec), key as Readonly<Record<string, unknown>>)
}

function keyColumns(spec: TableSpec): readonly FieldColumn[] {
  return spec.columns.filter((column) => spec.key.includes(column.name))
}

const targets = new Map<string, InsertTarget>()
const removes = new Map<string, Write>()
const shapes = new Map<string, ShapeNode>()

function cached<Value>(cache: Map<string, Value>, name: string, make: () => Value): Value {
  let value = cache.get(name)
  if (value === undefined) {
    value = make()
    cache.set(name, value)
  }
  return value
}

/** A second insert replaces a hold or an edge; of anything else it is a conflict. */
const replaceable: ReadonlySet<TableName> = new Set(['hold', 'dependency'])

/** A column that stands for no field; it follows from the row, or a change of it, and the time. */
interface OwnColumn {
  readonly column: Column
  /** It follows from this field alone; from the time alone if absent. */
  readonly of?: string
  valueOf(row: Row, now: number): unknown
}

const ownColumns: Partial<Record<TableName, OwnColumn>> = {
  task: { column: { name: 'changed_at', kind: 'int' }, valueOf: (_, now) => now },
  attempt: {
    column: { name: 'merging', kind: 'bool' },
    of: 'status',
    valueOf: (row) => row['status'] === 'merging',
  },
}

/** Of many rows; what follows from the time is the same in all of them. */
function inEach(own: OwnColumn, rows: readonly Row[], now: number): ColumnValues {
  if (own.of === undefined) return sharedValue(own.valueOf({}, now))
  return valuesIn(
    rows.map((row) => [own.valueOf(row, now)]),
    0,
  )
}

/** Shapes by their fields, one after the other: looking one up makes no text of them. */
interface ShapeNode {
  readonly next: Map<string, ShapeNode>
  shape: Shape | undefined
}

function shapeOf(spec: TableSpec, patch: Row): Shape {
  let node = cached(shapes, spec.name, shapeNode)
  for (const field in patch) node = cached(node.next, field, shapeNode)
  node.shape ??= newShape(spec, Object.keys(patch))
  return node.shape
}

function shapeNode(): ShapeNode {
  return { next: new Map(), shape: undefined }
}

function newShape(spec: TableSpec, fields: readonly string[]): Shape {
  const columns = fields.flatMap((field) => spec.byField.get(field) ?? [])
  const follows = ownColumns[spec.table]
  const own = follows?.of === undefined || fields.includes(follows.of) ? follows : undefined
  const target = {
    table: spec.name,
    key: keyColumns(spec),
    columns: own === undefined ? columns : [...columns, own.column],
    project: projectColumn(spec),
  }
  return { target, columns, fields, own }
}

function targetOf(spec: TableSpec): InsertTarget {
  const own = ownColumns[spec.table]
  return cached(targets, spec.name, () => ({
    table: spec.name,
    columns: own === undefined ? spec.columns : [...spec.columns, own.column],
    ...(replaceable.has(spec.table) && { rest: replacing(spec) }),
  }))
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
    statement(({ rows, projectId }, dialect) => {
      const given = dialect.records(rows, keyColumns(spec), 'given')
      const keys = sql.join(spec.key.map((name) => sql.ref(name)))
      const wanted = sql.join(spec.key.map((name) => sql.ref(`given.${name}`)))
      return sql`delete from ${sql.ref(spec.name)}
        where (${keys}) in (select ${wanted} from ${given})
          and ${dialect.filterOnly(projectColumn(spec))} = ${projectId}`
    }),
  )
}

function projectColumn(spec: TableSpec): string {
  return spec.table === 'project' ? 'id' : 'project_id'
}

const idColumns: readonly Column[] = [{ name: 'id', kind: 'text' }]

/** What is not part of the state goes with the row it belongs to. */
const forgetWith: Partial<Record<TableName, readonly Write[]>> = {
  // Not of workers that another project has: those are not removed.
  worker: [
    statement(
      ({ rows, projectId }, dialect) => sql`delete from heartbeats where worker_id in
        (select workers.id from ${dialect.records(rows, idColumns, 'given')}
          join workers on workers.id = given.id and workers.project_id = ${projectId})`,
    ),
  ],
  workOrder: [
    statement(
      ({ rows }, dialect) => sql`delete from leases where work_order_id in
        (select given.id from ${dialect.records(rows, idColumns, 'given')})`,
    ),
  ],
}

/** The bytes stand once per hash, beside the rows that link to them. */
function writeArtifacts({ writing, dialect, projectId }: Scope, rows: readonly NetChange[]): void {
  for (const { key, removed, inserted } of rows) {
    writing.apart()
    if (removed) {
      const given = { projectId, hash: String(key) }
      removeLinks.send(writing, dialect, given)
      removeBytes.send(writing, dialect, given)
      writing.apart()
    }
    if (inserted === undefined) continue
    const { hash, bytes } = inserted as unknown as StoredArtifact
    insertRows(writing, dialect, bytesTarget, [[projectId, hash, bytes]])
    insertRows(writing, dialect, linkTarget, [valuesOf(linkColumns, inserted)])
  }
}

const linkColumns = tables.artifact.columns.filter((column) => column.kind !== 'bytes')

const linkTarget: InsertTarget = {
  table: 'artifacts',
  columns: linkColumns,
  rest: sql`on conflict do nothing`,
}

const bytesTarget: InsertTarget = {
  table: 'artifact_bytes',
  columns: [
    { name: 'project_id', kind: 'text' },
    { name: 'hash', kind: 'text' },
    { name: 'bytes', kind: 'bytes' },
  ],
  rest: sql`on conflict do nothing`,
}

const removeLinks = statement<{ projectId: string; hash: string }>(
  ({ projectId, hash }) =>
    sql`delete from artifacts where project_id = ${projectId} and hash = ${hash}`,
)

const removeBytes = statement<{ projectId: string; hash: string }>(
  ({ projectId, hash }) =>
    sql`delete from artifact_bytes where project_id = ${projectId} and hash = ${hash}`,
)
