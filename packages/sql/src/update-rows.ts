import { CompiledQuery, sql } from 'kysely'
import type { RawBuilder } from 'kysely'

import type { Column, Database, Dialect } from './dialect.ts'

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
  const [row] = rows
  if (row === undefined) return
  if (rows.length > 1) {
    const text = textOf(database, dialect, target, 'many', updateMany)
    await database.executeQuery(CompiledQuery.raw(text, [JSON.stringify(rows), projectId]))
    return
  }
  // One row is the usual case, and bound values cost half of what JSON does.
  const { key, columns } = target
  const keys = key.map((column, index) => dialect.encode(column.kind, row[index]))
  const values = columns.map((column, index) =>
    dialect.encode(column.kind, row[key.length + index]),
  )
  const text = textOf(database, dialect, target, 'one', updateOne)
  await database.executeQuery(CompiledQuery.raw(text, [...values, ...keys, projectId]))
}

function textOf(
  database: Database,
  dialect: Dialect,
  target: UpdateTarget,
  form: string,
  build: (target: UpdateTarget, dialect: Dialect) => RawBuilder<unknown>,
): string {
  let known = texts.get(target)
  if (known === undefined) {
    known = new Map()
    texts.set(target, known)
  }
  const name = `${dialect.name} ${form}`
  let text = known.get(name)
  if (text === undefined) {
    text = build(target, dialect).compile(database).sql
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

function updateMany({ table, key, columns, project }: UpdateTarget, dialect: Dialect) {
  // A key column may change too, so its old value goes by a name of its own.
  const keys = key.map((column) => ({ ...column, name: `key_${column.name}` }))
  const given = dialect.records(bound, [...keys, ...columns], 'given')
  const set = columns.map(({ name }) => sql`${sql.ref(name)} = ${sql.ref(`given.${name}`)}`)
  const same = key.map(
    ({ name }) => sql`${sql.ref(`${table}.${name}`)} = ${sql.ref(`given.key_${name}`)}`,
  )
  return sql`update ${sql.ref(table)} set ${sql.join(set)} from ${given}
    where ${sql.join(same, sql` and `)} and ${dialect.filterOnly(`${table}.${project}`)} = ${bound}`
}
