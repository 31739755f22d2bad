import { CuelineError } from '@cueline/core'

const busy = 5
const locked = 6
const readonly = 8
const full = 13
const cannotOpen = 14
const constraint = 19
const corrupt = 11
const notADatabase = 26

/** SQLite's result code without its extension, undefined for an error of anything else. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}

/** Another process writes, or has the database to itself: the same again may succeed. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error)
  return code === busy || code === locked
}

/** Sorts an error of SQLite into ours, by file and with the next step; undefined for all others. */
export function sortSqliteError(error: unknown, file: string): CuelineError | undefined {
  if (error instanceof CuelineError || !(error instanceof Error)) return undefined
  const code = resultCode(error)
  if (code === undefined) return undefined
  const details = { file, sqlite: error.message }
  switch (code) {
    case busy:
    case locked:
      return new CuelineError(
        'storage-busy',
        `The database ${file} stayed busy: another process keeps a transaction open. Try again, or find the process that holds the file, or raise busyTimeoutMs.`,
        { retryable: true, details, cause: error },
      )
    case full:
      return new CuelineError(
        'storage-full',
        `The database ${file} cannot grow: the disk or the quota is full. Nothing of the last write was stored; make room and try again.`,
        { retryable: true, details, cause: error },
      )
    case readonly:
    case cannotOpen:
      return new CuelineError(
        'storage-readonly',
        `The database ${file} cannot be written (${error.message}). Make the file and its directory writable for this user, or choose another file.`,
        { details, cause: error },
      )
    case notADatabase:
    case corrupt:
      return new CuelineError(
        'storage-unusable',
        `The file ${file} is not a sound SQLite database (${error.message}). Name another file, or restore it from a backup.`,
        { details, cause: error },
      )
    case constraint:
      return new CuelineError(
        'conflict',
        `A row is already stored in ${file} (${error.message}). Load it and update it instead.`,
        { details, cause: error },
      )
    default:
      return new CuelineError(
        'internal',
        `SQLite failed on ${file}: ${error.message}. Check the disk, then run the command again.`,
        { details, cause: error },
      )
  }
}
