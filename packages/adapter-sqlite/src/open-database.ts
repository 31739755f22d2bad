import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { CuelineError } from '@cueline/core'

import { isBusy, sortSqliteError } from './sqlite-error.ts'

/**
 * SQLite waits by blocking the whole process, so it waits only a moment; after that the storage
 * tries again by itself, and other work goes on.
 */
const blockingBusyMs = 5

export interface OpenDatabaseOptions {
  readonly synchronous: 'full' | 'normal'
  readonly busyTimeoutMs: number
}

/** Opens the file with everything set that belongs to a connection; errors are sorted into ours. */
export async function openDatabase(
  file: string,
  { synchronous, busyTimeoutMs }: OpenDatabaseOptions,
): Promise<DatabaseSync> {
  const start = performance.now()
  for (;;) {
    let database: DatabaseSync | undefined
    try {
      database = new DatabaseSync(file, { timeout: blockingBusyMs })
      configure(database, synchronous)
      return database
    } catch (error) {
      database?.close()
      if (isFolder(file)) throw isNoFile(file, error)
      // Changing to WAL needs the file for a moment alone, and several may start at once.
      if (!isBusy(error) || performance.now() - start > busyTimeoutMs) {
        throw sortSqliteError(error, file) ?? error
      }
    }
    await new Promise((done) => {
      setTimeout(done, 5 + Math.random() * 20)
    })
  }
}

function isFolder(file: string): boolean {
  try {
    return statSync(file).isDirectory()
  } catch {
    return false
  }
}

function isNoFile(folder: string, cause: unknown): CuelineError {
  const within = join(folder, 'cueline.db')
  return new CuelineError(
    'storage-unusable',
    `${folder} is a folder, and the database is a file. Name the file, such as ${within}.`,
    { details: { file: folder }, cause },
  )
}

/** All of this belongs to the connection, not to the file, and drivers disagree about defaults. */
function configure(database: DatabaseSync, synchronous: 'full' | 'normal'): void {
  database.exec(`
    pragma busy_timeout = ${blockingBusyMs};
    pragma journal_mode = wal;
    pragma synchronous = ${synchronous};
    pragma foreign_keys = on;
    pragma cache_size = -16000;
    pragma temp_store = memory;
  `)
}

/**
 * A check that the file is still the one that was opened: SQLite goes on writing into a file that
 * was removed, and all of that would be lost with the process.
 */
export function fileGuard(file: string): () => void {
  if (file === ':memory:') return () => {}
  const opened = statSync(file)
  return () => {
    const found = statSync(file, { throwIfNoEntry: false })
    if (found !== undefined && found.ino === opened.ino && found.dev === opened.dev) return
    throw new CuelineError(
      'storage-unusable',
      `The database ${file} was removed or replaced while it was open, so nothing more is written. Put the file back, or stop this process and open another one.`,
      { details: { file } },
    )
  }
}
