import { postgresStorage } from '@cueline/adapter-postgres'
import { schemaName } from '../../tests/postgres-server.ts'
import { drainCueline } from './drain.ts'
import { drainPeers } from './peers.ts'
import { sameRowsOnPostgres } from './same-rows.ts'
import { drainSkipLocked, drainSkipLockedOneByOne } from './skip-locked.ts'

export interface PostgresDrain {
  readonly url: string
  /** The socket of a Redis, for the peer that wants one. */
  readonly redis?: string | undefined
  readonly tasks: number
  readonly workers: number
}

/** Everybody who drains a queue in Postgres, and BullMQ in Redis where there is one. */
export async function candidates({ url, redis, tasks, workers }: PostgresDrain) {
  return {
    cueline: async () => {
      const storage = await postgresStorage({ url, schema: schemaName() })
      return drainCueline(storage, tasks, workers)
    },
    'same rows, bare': async () => {
      const schema = schemaName()
      const storage = await postgresStorage({ url, schema })
      return sameRowsOnPostgres({ url, schema, storage }, tasks, workers)
    },
    'plain SKIP LOCKED': () => drainSkipLocked(url, schemaName(), tasks, workers),
    'plain SKIP LOCKED, one by one': () =>
      drainSkipLockedOneByOne(url, schemaName(), tasks, workers),
    ...(await drainPeers({ url, redis }, tasks, workers)),
  }
}
