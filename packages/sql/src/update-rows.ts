import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'

import { rowsAsJson, valuesIn } from './column-values.ts'
import type { ColumnValues } from './column-values.ts'
import type { Column, Dialect } from './dialect.ts'
import type { Writing } from './pipelined.ts'
import { mostUnits, portionsOfLists } from './portions.ts'
import { StatementTexts } from './statement-texts.ts'

/** Where rows are not bound as lists, so many are changed faster one by one than out of JSON. */
export const fewRows = 8

/** Which columns of a table change, found by which, within which project. */
export interface UpdateTarget {
  readonly table: string
  readonly key: readonly Column[]
  readonly columns: readonly Column[]
  /** The column that says to which project a row belongs: no write reaches into another one. */
  readonly project: string
}

/**
 * Updates the same columns of many rows in one statement, or in several to each of which no more than
 * `most` is bound. A row is a list: the values of the key, then those of the columns. Rows that are not
 * there are left out.
 */
export function updateRows(
  writing: Writing,
  dialect: Dialect,
  target: UpdateTarget,
  projectId: string,
  rows: readonly (readonly unknown[])[],
  most: number = mostUnits,
): void {
  const [first] = rows
  if (first === undefined) return
  if (rows.length === 1) {
    updateRow(writing, dialect, target, projectId, first)
    return
  }
  const { key, columns } = target
  const values = columns.map((_, at) => valuesIn(rows, key.length + at))
  if (dialect.lists === undefined && rows.length <= fewRows && isKeyed(target, values)) {
    for (const row of rows) updateRow(writing, dialect, target, projectId, row)
    return
  }
  const keys = key.map((_, at) => rows.map((row) => row[at]))
  updateMany(writing, dialect, target, projectId, keys, values, most)
}

/** As `updateRows` for many rows that are given by their columns. */
export function updateMany(
  writing: Writing,
  dialect: Dialect,
  target: UpdateTarget,
  projectId: string,
  keys: readonly (readonly unknown[])[],
  values: readonly ColumnValues[],
  most: number = mostUnits,
): void {
  // Values that all rows share are bound once: taking each out of JSON costs more than the update.
  const shared: unknown[] = []
  const lists: (readonly unknown[])[] = [...keys]
  const listed: Column[] = [...target.key]
  for (const [at, column] of target.columns.entries()) {
    const { isShared = true, first = null, each = [] } = values[at] ?? {}
    if (isShared) shared.push(dialect.encode(column.kind, first))
    else {
      lists.push(each)
      listed.push(column)
    }
  }
  const isLists = dialect.lists !== undefined
  const isSame = !isLists && !isKeyed(target, values)
  const form = isSame ? 'same' : values.map(({ isShared }) => (isShared ? '0' : '1')).join('')
  const text = textOf(writing, dialect, target, form, () =>
    isSame ? updateSame(target, dialect) : updateFrom(target, dialect, values),
  )
  const encoded = isLists
    ? lists.map((list, at) =>
        list.map((value) => dialect.encode(listed[at]?.kind ?? 'text', value)),
      )
    : lists
  const given = (portion: readonly (readonly unknown[])[]) => {
    if (isLists) return portion
    return [isSame ? JSON.stringify(portion[0]) : rowsAsJson(portion)]
  }
  for (const portion of portionsOfLists(encoded, most)) {
    writing.send(text, [...shared, ...given(portion), projectId])
  }
}

/** Whether rows have values of their own, or go by more than one column. */
function isKeyed({ key }: UpdateTarget, values: readonly ColumnValues[]): boolean {
  return key.length > 1 || values.some(({ isShared }) => !isShared)
}

function updateRow(
  writing: Writing,
  dialect: Dialect,
  target: UpdateTarget,
  projectId: string,
  row: readonly unknown[],
): void {
  const { key, columns } = target
  const values: unknown[] = []
  for (let at = 0; at < columns.length; at += 1) {
    values.push(dialect.encode(columns[at]?.kind ?? 'text', row[key.length + at]))
  }
  for (let at = 0; at < key.length; at += 1) {
    values.push(dialect.encode(key[at]?.kind ?? 'text', row[at]))
  }
  values.push(projectId)
  writing.send(
    textOf(writing, dialect, target, 'one', () => updateOne(target, dialect)),
    values,
  )
}

const texts = new WeakMap<UpdateTarget, StatementTexts>()

function textOf(
  { database }: Writing,
  dialect: Dialect,
  target: UpdateTarget,
  form: string,
  build: () => RawBuilder<unknown>,
): string {
  let known = texts.get(target)
  if (known === undefined) {
    known = new StatementTexts()
    texts.set(target, known)
  }
  return known.of(database, dialect, form, build)
}

const bound = sql.val(null)

function updateOne({ table, key, columns, project }: UpdateTarget, dialect: Dialect) {
  const set = columns.map(({ name }) => sql`${sql.ref(name)} = ${bound}`)
  const same = key.map(({ name }) => sql`${sql.ref(name)} = ${bound}`)
  return sql`update ${sql.ref(table)} set ${sql.join(set)}
    where ${sql.join(same, sql` and `)} and ${dialect.filterOnly(project)} = ${bound}`
}

/** All rows get the same values, and go by one key. */
function updateSame({ table, key, columns, project }: UpdateTarget, dialect: Dialect) {
  const set = columns.map(({ name }) => sql`${sql.ref(name)} = ${bound}`)
  return sql`update ${sql.ref(table)} set ${sql.join(set)}
    where ${sql.ref(key[0]?.name ?? '')} in ${dialect.texts(bound)}
      and ${dialect.filterOnly(project)} = ${bound}`
}

/** Some values are each row's own. */
function updateFrom(
  { table, key, columns, project }: UpdateTarget,
  dialect: Dialect,
  values: readonly ColumnValues[],
) {
  // A key column may change too, so its old value goes by a name of its own.
  const keys = key.map((column) => ({ ...column, name: `key_${column.name}` }))
  const listed = columns.filter((_, at) => values[at]?.isShared !== true)
  // Bound values come first, in the order in which the caller gives them.
  const set = [
    ...columns
      .filter((column) => !listed.includes(column))
      .map(({ name }) => sql`${sql.ref(name)} = ${bound}`),
    ...listed.map(({ name }) => sql`${sql.ref(name)} = ${sql.ref(`given.${name}`)}`),
  ]
  const same = key.map(
    ({ name }) => sql`${sql.ref(`${table}.${name}`)} = ${sql.ref(`given.key_${name}`)}`,
  )
  return sql`update ${sql.ref(table)} set ${sql.join(set)}
    from ${given(dialect, [...keys, ...listed])}
    where ${sql.join(same, sql` and `)} and ${dialect.filterOnly(`${table}.${project}`)} = ${bound}`
}

function given(dialect: Dialect, columns: readonly Column[]): RawBuilder<unknown> {
  return dialect.lists === undefined
    ? dialect.records(bound, columns, 'given')
    : dialect.lists(
        columns.map(() => bound),
        columns,
        'given',
      )
}
