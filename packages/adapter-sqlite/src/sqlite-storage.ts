import { resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

import { CuelineError } from '@cueline/core'
import { sqlStorage } from '@cueline/sql'
import type { SqlStorage } from '@cueline/sql'

import { overNodeSqlite } from './node-sqlite.ts'
import { fileGuard, openDatabase } from './open-database.ts'
import { sqliteDialect } from './sqlite-dialect.ts'

export interface SqliteStorageOptions {
  /** Path of the database, made if absent; `:memory:` for one that goes with the process. */
  readonly file: string
  /** How often followers look for events of other processes, milliseconds; 100 if absent. */
  readonly pollMs?: number
  /**
   * `full` (default): what is committed survives a power cut. `normal`: the last commits before a
   * power cut may be lost, the database stays sound.
   */
  readonly synchronous?: 'full' | 'normal'
  /** How long to wait for other processes that write, milliseconds; 5 000 if absent. */
  readonly busyTimeoutMs?: number
}

/**
 * Opens a storage in one SQLite file, migrated to the newest version. Several processes may open
 * the same file; within a process open it once, because two writers there would wait for each
 * other. Throws `storage-newer`, `storage-readonly`, `storage-full`, `storage-busy` or
 * `storage-unusable` (a folder, not a database), each naming the file; calls throw `storage-unusable`
 * once the file has been removed.
 */
export async function sqliteStorage(options: SqliteStorageOptions): Promise<SqlStorage> {
  const { busyTimeoutMs = 5_000, pollMs = 100 } = options
  const file = options.file === ':memory:' ? options.file : resolve(options.file)
  const synchronous = options.synchronous ?? 'full'
  const database = await openDatabase(file, { synchronous, busyTimeoutMs })
  try {
    return await sqlStorage({
      ...overNodeSqlite(database, fileGuard(file)),
      dialect: sqliteDialect(file),
      busyTimeoutMs,
      subscribe: (wake) => pollChanges(database, pollMs, wake),
    })
  } catch (error) {
    if (database.isOpen) database.close()
    throw named(error, file)
  }
}

/** `data_version` changes when another connection has committed, and costs almost nothing to read. */
function pollChanges(database: DatabaseSync, pollMs: number, wake: () => void): () => void {
  const read = database.prepare('pragma data_version')
  let seen: unknown
  const timer = setInterval(() => {
    try {
      const version = read.get()?.['data_version']
      if (version === seen) return
      seen = version
    } catch {
      // The followers' own read meets the same trouble and says so; here nobody would hear it.
    }
    wake()
  }, pollMs)
  return () => clearInterval(timer)
}

function named(error: unknown, file: string): unknown {
  if (!(error instanceof CuelineError) || error.message.includes(file)) return error
  return new CuelineError(error.code, `${file}: ${error.message}`, {
    retryable: error.retryable,
    details: { ...error.details, file },
    cause: error.cause ?? error,
  })
}
