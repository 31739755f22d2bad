import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

import { sqliteStorage } from '@cueline/adapter-sqlite'
import {
  createCueline,
  type Cueline,
  CuelineError,
  type CuelineOptions,
  type Storage,
} from '@cueline/core'

import type { GlobalOptions } from './cli.ts'
import { isPostgresUrl, refuseOtherUrls, shownDatabase, withoutSchema } from './database-place.ts'
import { makeFolder } from './make-folder.ts'
import type { Terminal } from './terminal.ts'

export interface OpenOptions extends Pick<
  CuelineOptions,
  'runner' | 'workspace' | 'gates' | 'protect' | 'delivery' | 'mergeGroup'
> {
  /** Makes the database when it is not there. */
  readonly create?: boolean
}

/** Opens the database, does the work, closes everything, whatever happens. */
export async function withCueline<Result>(
  terminal: Terminal,
  { db, verbose }: GlobalOptions,
  options: OpenOptions,
  work: (cueline: Cueline) => Promise<Result>,
): Promise<Result> {
  const { create = false, ...ports } = options
  refuseOtherUrls(db)
  const cueline = await createCueline({
    ...ports,
    storage: isPostgresUrl(db)
      ? await openServer(db, create)
      : await openFile(terminal, db, create),
    onError(error, where) {
      const trace = verbose && error instanceof Error ? error.stack : undefined
      terminal.err(`warning (${where}): ${trace ?? String(error)}\n`)
    },
  })
  try {
    return await work(cueline)
  } finally {
    await cueline.close()
  }
}

async function openServer(db: string, create: boolean): Promise<Storage> {
  // Whoever works with a file need not wait for the driver.
  const { postgresStorage } = await import('@cueline/adapter-postgres')
  const { url, schema = 'cueline' } = withoutSchema(db)
  try {
    return await postgresStorage({ url, schema, create })
  } catch (error) {
    const isMissing =
      !create &&
      error instanceof CuelineError &&
      error.code === 'storage-unusable' &&
      error.details['schema'] === schema
    if (!isMissing) throw error
    throw new CuelineError(
      'storage-unusable',
      `There is no schema "${schema}" at ${shownDatabase(url)}. Make it by importing a plan (cueline import plan.md), or name another with ?schema= in the URL.`,
      { details: { schema }, cause: error },
    )
  }
}

async function openFile(terminal: Terminal, db: string, create: boolean): Promise<Storage> {
  const file = resolve(terminal.cwd, db)
  if (create) makeFolderFor(file)
  else if (isMissing(file)) {
    throw new CuelineError(
      'storage-unusable',
      `There is no database at ${db}. Make one by importing a plan (cueline import plan.md), or name another with --db.`,
      { details: { db } },
    )
  }
  return sqliteStorage({ file })
}

/** Not what only may not be looked at: opening it says so. */
function isMissing(file: string): boolean {
  try {
    statSync(file)
    return false
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'ENOENT' || code === 'ENOTDIR'
  }
}

function makeFolderFor(file: string): void {
  const folder = dirname(file)
  try {
    makeFolder(folder)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new CuelineError(
      code === 'ENOSPC' ? 'storage-full' : 'storage-readonly',
      `The folder ${folder} for the database cannot be made (${code}). Choose a place you may write to with --db.`,
      { cause },
    )
  }
}
