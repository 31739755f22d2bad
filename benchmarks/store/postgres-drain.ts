import { postgresStorage } from '@cueline/adapter-postgres'
import { schemaName, startPostgres } from '../../tests/postgres-server.ts'
import { median } from '../reference/interleave.ts'
import { drainCueline } from './drain.ts'
import { atLeast, byTurns, type Goal, ratio, rounded } from './measure.ts'
import { drainPeers } from './peers.ts'
import { startRedis } from './redis-server.ts'
import { sameRowsOnPostgres } from './same-rows.ts'
import { drainSkipLocked, drainSkipLockedOneByOne } from './skip-locked.ts'

/**
 * Claiming and completing on a Postgres that syncs every commit: Cueline, plain SKIP LOCKED with
 * batches as large as there are workers and with one row for each worker, the same rows without any
 * decision, and the engines that are installed; BullMQ also on a Redis that syncs every write.
 */
export async function postgresDrain(rounds: number, tasks: number) {
  const server = await startPostgres({ durable: true })
  const redis = await startRedis()
  if (redis === undefined) {
    console.error(
      'No redis-server is installed here, so BullMQ on Redis is left out (apt-get install redis-server).',
    )
  }
  const rows = []
  const goals: Goal[] = []
  try {
    for (const workers of [1, 4, 16]) {
      const peers = await drainPeers({ url: server.url, redis: redis?.socket }, tasks, workers)
      const times = await byTurns(
        {
          cueline: async () => {
            const storage = await postgresStorage({ url: server.url, schema: schemaName() })
            return drainCueline(storage, tasks, workers)
          },
          'same rows, bare': async () => {
            const schema = schemaName()
            const storage = await postgresStorage({ url: server.url, schema })
            return sameRowsOnPostgres({ url: server.url, schema, storage }, tasks, workers)
          },
          'plain SKIP LOCKED': () => drainSkipLocked(server.url, schemaName(), tasks, workers),
          'plain SKIP LOCKED, one by one': () =>
            drainSkipLockedOneByOne(server.url, schemaName(), tasks, workers),
          ...peers,
        },
        rounds,
      )
      const perSecond = Object.fromEntries(
        Object.entries(times).map(([name, ms]) => [name, rounded((tasks / median(ms)) * 1_000)]),
      )
      const speed = rounded(1 / ratio(times.cueline, times['plain SKIP LOCKED']))
      const ofSingle = rounded(1 / ratio(times.cueline, times['plain SKIP LOCKED, one by one']))
      const ofSame = rounded(1 / ratio(times.cueline, times['same rows, bare']))
      rows.push({
        workers,
        ...perSecond,
        'of plain': speed,
        'of one by one': ofSingle,
        'of the same rows': ofSame,
      })
      const overPlain = `Postgres: ${workers} workers, speed over plain SKIP LOCKED`
      goals.push(
        atLeast(`${overPlain}, a batch per turn`, speed, 0.8),
        atLeast(`${overPlain}, one by one`, ofSingle, 0.8),
      )
      for (const [name, ms] of Object.entries(times)) {
        if (!name.includes('fenced')) continue
        const ahead = rounded(1 / ratio(times.cueline, ms))
        goals.push(atLeast(`Postgres: ${workers} workers, speed over ${name}`, ahead, 1))
      }
    }
  } finally {
    await redis?.close()
    await server.close()
  }
  console.log(
    `Claim and complete on Postgres, ${tasks} tasks that do nothing, tasks/s, all durable:`,
  )
  console.table(rows)
  return { rows, goals }
}
