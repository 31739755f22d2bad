import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'

import { ownValues, rowsAsJson, valuesIn } from './column-values.ts'
import type { ColumnValues } from './column-values.ts'
import type { Column, Dialect } from './dialect.ts'
import type { Writing } from './pipelined.ts'
import { mostUnits, portionsOfLists, weighAll } from './portions.ts'
import { StatementTexts } from './statement-texts.ts'

export interface InsertTarget {
  readonly table: string
  readonly columns: readonly Column[]
  /** The columns that have one value in all rows of a call. */
  readonly shared?: ReadonlySet<string>
  /** So many rows come often enough to be bound one by one, which is fastest, by a text of their own. */
  readonly usual?: number
  /** What follows the values, such as `on conflict do nothing`. */
  readonly rest?: RawBuilder<unknown>
}

/** Rows per statement where columns are bound as lists. */
const rowsOfLists = 1_000
/** Rows per statement elsewhere: bound values are several times faster than rows taken out of JSON. */
const sizes = [64, 16] as const
/** From so many rows on it pays to look which values all of them share ... */
export const manyRows = 64
/** ... and to take the others out of JSON, when they are few. */
const fewColumns = 4

/**
 * Inserts rows, each a list of values in the order of the columns, in a few large statements, to none of
 * which more than `most` is bound for several rows.
 */
export function insertRows(
  writing: Writing,
  dialect: Dialect,
  target: InsertTarget,
  rows: readonly (readonly unknown[])[],
  most: number = mostUnits,
): void {
  if (rows.length === 0) return
  const { columns, usual = 1 } = target
  const count = rows.length
  const valueAt = (row: number, at: number) => rows[row]?.[at]
  if (count >= manyRows) {
    const values = columns.map((_, at) => valuesIn(rows, at))
    insertMany(writing, dialect, target, count, values, most)
    return
  }
  if (dialect.lists === undefined) {
    sendBound(writing, dialect, target, count, valueAt)
    return
  }
  if (count === 1 || count <= usual) {
    const values = boundTo(columns, dialect, valueAt, 0, count)
    // A row that is heavy goes alone, however heavy it is.
    if (count === 1 || weighAll(values) <= most) {
      writing.send(
        textOf(writing, dialect, target, count, () => insertBound(target, count)),
        values,
      )
      return
    }
  }
  // So few are not worth looking through.
  const values = columns.map((_, at) => ownValues(rows, at))
  sendLists(writing, dialect, target, count, values, most)
}

/** As `insertRows` for many rows that are given by their columns. */
export function insertMany(
  writing: Writing,
  dialect: Dialect,
  target: InsertTarget,
  count: number,
  values: readonly ColumnValues[],
  most: number = mostUnits,
): void {
  const own = values.filter(({ isShared }) => !isShared).length
  if (own > 0 && own <= fewColumns && !hasOwnBytes(target, values)) {
    sendShared(writing, dialect, target, values, most)
  } else if (dialect.lists !== undefined) {
    sendLists(writing, dialect, target, count, values, most)
  } else {
    sendBound(writing, dialect, target, count, (row, at) => {
      const column = values[at]
      return column?.isShared === true ? column.first : column?.each[row]
    })
  }
}

/** What all rows share is bound once, the rest taken out of JSON. */
function sendShared(
  writing: Writing,
  dialect: Dialect,
  target: InsertTarget,
  values: readonly ColumnValues[],
  most: number,
): void {
  const shared: unknown[] = []
  const lists: (readonly unknown[])[] = []
  for (const [at, { kind }] of target.columns.entries()) {
    const { isShared = true, first = null, each = [] } = values[at] ?? {}
    if (isShared) shared.push(dialect.encode(kind, first))
    else lists.push(each)
  }
  const form = values.map(({ isShared }) => (isShared ? '0' : '1')).join('')
  const text = textOf(writing, dialect, target, form, () => insertShared(target, dialect, values))
  for (const portion of portionsOfLists(lists, most)) {
    writing.send(text, [...shared, rowsAsJson(portion)])
  }
}

/** One text however many rows there are, which the database plans once. */
function sendLists(
  writing: Writing,
  dialect: Dialect,
  target: InsertTarget,
  count: number,
  values: readonly ColumnValues[],
  most: number,
): void {
  const text = textOf(writing, dialect, target, 'lists', () => insertLists(target, dialect))
  for (let start = 0; start < count; start += rowsOfLists) {
    const end = Math.min(start + rowsOfLists, count)
    const shared: unknown[] = []
    const lists: unknown[][] = []
    for (const [at, { name, kind }] of target.columns.entries()) {
      const { isShared = true, first = null, each = [] } = values[at] ?? {}
      if (target.shared?.has(name) === true) shared.push(dialect.encode(kind, first))
      else if (isShared) lists.push(Array(end - start).fill(dialect.encode(kind, first)))
      else lists.push(each.slice(start, end).map((value) => dialect.encode(kind, value)))
    }
    for (const portion of portionsOfLists(lists, most)) {
      writing.send(text, [...shared, ...portion])
    }
  }
}

function sendBound(
  writing: Writing,
  dialect: Dialect,
  target: InsertTarget,
  count: number,
  valueAt: (row: number, at: number) => unknown,
): void {
  for (let start = 0; start < count;) {
    const left = count - start
    // Fewer than the smallest are one statement too: there is a text for each number of them.
    const size = sizes.find((usual) => left >= usual) ?? left
    writing.send(
      textOf(writing, dialect, target, size, () => insertBound(target, size)),
      boundTo(target.columns, dialect, valueAt, start, size),
    )
    start += size
  }
}

/** The values of some rows, one by one. */
function boundTo(
  columns: readonly Column[],
  dialect: Dialect,
  valueAt: (row: number, at: number) => unknown,
  start: number,
  count: number,
): unknown[] {
  const values: unknown[] = []
  for (let row = start; row < start + count; row += 1) {
    for (let at = 0; at < columns.length; at += 1) {
      const column = columns[at]
      if (column !== undefined) values.push(dialect.encode(column.kind, valueAt(row, at)))
    }
  }
  return values
}

function hasOwnBytes({ columns }: InsertTarget, values: readonly ColumnValues[]): boolean {
  return columns.some(({ kind }, at) => kind === 'bytes' && values[at]?.isShared !== true)
}

const texts = new WeakMap<InsertTarget, StatementTexts>()

function textOf(
  { database }: Writing,
  dialect: Dialect,
  target: InsertTarget,
  form: string | number,
  build: () => RawBuilder<unknown>,
): string {
  let known = texts.get(target)
  if (known === undefined) {
    known = new StatementTexts()
    texts.set(target, known)
  }
  return known.of(database, dialect, form, build)
}

function insertBound(target: InsertTarget, size: number): RawBuilder<unknown> {
  const row = sql`(${sql.join(target.columns.map(() => sql.val(null)))})`
  return sql`insert into ${sql.ref(target.table)} (${namesOf(target.columns)})
    values ${sql.join(Array.from({ length: size }, () => row))} ${target.rest ?? sql``}`
}

function insertLists(target: InsertTarget, dialect: Dialect): RawBuilder<unknown> {
  const isCommon = ({ name }: Column) => target.shared?.has(name) === true
  const shared = target.columns.filter(isCommon)
  const listed = target.columns.filter((column) => !isCommon(column))
  const values = [
    ...shared.map(({ kind }) => dialect.typed(sql.val(null), kind)),
    ...listed.map(({ name }) => sql.ref(`given.${name}`)),
  ]
  const lists = listed.map(() => sql.val(null))
  return sql`insert into ${sql.ref(target.table)} (${namesOf([...shared, ...listed])})
    select ${sql.join(values)}
    from ${dialect.lists?.(lists, listed, 'given')} ${target.rest ?? sql``}`
}

/** The values that all rows share are bound once and come first. */
function insertShared(
  target: InsertTarget,
  dialect: Dialect,
  values: readonly ColumnValues[],
): RawBuilder<unknown> {
  const shared = target.columns.filter((_, at) => values[at]?.isShared === true)
  const listed = target.columns.filter((_, at) => values[at]?.isShared !== true)
  const selected = [
    ...shared.map((column) => dialect.typed(sql.val(null), column.kind)),
    ...listed.map(({ name }) => sql.ref(`given.${name}`)),
  ]
  // Without a condition SQLite would take the "on" of a conflict for one of a join.
  return sql`insert into ${sql.ref(target.table)} (${namesOf([...shared, ...listed])})
    select ${sql.join(selected)} from ${dialect.records(sql.val(null), listed, 'given')}
    where true ${target.rest ?? sql``}`
}

function namesOf(columns: readonly Column[]) {
  return sql.join(columns.map((column) => sql.ref(column.name)))
}
