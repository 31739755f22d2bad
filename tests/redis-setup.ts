import type { TestProject } from 'vitest/node'

import { redisForTests } from './redis-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A Redis for tests, where each has a prefix of its own for its keys. */
    redisUrl: string
  }
}

/**
 * Gives tests a Redis, once per run: that of CUELINE_REDIS_URL, else a server of its own. Fails when
 * there is none: what was not tried is not proven.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redis = await redisForTests()
  project.provide('redisUrl', redis.url)
  return redis.close
}
