import process from 'node:process'

import { bullmqDispatcher } from '@cueline/adapter-bullmq'
import { postgresStorage } from '@cueline/adapter-postgres'
import type { Dispatcher, Storage } from '@cueline/core'

export const projectName = 'Harvest'

/** The one thing that all hosts share: the database that DATABASE_URL names. */
export async function openSharedStorage(): Promise<Storage> {
  const url = process.env['DATABASE_URL']
  if (url === undefined || url === '') {
    console.error(
      'DATABASE_URL is not set. Name a Postgres database, such as\n' +
        'DATABASE_URL=postgres://user:password@localhost:5432/cueline, or run `docker compose up` here.',
    )
    process.exit(2)
  }
  return await postgresStorage({ url, schema: process.env['CUELINE_SCHEMA'] ?? 'cueline' })
}

// #region dispatcher
/** Where REDIS_URL names a Redis, BullMQ hands the work out; else the rows of the database do. */
export function openSharedDispatcher(): { readonly dispatcher?: Dispatcher } {
  const url = process.env['REDIS_URL']
  if (url === undefined || url === '') return {}
  return { dispatcher: bullmqDispatcher({ url }) }
}
// #endregion dispatcher
