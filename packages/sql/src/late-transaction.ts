import type { Database } from './dialect.ts'
import { over, pipelined } from './pipelined.ts'

/** A transaction of the database that begins with its first statement, if there is one. */
export class LateTransaction {
  /** Sends at once, as what `pipelined` gives. */
  readonly database: Database
  readonly #root: Database
  readonly #begin: (database: Database) => Promise<void>
  /** Made when it begins: most of them never do. */
  #end: PromiseWithResolvers<void> | undefined
  #opening: Promise<Database> | undefined
  #whole: Promise<void> | undefined
  #isOver = false

  /** `begin` runs before the first statement; when it rejects, so does everything that waits for it. */
  constructor(root: Database, begin: (database: Database) => Promise<void>) {
    this.#root = root
    this.#begin = begin
    this.database = over(root, async (query) => (await this.open()).executeQuery(query))
  }

  get isOpen(): boolean {
    return this.#opening !== undefined
  }

  open(): Promise<Database> {
    if (this.#isOver) return Promise.reject(overError())
    this.#opening ??= new Promise((resolve, reject) => {
      const end = Promise.withResolvers<void>()
      end.promise.catch(() => {})
      this.#end = end
      const begun = this.#root.transaction().setAccessMode('read write')
      this.#whole = begun.execute((outer) =>
        pipelined(outer, async (database) => {
          await this.#begin(database)
          resolve(database)
          await end.promise
        }),
      )
      this.#whole.catch(reject)
    })
    return this.#opening
  }

  /** What has not begun does not begin any more, also for a call that nobody has waited for. */
  close(): void {
    this.#isOver = !this.isOpen
  }

  /** Rejects as the commit does. */
  async commit(): Promise<void> {
    this.#end?.resolve()
    await this.#whole
  }

  async rollback(reason: unknown): Promise<void> {
    this.#end?.reject(reason)
    await this.#whole?.catch(() => {})
  }
}

function overError(): Error {
  return new Error('The transaction ended before its first statement.')
}
