import { startPostgres } from '../../tests/postgres-server.ts'
import { median } from '../reference/interleave.ts'
import { atLeast, byTurns, type Goal, ratio, rounded } from './measure.ts'
import { ownProcesses } from './own-processes.ts'
import { candidates } from './postgres-candidates.ts'
import { startRedis } from './redis-server.ts'

type CandidateName = keyof Awaited<ReturnType<typeof candidates>>

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
      const given = { url: server.url, redis: redis?.socket, tasks, workers }
      const names = Object.keys(await candidates(given)) as CandidateName[]
      const own = ownProcesses('postgres-candidates.ts', given, names)
      const times = await byTurns(own.candidates, rounds).finally(own.end)
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
        atLeast(`held: ${workers} workers, over plain SKIP LOCKED, one by one`, ofSingle, 0.6),
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
