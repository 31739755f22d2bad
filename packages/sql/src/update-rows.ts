import { CompiledQuery, sql } from 'kysely'
import type { RawBuilder } from 'kysely'

import type { Column, Database, Dialect } from './dialect.ts'
import { isShared } from './is-shared.ts'

/** Which columns of a table change, found by which, within which project. */
export interface UpdateTarget {
  readonly table: string
  readonly key: readonly Column[]
  readonly columns: readonly Column[]
  /** The column that says to which project a row belongs: no write reaches into another one. */
  readonly project: string
}

const texts = new WeakMap<UpdateTarget, Map<string, string>>()

/**
 * Updates the same columns of many rows in one statement. A row is a list: the values of the key,
 * then those of the columns. Rows that are not there are left out.
 */
export async function updateRows(
  database: Database,
  dialect: Dialect,
  target: UpdateTarget,
  projectId: string,
  rows: readonly (readonly unknown[])[],
): Promise<void> {
  const [first] = rows
  if (first === undefined) return
  const { key, columns } = target
  const bind = (column: Column, at: number) => dialect.encode(column.kind, first[at])
  // Values that all rows share are bound once: taking each out of JSON costs more than the update.
  const own = columns.map((_, index) => rows.length > 1 && !isShared(rows, key.length + index))
  const shared = columns.flatMap((column, index) =>
    own[index] === true ? [] : [bind(column, key.length + index)],
  )
  if (rows.length === 1) {
    const text = textOf(database, dialect, target, 'one', () => updateOne(target, dialect))
    await database.executeQuery(CompiledQuery.raw(text, [...shared, ...key.map(bind), projectId]))
    return
  }
  if (dialect.lists !== undefined) {
    const text = textOf(database, dialect, target, `lists ${own.map(Number).join('')}`, () =>
      updateMany(target, dialect, own),
    )
    const lists = [...key, ...columns].flatMap(({ kind }, at) =>
      at < key.length || own[at - key.length] === true
        ? [rows.map((row) => dialect.encode(kind, row[at]))]
        : [],
    )
    await database.executeQuery(CompiledQuery.raw(text, [...shared, ...lists, projectId]))
    return
  }
  const keyed = own.includes(true) || key.length > 1
  const name = keyed ? own.map(Number).join('') : 'same'
  const text = textOf(database, dialect, target, name, () =>
    keyed ? updateMany(target, dialect, own) : updateSame(target, dialect),
  )
  const list = keyed ? rows.map((row) => picked(row, key.length, own)) : rows.map((row) => row[0])
  await database.executeQuery(CompiledQuery.raw(text, [...shared, JSON.stringify(list), projectId]))
}

function picked(row: readonly unknown[], keys: number, own: readonly boolean[]): unknown[] {
  return row.filter((_, at) => at < keys || own[at - keys] === true)
}

function textOf(
  database: Database,
  dialect: Dialect,
  target: UpdateTarget,
  form: string,
  build: () => RawBuilder<unknown>,
): string {
  let known = texts.get(target)
  if (known === undefined) {
    known = new Map()
    texts.set(target, known)
  }
  const name = `${dialect.name} ${form}`
  let text = known.get(name)
  if (text === undefined) {
    text = build().compile(database).sql
    known.set(name, text)
  }
  return text
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
function updateMany(
  { table, key, columns, project }: UpdateTarget,
  dialect: Dialect,
  own: readonly boolean[],
) {
  // A key column may change too, so its old value goes by a name of its own.
  const keys = key.map((column) => ({ ...column, name: `key_${column.name}` }))
  const listed = columns.filter((_, index) => own[index] === true)
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
