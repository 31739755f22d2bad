import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresStorage } from '@cueline/adapter-postgres'
import { sqliteStorage } from '@cueline/adapter-sqlite'
import type { Storage } from '@cueline/core'
import { runSql, schemaName } from '../postgres-server.ts'

/** Where a storage is, as it goes to other processes. */
export type StorageAddress =
  | { readonly sqlite: string }
  | { readonly postgres: string; readonly schema: string; readonly notify: boolean }

/** A storage that other processes write too. */
export type SharedStorage = Storage & Required<Pick<Storage, 'subscribe'>>

/** A folder for the work of one project, and the storage of its state. */
export interface Place {
  readonly folder: string
  readonly address: StorageAddress
  remove(): Promise<void>
}

export type MakePlace = () => Promise<Place>

export const sqlitePlace: MakePlace = async () => {
  const folder = await makeFolder()
  return {
    folder,
    address: { sqlite: join(folder, 'cueline.db') },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Places in schemas of this database; without `notify` nobody is ever told of news. */
export function postgresPlaces(url: string, { notify = true } = {}): MakePlace {
  return async () => {
    const folder = await makeFolder()
    const schema = schemaName()
    return {
      folder,
      address: { postgres: url, schema, notify },
      async remove() {
        await runSql(url, `drop schema if exists "${schema}" cascade`)
        await rm(folder, { recursive: true, force: true })
      },
    }
  }
}

export function openStorage(address: StorageAddress): Promise<SharedStorage> {
  if ('sqlite' in address) return sqliteStorage({ file: address.sqlite })
  const { postgres: url, schema, notify } = address
  return postgresStorage({ url, schema, notify, poolSize: 4 })
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cueline-faults-'))
  await mkdir(join(folder, 'result'))
  return folder
}
