import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'

import type { Column, Dialect } from './dialect.ts'
import { isShared, picked } from './is-shared.ts'
import type { Writing } from './pipelined.ts'
import { mostUnits, portions, portionsOfLists, weighAll } from './portions.ts'
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
const manyRows = 64
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
  const { columns } = target
  const textOf = (form: string | number, build: () => RawBuilder<unknown>) =>
    textsOf(target).of(writing.database, dialect, form, build)
  if (rows.length >= manyRows) {
    const own = columns.map((_, at) => !isShared(rows, at))
    if (own.filter(Boolean).length <= fewColumns && !hasOwnBytes(columns, own)) {
      const shared = columns.flatMap(({ kind }, at) =>
        own[at] === true ? [] : [dialect.encode(kind, rows[0]?.[at] ?? null)],
      )
      const text = textOf(own.map(Number).join(''), () => insertShared(target, dialect, own))
      const places = [...own.keys()].filter((at) => own[at] === true)
      const list = rows.map((row) => picked(row, places))
      for (const some of portions(list, most)) {
        writing.send(text, [...shared, JSON.stringify(some)])
      }
      return
    }
  }
  if (rows.length === 1 || rows.length <= (target.usual ?? 0)) {
    const values = boundTo(columns, dialect, rows, 0, rows.length)
    // A row that is heavy goes alone, however heavy it is.
    if (rows.length === 1 || weighAll(values) <= most) {
      writing.send(
        textOf(rows.length, () => insertBound(target, rows.length)),
        values,
      )
      return
    }
  }
  if (dialect.lists !== undefined) {
    // One text however many rows there are, which the database plans once.
    for (let start = 0; start < rows.length; start += rowsOfLists) {
      const some = rows.slice(start, start + rowsOfLists)
      const text = textOf('lists', () => insertLists(target, dialect))
      const shared: unknown[] = []
      const lists: unknown[][] = []
      for (const [at, { name, kind }] of columns.entries()) {
        if (target.shared?.has(name) === true) shared.push(dialect.encode(kind, some[0]?.[at]))
        else lists.push(some.map((row) => dialect.encode(kind, row[at])))
      }
      for (const portion of portionsOfLists(lists, most))
        writing.send(text, [...shared, ...portion])
    }
    return
  }
  for (let start = 0; start < rows.length;) {
    const left = rows.length - start
    // Fewer than the smallest are one statement too: there is a text for each number of them.
    const size = sizes.find((usual) => left >= usual) ?? left
    writing.send(
      textOf(size, () => insertBound(target, size)),
      boundTo(columns, dialect, rows, start, size),
    )
    start += size
  }
}

/** The values of some rows, one by one. */
function boundTo(
  columns: readonly Column[],
  dialect: Dialect,
  rows: readonly (readonly unknown[])[],
  start: number,
  count: number,
): unknown[] {
  const values: unknown[] = []
  for (let index = start; index < start + count; index += 1) {
    const row = rows[index] ?? []
    for (let at = 0; at < columns.length; at += 1) {
      const column = columns[at]
      if (column !== undefined) values.push(dialect.encode(column.kind, row[at]))
    }
  }
  return values
}

function hasOwnBytes(columns: readonly Column[], own: readonly boolean[]): boolean {
  return columns.some(({ kind }, at) => kind === 'bytes' && own[at] === true)
}

const texts = new WeakMap<InsertTarget, StatementTexts>()

function textsOf(target: InsertTarget): StatementTexts {
  let known = texts.get(target)
  if (known === undefined) {
    known = new StatementTexts()
    texts.set(target, known)
  }
  return known
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
  own: readonly boolean[],
): RawBuilder<unknown> {
  const shared = target.columns.filter((_, at) => own[at] !== true)
  const listed = target.columns.filter((_, at) => own[at] === true)
  const values = [
    ...shared.map((column) => dialect.typed(sql.val(null), column.kind)),
    ...listed.map(({ name }) => sql.ref(`given.${name}`)),
  ]
  // Without a condition SQLite would take the "on" of a conflict for one of a join.
  return sql`insert into ${sql.ref(target.table)} (${namesOf([...shared, ...listed])})
    select ${sql.join(values)} from ${dialect.records(sql.val(null), listed, 'given')}
    where true ${target.rest ?? sql``}`
}

function namesOf(columns: readonly Column[]) {
  return sql.join(columns.map((column) => sql.ref(column.name)))
}
