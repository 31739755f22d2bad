import { type Consumer, CuelineError, type Dispatcher, type DispatchReference } from '@cueline/core'
import { type JobsOptions, Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { consumeJobs, type JobSource } from './consume-jobs.ts'

export interface BullmqDispatcherOptions {
  /** `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS. */
  readonly url?: string
  /**
   * A client of yours instead of a URL, for sentinels or options of your own. It needs
   * `maxRetriesPerRequest: null`, and you end it, after `close`.
   */
  readonly client?: Redis
  /** What all keys begin with; `cueline` if absent. */
  readonly prefix?: string
}

const usualPrefix = 'cueline'
/** How long Redis has to answer before it counts as away. */
const patienceMs = 2_000
const jobsPerCall = 500

/**
 * Hands work orders out over BullMQ, a queue of jobs on Redis, to free slots on any host. One job
 * for each work order, in one queue for each project, goes to one free slot; the slot asks the
 * storage, which says what is best to start and who has it. So a job that is lost, doubled or late
 * costs time only: engines look at the storage at every sweep as well, and go on while Redis is away.
 */
export function bullmqDispatcher({
  url,
  client,
  prefix = usualPrefix,
}: BullmqDispatcherOptions): Dispatcher {
  if ((url === undefined) === (client === undefined)) {
    throw new CuelineError(
      'invalid-input',
      'bullmqDispatcher takes either a `url` or a `client`; name one of them.',
    )
  }
  const redis = client ?? new Redis(url ?? '', { maxRetriesPerRequest: null })
  /** Why Redis is away, for whoever asks; the client connects again by itself. */
  let trouble = ''
  const note = (error: Error) => {
    trouble = error.message
  }
  const forgive = () => {
    trouble = ''
  }
  redis.on('error', note).on('ready', forgive)
  const queues = new Map<string, Queue>()
  const consumers = new Map<Consumer, string>()
  const ending = new Set<Promise<unknown>>()
  let closed = false

  const track = (end: Promise<unknown>) => {
    const settled = end.catch(() => {}).finally(() => ending.delete(settled))
    ending.add(settled)
  }
  const queueOf = (projectId: string): Queue => {
    const known = queues.get(projectId)
    if (known !== undefined) return known
    const queue = new Queue(queueName(projectId), { connection: redis, prefix })
    queue.on('error', note)
    queues.set(projectId, queue)
    return queue
  }
  const forgetQueue = (projectId: string) => {
    const queue = queues.get(projectId)
    queues.delete(projectId)
    if (queue !== undefined) track(queue.close())
  }
  const wake = (projectId?: string) => {
    for (const [consumer, of] of consumers) {
      if (projectId === undefined || of === projectId) consumer.wake()
    }
  }
  const answers = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (closed) throw new Error('the dispatcher was closed')
    return await within(patienceMs, async (signal) => {
      await untilReady(redis, signal)
      // Whoever is late has been told so, and asks again.
      signal.throwIfAborted()
      return await work()
    })
  }
  const open = (projectId: string): JobSource => {
    const worker = new Worker(queueName(projectId), null, {
      connection: redis,
      prefix,
      autorun: false,
    })
    worker.on('error', note)
    // Whoever was killed between taking a job and saying so is found out by this.
    worker.startStalledCheckTimer().catch(note)
    return {
      next: (token) => worker.getNextJob(token),
      isAway: () => redis.status !== 'ready',
      back: (signal) => untilReady(redis, signal),
      async forget() {
        const queue = queueOf(projectId)
        if ((await queue.getJobCountByTypes('wait')) === 0) return false
        await queue.drain()
        return true
      },
      close: () => track(worker.close(true)),
    }
  }

  return {
    name: 'bullmq',
    async dispatch(references) {
      if (references.length === 0) return wake()
      let failure: CuelineError | undefined
      for (const [projectId, some] of byProject(references)) {
        try {
          for (let from = 0; from < some.length; from += jobsPerCall) {
            const jobs = some.slice(from, from + jobsPerCall).map(jobOf)
            await answers(() => queueOf(projectId).addBulk(jobs))
          }
        } catch (cause) {
          // A queue whose beginning failed stays failed; and this host needs no Redis to look.
          forgetQueue(projectId)
          wake(projectId)
          failure ??= new CuelineError(
            'timeout',
            `Redis did not take ${some.length} work orders of project "${projectId}" within ${patienceMs} ms (${trouble || String(cause)}). Other hosts find them at their next sweep; see that Redis runs and can be reached.`,
            { retryable: true, details: { projectId, workOrders: some.length }, cause },
          )
        }
      }
      if (failure !== undefined) throw failure
    },
    consume(options, deliver) {
      const { projectId } = options
      const consumer = consumeJobs(options, deliver, open(projectId))
      consumers.set(consumer, projectId)
      const forget = () => consumers.delete(consumer)
      consumer.done.then(forget, forget)
      return consumer
    },
    async health() {
      if (closed) return { ok: false, reason: 'the dispatcher was closed' }
      try {
        await answers(() => redis.ping())
        return { ok: true }
      } catch (error) {
        return { ok: false, reason: `Redis does not answer: ${trouble || String(error)}` }
      }
    },
    async close() {
      closed = true
      consumers.clear()
      for (const projectId of queues.keys()) forgetQueue(projectId)
      await within(patienceMs, () => Promise.all(ending)).catch(() => {})
      redis.off('error', note).off('ready', forgive)
      if (client !== undefined) return
      redis.on('error', () => {})
      redis.disconnect()
    },
  }
}

/** BullMQ keeps colons for itself. */
function queueName(projectId: string): string {
  return `work-orders-${encodeURIComponent(projectId)}`
}

function jobOf({ workOrderId, fence, notBefore = 0 }: DispatchReference) {
  const options: JobsOptions = {
    // The same reference is one job for as long as that waits.
    jobId: `${encodeURIComponent(workOrderId)}_${fence}`,
    delay: Math.max(0, notBefore - Date.now()),
    removeOnComplete: true,
    removeOnFail: true,
  }
  return { name: 'work-order', data: { workOrderId, fence }, opts: options }
}

function byProject(references: readonly DispatchReference[]) {
  const all = new Map<string, DispatchReference[]>()
  for (const reference of references) {
    const some = all.get(reference.projectId)
    if (some === undefined) all.set(reference.projectId, [reference])
    else some.push(reference)
  }
  return all
}

/** Resolves when Redis can be asked, or when `signal` aborts. */
async function untilReady(redis: Redis, signal: AbortSignal): Promise<void> {
  if (redis.status === 'wait') redis.connect().catch(() => {})
  if (redis.status === 'ready' || signal.aborted) return
  await new Promise<void>((resolve) => {
    const end = () => {
      redis.off('ready', end)
      signal.removeEventListener('abort', end)
      resolve()
    }
    redis.once('ready', end)
    signal.addEventListener('abort', end, { once: true })
  })
}

async function within<Result>(
  ms: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work(over.signal), late])
  } finally {
    clearTimeout(timer)
    over.abort()
  }
}
