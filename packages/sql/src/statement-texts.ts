import type { RawBuilder } from 'kysely'

import type { Database, Dialect } from './dialect.ts'

/**
 * Texts of statements about the same table: one per dialect and form, each compiled once. Looking one
 * up makes no text of its own, because that is done for every row.
 */
export class StatementTexts {
  readonly #byDialect = new Map<string, Map<string | number, string>>()

  of(
    database: Database,
    dialect: Dialect,
    form: string | number,
    build: () => RawBuilder<unknown>,
  ): string {
    let texts = this.#byDialect.get(dialect.name)
    if (texts === undefined) {
      texts = new Map()
      this.#byDialect.set(dialect.name, texts)
    }
    let text = texts.get(form)
    if (text === undefined) {
      text = build().compile(database).sql
      texts.set(form, text)
    }
    return text
  }
}
