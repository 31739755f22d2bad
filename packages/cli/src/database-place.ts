import { dirname, resolve } from 'node:path'

import { CuelineError } from '@cueline/core'

import type { Terminal } from './terminal.ts'

const postgresUrl = /^postgres(?:ql)?:\/\//i
/** One letter is a drive of Windows. */
const scheme = /^[a-z][a-z0-9+.-]+:/i

/** Whether `--db` names a database on a server; anything else is the path of a file. */
export function isPostgresUrl(db: string): boolean {
  return postgresUrl.test(db)
}

/**
 * Refuses what is neither a path nor a URL of Postgres: a file of that name would hold the state, and its
 * folders the password. Shows no more of it than its scheme.
 */
export function refuseOtherUrls(db: string): void {
  const [begin] = scheme.exec(db) ?? []
  if (begin === undefined || isPostgresUrl(db)) return
  throw new CuelineError(
    'invalid-input',
    `The database given with --db begins with "${begin}", so it is neither a path nor a URL of Postgres. Write postgres://user:password@host:5432/database or the path of a file; ./${begin}… is a file of that name.`,
    { details: { begin } },
  )
}

/** Where workspaces and notes on processes lie: beside the file, or in the folder one is in. */
export function stateFolderOf(terminal: Terminal, db: string): string {
  return isPostgresUrl(db) ? resolve(terminal.cwd, '.cueline') : dirname(resolve(terminal.cwd, db))
}

/** `--db` for a message that people copy or pass on: without the password. */
export function shownDatabase(db: string): string {
  if (!isPostgresUrl(db) || !URL.canParse(db)) return db
  const url = new URL(db)
  url.password = ''
  return url.href
}

/** The schema that the URL asks for by `?schema=`, and the URL without that. */
export function withoutSchema(db: string): { readonly url: string; readonly schema?: string } {
  if (!URL.canParse(db)) return { url: db }
  const url = new URL(db)
  const schema = url.searchParams.get('schema')
  if (schema === null) return { url: db }
  url.searchParams.delete('schema')
  return { url: url.href, schema }
}
