import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { RedisServer } from '../redis-server.ts'
import type { Scenario } from './scenario.ts'
import { whileEnginesWork } from './while-engines-work.ts'

/** What can happen to the Redis over which two engines hand out work; needs one to do harm to. */
export function redisFaults(server: RedisServer): readonly Scenario[] {
  return [
    whileEnginesWork({
      name: 'redis',
      title: 'times that Redis, which hands out the work, loses all jobs, dies or stays away',
      amounts: { ci: 6, full: 100 },
      engine: { redis: server.url },
      async harm(random) {
        const draw = random()
        if (draw < 1 / 3) return await loseJobs(server.url)
        await server.kill()
        if (draw > 2 / 3) await delay(1_000)
        await server.start()
      },
    }),
  ]
}

async function loseJobs(url: string): Promise<void> {
  const redis = new Redis(url)
  await redis.flushall()
  redis.disconnect()
}
