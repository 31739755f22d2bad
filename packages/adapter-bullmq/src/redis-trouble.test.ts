import type { ProjectId, WorkOrderId } from '@cueline/core'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, it } from 'vitest'
import { startRedis } from '../../../tests/redis-server.ts'
import { bullmqDispatcher } from './bullmq-dispatcher.ts'

const projectId = 'project' as ProjectId
const references = ['a', 'b'].map((id) => ({ projectId, workOrderId: id as WorkOrderId, fence: 0 }))
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** A Redis to do harm to, a dispatcher on it, and somebody who looks for work whenever told to. */
async function world() {
  const redis = await startRedis()
  closing.push(() => redis.close())
  return {
    redis,
    open() {
      const dispatcher = bullmqDispatcher({ url: redis.url })
      closing.push(() => dispatcher.close())
      const stop = new AbortController()
      let looks = 0
      let looked = Promise.withResolvers<void>()
      const consumer = dispatcher.consume(
        { projectId, slots: () => 1, signal: stop.signal },
        async () => {
          looks += 1
          looked.resolve()
          looked = Promise.withResolvers()
          return 'empty'
        },
      )
      return {
        dispatcher,
        consumer,
        looks: () => looks,
        nextLook: () => looked.promise,
        async stop() {
          stop.abort()
          await consumer.done
        },
      }
    },
  }
}

describe('a Redis that is away [X-18, X-02]', { timeout: 60_000 }, () => {
  it('is said to be, keeps nobody of its own process from looking, and is used when it comes', async () => {
    const { redis, open } = await world()
    await redis.kill()
    const { dispatcher, looks, nextLook, stop } = open()
    expect(looks()).toBe(1)
    await expect(dispatcher.dispatch(references)).rejects.toMatchObject({
      code: 'timeout',
      retryable: true,
      message: expect.stringMatching(/2 work orders of project "project".*ECONNREFUSED.*sweep/s),
    })
    expect(looks()).toBe(2)
    expect(await dispatcher.health()).toMatchObject({
      ok: false,
      reason: expect.stringContaining('ECONNREFUSED'),
    })
    await redis.start()
    while (!(await dispatcher.health()).ok);
    const look = nextLook()
    await dispatcher.dispatch(references)
    await look
    await stop()
  })

  it('costs nothing but time when it dies with all it held, and comes back empty', async () => {
    const { redis, open } = await world()
    const { dispatcher, consumer, looks, nextLook, stop } = open()
    const first = nextLook()
    await dispatcher.dispatch(references)
    await first
    await redis.kill()
    // What the engine does at every sweep needs no Redis.
    const swept = nextLook()
    consumer.wake()
    await swept
    await redis.start()
    while (!(await dispatcher.health()).ok);
    const again = nextLook()
    await dispatcher.dispatch(references.map((reference) => ({ ...reference, fence: 1 })))
    await again
    await stop()
    expect(looks()).toBeGreaterThanOrEqual(4)
  })

  it('is asked again and again without anything piling up', async () => {
    const { redis } = await world()
    await redis.kill()
    const client = new Redis(redis.url, { maxRetriesPerRequest: null })
    client.on('error', () => {})
    const dispatcher = bullmqDispatcher({ client })
    const listeners = () => client.eventNames().map((name) => client.listenerCount(name))
    const before = listeners()
    const asked = Array.from({ length: 20 }, () => dispatcher.dispatch(references))
    const refused = await Promise.allSettled([...asked, dispatcher.health()])
    expect(refused.filter(({ status }) => status === 'rejected')).toHaveLength(20)
    expect(listeners()).toEqual(before)
    await dispatcher.close()
    client.disconnect()
  })

  it('keeps nobody from stopping and closing', async () => {
    const { redis, open } = await world()
    const { dispatcher, nextLook, stop } = open()
    const first = nextLook()
    await dispatcher.dispatch(references)
    await first
    await redis.kill()
    await stop()
    await dispatcher.close()
    await dispatcher.close()
    expect(await dispatcher.health()).toEqual({ ok: false, reason: 'the dispatcher was closed' })
    await expect(dispatcher.dispatch(references)).rejects.toMatchObject({ code: 'timeout' })
  })
})
