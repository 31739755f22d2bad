import { describe, expect, it } from 'vitest'
import { startRedis } from '../redis-server.ts'
import { sqlitePlace } from './place.ts'
import { redisFaults } from './redis-faults.ts'
import { tried, triedWithin as timeout } from './tried.ts'

describe('faults on purpose, where BullMQ hands out the work [X-18, X-02]', () => {
  it('redis: all jobs lost, a Redis that dies and stays away', { timeout }, async () => {
    const redis = await startRedis()
    try {
      for (const scenario of redisFaults(redis)) {
        expect(await tried(scenario, sqlitePlace)).not.toEqual([])
      }
    } finally {
      await redis.close()
    }
  })
})
