import type {
  ConsumeOptions,
  Delivery,
  Dispatcher,
  DispatchReference,
  Disposition,
  ProjectId,
  WorkOrderId,
} from '@cueline/core'
import { dispatcherSuite, type DispatcherSubject } from '@cueline/core/testing'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { redisForTests } from '../../../tests/redis-server.ts'
import { bullmqDispatcher } from './bullmq-dispatcher.ts'

const project = 'project' as ProjectId
let url = ''
let endRedis = async () => {}
beforeAll(async () => {
  const redis = await redisForTests()
  url = redis.url
  endRedis = redis.close
})
afterAll(() => endRedis())
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

function reference(id: string, given: Partial<DispatchReference> = {}): DispatchReference {
  return { projectId: project, workOrderId: id as WorkOrderId, fence: 0, ...given }
}

/** Hosts that share a prefix of Redis which nobody else has. */
function fleet() {
  const prefix = `test-${crypto.randomUUID()}`
  const admin = new Redis(url, { maxRetriesPerRequest: null })
  closing.push(async () => {
    const keys = await admin.keys(`${prefix}:*`)
    if (keys.length > 0) await admin.del(...keys)
    admin.disconnect()
  })
  const host = (): Dispatcher => {
    const dispatcher = bullmqDispatcher({ url, prefix })
    closing.push(() => dispatcher.close())
    return dispatcher
  }
  const queue = (of: string = project) => {
    const opened = new Queue(`work-orders-${encodeURIComponent(of)}`, { connection: admin, prefix })
    closing.push(() => opened.close())
    return opened
  }
  return { prefix, host, queue }
}

/** Resolves once it holds; each look is a turn of Redis. */
async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve))
}

interface Taker {
  readonly looks: number
  stop(): Promise<void>
}

/** A host's free slots; each look ends as `answer` says. */
function take(
  dispatcher: Dispatcher,
  answer: (look: number) => Disposition | Promise<Disposition> = () => 'empty',
  options: Partial<ConsumeOptions> = {},
): Taker {
  const stop = new AbortController()
  let looks = 0
  const consumer = dispatcher.consume(
    { projectId: project, slots: () => 1, signal: stop.signal, ...options },
    async () => {
      looks += 1
      return await answer(looks)
    },
  )
  const taker = {
    get looks() {
      return looks
    },
    stop: async () => {
      stop.abort()
      await consumer.done
    },
  }
  return taker
}

/** What the suite wants of a subject, where things travel through another process. */
function observed(dispatcher: Dispatcher, queue: Queue): DispatcherSubject {
  const dispatches = new Set<Promise<void>>()
  const consumers: { readonly isFull: () => boolean }[] = []
  return {
    dispatcher: {
      ...dispatcher,
      dispatch(references) {
        const dispatched = dispatcher.dispatch(references)
        dispatches.add(dispatched)
        return dispatched.finally(() => dispatches.delete(dispatched))
      },
      consume(options, deliver) {
        let inFlight = 0
        let over = false
        options.signal.addEventListener('abort', () => (over = true))
        consumers.push({ isFull: () => over || inFlight >= options.slots() })
        const consumer = dispatcher.consume(options, async (delivery: Delivery) => {
          inFlight += 1
          try {
            return await deliver(delivery)
          } finally {
            inFlight -= 1
          }
        })
        consumer.done.catch(() => {
          over = true
        })
        return consumer
      },
    },
    async delivered() {
      await Promise.all(dispatches)
      await until(async () => {
        const { waiting, active } = await queue.getJobCounts('waiting', 'active')
        const some = (waiting ?? 0) + (active ?? 0) > 0
        return !some || consumers.every(({ isFull }) => isFull())
      })
      // What is between two turns of the event loop.
      for (let turn = 0; turn < 5; turn += 1) await queue.count()
    },
  }
}

describe('the BullMQ dispatcher on a real Redis [X-18, X-14]', () => {
  dispatcherSuite(
    { describe, it, fails: it.fails },
    {
      create() {
        const { host, queue } = fleet()
        return observed(host(), queue())
      },
    },
  )
})

describe('hosts that share work over BullMQ [X-18]', () => {
  it('wakes one idle slot for each work order, on whatever host', async () => {
    const { host, queue } = fleet()
    const all = [take(host()), take(host())]
    const looks = () => all.reduce((sum, taker) => sum + taker.looks, 0)
    await until(() => looks() === 2)
    await host().dispatch([reference('order-1')])
    await until(() => looks() === 3)
    await until(async () => (await queue().getJobCountByTypes('waiting', 'active')) === 0)
    expect(looks()).toBe(3)
    for (const taker of all) await taker.stop()
  })

  it('leaves a work order to a host that has room', async () => {
    const { host } = fleet()
    const working = Promise.withResolvers<Disposition>()
    const busy = take(host(), () => working.promise)
    await until(() => busy.looks === 1)
    const idle = take(host())
    await until(() => idle.looks === 1)
    for (let order = 0; order < 5; order += 1) {
      const before = idle.looks
      await host().dispatch([reference(`order-${order}`)])
      await until(() => idle.looks > before)
    }
    expect(busy.looks).toBe(1)
    working.resolve('empty')
    await busy.stop()
    await idle.stop()
  })

  it('takes the same reference once for as long as it waits', async () => {
    const { host, queue } = fleet()
    const dispatcher = host()
    await dispatcher.dispatch([reference('a:1'), reference('a:1'), reference('a:1', { fence: 1 })])
    await dispatcher.dispatch([reference('a:1')])
    expect(await queue().getJobCountByTypes('waiting')).toBe(2)
  })

  it('keeps projects apart, whatever their ids look like', async () => {
    const { host } = fleet()
    const other = 'other: project/ü' as ProjectId
    const mine = take(host())
    const theirs = take(host(), undefined, { projectId: other })
    await until(() => mine.looks + theirs.looks === 2)
    await host().dispatch([reference('order-1', { projectId: other })])
    await until(() => theirs.looks === 2)
    expect(mine.looks).toBe(1)
    await mine.stop()
    await theirs.stop()
  })

  it('delivers what is for later when its time has come', async () => {
    const { host } = fleet()
    const taker = take(host())
    await until(() => taker.looks === 1)
    const notBefore = Date.now() + 300
    await host().dispatch([reference('order-1', { notBefore })])
    await until(() => taker.looks === 2)
    expect(Date.now()).toBeGreaterThanOrEqual(notBefore)
    await taker.stop()
  })

  it('looks again by itself after work, and lets go of references when none is left', async () => {
    const { host, queue } = fleet()
    const dispatcher = host()
    await dispatcher.dispatch([1, 2, 3, 4].map((order) => reference(`order-${order}`)))
    const taker = take(host(), (look) => (look <= 4 ? 'done' : 'empty'))
    await until(async () => (await queue().getJobCountByTypes('waiting', 'active')) === 0)
    await until(() => taker.looks >= 5)
    await taker.stop()
    expect(await queue().getJobCountByTypes('waiting', 'active')).toBe(0)
  })

  it('gives back what it was about to take when it is told to stop', async () => {
    const { host, queue } = fleet()
    for (let round = 0; round < 5; round += 1) {
      const taker = take(host(), () => 'done', { slots: () => 0 })
      await host().dispatch([reference(`order-${round}`)])
      await taker.stop()
      expect(taker.looks).toBe(0)
    }
    expect(await queue().getJobCountByTypes('waiting', 'active')).toBe(5)
  })

  it('wants either a URL or a client, and leaves the client to its owner', async () => {
    expect(() => bullmqDispatcher({})).toThrow(/either a `url` or a `client`/)
    const client = new Redis(url, { maxRetriesPerRequest: null })
    expect(() => bullmqDispatcher({ url, client })).toThrow(/either a `url` or a `client`/)
    const dispatcher = bullmqDispatcher({ client })
    expect(await dispatcher.health()).toEqual({ ok: true })
    await dispatcher.close()
    expect(await client.ping()).toBe('PONG')
    client.disconnect()
  })
})
