import { sql } from 'kysely'
import type { CompiledQuery, Expression, RawBuilder } from 'kysely'

import type { Database, Dialect } from './dialect.ts'
import { boundQuery, executeNowOf } from './pipelined.ts'
import type { Writing } from './pipelined.ts'

type Parameters = Readonly<Record<string, unknown>>

/** Stands in a compiled statement for the value that is given when it runs. */
class Placeholder {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

export interface Statement<Given extends Parameters, Row> {
  run(database: Database, dialect: Dialect, given: Given): Promise<readonly Row[]>
  /** Sends it with other writes; nobody sees its rows. */
  send(writing: Writing, dialect: Dialect, given: Given): void
  /** What `run` would send. */
  bound(database: Database, dialect: Dialect, given: Given): CompiledQuery
}

interface Compiled {
  readonly text: string
  readonly parameters: readonly unknown[]
}

/**
 * A statement that is built and compiled once per dialect and from then on only run: building is
 * half of what a small statement costs.
 */
export function statement<Given extends Parameters, Row = Record<string, unknown>>(
  build: (
    given: { readonly [Name in keyof Given]: Expression<Given[Name]> },
    dialect: Dialect,
  ) => RawBuilder<unknown>,
): Statement<Given, Row> {
  const compiled = new WeakMap<Dialect, Compiled>()
  const compile = (database: Database, dialect: Dialect): Compiled => {
    let known = compiled.get(dialect)
    if (known === undefined) {
      const query = build(placeholders(), dialect).compile(database)
      known = { text: query.sql, parameters: query.parameters }
      compiled.set(dialect, known)
    }
    return known
  }
  return {
    async run(database, dialect, given) {
      const { text, parameters } = compile(database, dialect)
      const values = valuesOf(parameters, given)
      const executeNow = executeNowOf(database)
      if (executeNow !== undefined) return executeNow(text, values) as readonly Row[]
      const { rows } = await database.executeQuery(boundQuery(text, values))
      return rows as readonly Row[]
    },
    bound(database, dialect, given) {
      const { text, parameters } = compile(database, dialect)
      return boundQuery(text, valuesOf(parameters, given))
    },
    send(writing, dialect, given) {
      const { text, parameters } = compile(writing.database, dialect)
      writing.send(text, valuesOf(parameters, given))
    },
  }
}

function valuesOf(parameters: readonly unknown[], given: Parameters): unknown[] {
  const values: unknown[] = []
  for (const parameter of parameters) {
    values.push(parameter instanceof Placeholder ? given[parameter.name] : parameter)
  }
  return values
}

function placeholders<Given extends Parameters>(): {
  readonly [Name in keyof Given]: Expression<Given[Name]>
} {
  return new Proxy(Object.create(null), {
    get: (_, name) => sql.val(new Placeholder(String(name))),
  })
}
