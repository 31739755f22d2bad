import { CuelineError } from '@cueline/core'

/** SQLSTATE of the server or the code of a system call; undefined for an error of anything else. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** A reply of the server, not of the network or of another program. */
function isServerError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'severity' in error && codeOf(error) !== undefined
}

const serializationFailure = '40001'
const deadlock = '40P01'
const lockNotAvailable = '55P03'
/** The server shuts down, has crashed, or does not take connections yet. */
const serverGoesOrComes: ReadonlySet<string> = new Set(['57P01', '57P02', '57P03'])
/** It has ended the session of a process that stood still for too long, and undone its transaction. */
const sessionEnded: ReadonlySet<string> = new Set(['25P03', '25P04', '57P05'])

const lostBySystem: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  // The socket file goes with the server.
  'ENOENT',
])
/** The driver's own words: it gives these errors no code. */
const lostByDriver =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|Query read timeout)/

/**
 * The reply to a commit was lost, and the server says that a transaction of this identity was
 * committed. After a crash it may have given an identity that never reached the disk to another one,
 * so it is looked for in the log.
 */
export class CommitInDoubt extends Error {
  override readonly name = 'CommitInDoubt'
  /** Why there was no reply. */
  readonly loss: Error

  constructor(transactionId: string, loss: Error) {
    super(`The reply to the commit of transaction ${transactionId} was lost.`, { cause: loss })
    this.loss = loss
  }
}

/** The connection is gone, so that nobody knows what became of the statement under way. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof CuelineError) return false
  const code = codeOf(error)
  if (code === undefined) return lostByDriver.test(error.message)
  if (isServerError(error)) {
    return serverGoesOrComes.has(code) || sessionEnded.has(code) || code.startsWith('08')
  }
  return lostBySystem.has(code)
}

/** All connections of the pool are in use; its own words, for it gives this error no code. */
export function isPoolFull(error: unknown): boolean {
  return (
    error instanceof Error && error.message.startsWith('timeout exceeded when trying to connect')
  )
}

/** The driver's own words again. */
function isWithoutEncryption(error: Error): boolean {
  return error.message.startsWith('The server does not support SSL')
}

/** Codes of OpenSSL, and one of Node.js. */
function isOfCertificates(error: Error): boolean {
  const code = codeOf(error) ?? ''
  return (
    code === 'ERR_TLS_CERT_ALTNAME_INVALID' ||
    /^(?:CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY|GET_ISSUER))/.test(code)
  )
}

/**
 * The same transaction may succeed when it is started again: the server has undone it (conflict,
 * deadlock, lock wait), or the connection was lost before its commit was sent - what happens to a
 * commit without a reply is found out by the driver, never guessed here.
 */
export function isBusy(error: unknown): boolean {
  // What is not looked for in the log - a renewal, a migration - is harmless when it is repeated.
  if (isConnectionLost(error) || error instanceof CommitInDoubt) return true
  if (!isServerError(error)) return false
  return [serializationFailure, deadlock, lockNotAvailable].includes(error.code)
}

/**
 * Sorts an error of the driver or the server into ours; `place` is the server and database, without
 * any password. Undefined for all others.
 */
export function sortPostgresError(error: unknown, place: string): CuelineError | undefined {
  if (error instanceof CuelineError || !(error instanceof Error)) return undefined
  if (isServerError(error)) return sortServerError(error, place)
  const details = { place, postgres: error.message }
  if (error instanceof CommitInDoubt) return sortPostgresError(error.loss, place)
  if (isPoolFull(error)) {
    return new CuelineError(
      'storage-busy',
      `All connections to ${place} were in use for too long. Shorten the transactions that hold them, or raise poolSize (and max_connections of the server with it).`,
      { retryable: true, details, cause: error },
    )
  }
  if (isWithoutEncryption(error)) {
    return new CuelineError(
      'storage-unusable',
      `Postgres at ${place} does not encrypt connections (${error.message}). Turn ssl on at the server, or take sslmode out of the URL.`,
      { details, cause: error },
    )
  }
  if (isOfCertificates(error)) {
    return new CuelineError(
      'storage-unusable',
      `The certificate of ${place} is not trusted (${error.message}). Name the one of who has signed it in the URL (?sslmode=verify-full&sslrootcert=<file>), or correct the host.`,
      { details, cause: error },
    )
  }
  if (codeOf(error) === 'ENOTFOUND') {
    return new CuelineError(
      'storage-unreachable',
      `The host of ${place} is not known (${error.message}). Correct the host in the URL.`,
      { details, cause: error },
    )
  }
  if (isConnectionLost(error)) {
    return new CuelineError(
      'storage-unreachable',
      `Postgres at ${place} does not answer (${error.message}). Start the server, or correct host and port in the URL.`,
      { retryable: true, details, cause: error },
    )
  }
  return undefined
}

function sortServerError(
  error: Error & { readonly code: string },
  place: string,
): CuelineError | undefined {
  const said = error.message
  const options = { details: { place, postgres: said, sqlstate: error.code }, cause: error }
  const again = { ...options, retryable: true }
  switch (error.code) {
    case '28P01':
    case '28000':
      return new CuelineError(
        'storage-unusable',
        `Postgres at ${place} does not let this user in (${said}). Correct user and password in the URL, or the server's pg_hba.conf; where that asks for encryption, add ?sslmode=verify-full to the URL.`,
        options,
      )
    case '3D000':
      return new CuelineError(
        'storage-unusable',
        `There is no such database at ${place} (${said}). Create it (createdb), or correct its name in the URL.`,
        options,
      )
    case '53300':
      return new CuelineError(
        'storage-busy',
        `Postgres at ${place} has no connection left (${said}). Lower poolSize of the processes that use it, or raise max_connections of the server.`,
        again,
      )
    case '53100':
    case '53200':
      return new CuelineError(
        'storage-full',
        `Postgres at ${place} has no room left (${said}). Nothing of the last write was stored; make room and try again.`,
        again,
      )
    case '25006':
      return new CuelineError(
        'storage-readonly',
        `Postgres at ${place} only reads (${said}): it is a replica, or set to read only. Name the primary server in the URL.`,
        options,
      )
    case '42501':
    // What is said of a schema that is there and may not be used.
    case '3F000':
      return new CuelineError(
        'storage-readonly',
        `This user may not do that at ${place} (${said}). Name the user who made the schema, or let this one in: GRANT CREATE ON DATABASE so that it makes a schema, GRANT USAGE, CREATE ON SCHEMA and GRANT ALL ON ALL TABLES IN SCHEMA for one that is there.`,
        options,
      )
    case '57014':
      return new CuelineError(
        'timeout',
        `A statement at ${place} took too long and was cancelled (${said}). Raise statementTimeoutMs, or look for what keeps the server busy.`,
        again,
      )
    case '54000':
      return new CuelineError(
        'invalid-input',
        `A value is larger than Postgres can take at ${place} (${said}). Shorten ids and codes to some 1 000 characters, and keep large texts as artifacts.`,
        options,
      )
    case '23505':
      return new CuelineError(
        'conflict',
        `A row is already stored at ${place} (${said}). Load it and update it instead.`,
        options,
      )
    case serializationFailure:
    case deadlock:
    case lockNotAvailable:
      return new CuelineError(
        'storage-busy',
        `The database at ${place} stayed busy (${said}). Try again, or look in pg_stat_activity for a transaction that stays open.`,
        again,
      )
    default:
      if (sessionEnded.has(error.code)) {
        return new CuelineError(
          'storage-unreachable',
          `Postgres at ${place} has ended a session that stood still (${said}); nothing of it was stored. Try again.`,
          again,
        )
      }
      if (isConnectionLost(error)) {
        return new CuelineError(
          'storage-unreachable',
          `Postgres at ${place} is going down or coming up (${said}). Wait until it runs and try again.`,
          again,
        )
      }
      return new CuelineError(
        'internal',
        `Postgres failed at ${place}: ${said} (${error.code}). Look into the server's log, then run the command again.`,
        options,
      )
  }
}
