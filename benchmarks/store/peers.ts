import { schemaName } from '../../tests/postgres-server.ts'
import { installPeers, loadPeer } from '../reference/peers.ts'
import { drainDbos } from './dbos.ts'
import type { Timed } from './measure.ts'

/**
 * The engines that queue in Postgres, and BullMQ in Redis where there is one, each set as its makers advise for many short jobs, draining
 * as many jobs by as many workers of one process. Installed on first use, into a folder of their
 * own.
 */
export async function drainPeers(
  { url, redis }: { readonly url: string; readonly redis: string | undefined },
  jobs: number,
  workers: number,
): Promise<Record<string, Timed>> {
  installPeers()
  return {
    'graphile-worker (tuned)': () => drainGraphile(url, jobs, workers),
    'pg-boss (batches)': () => drainBoss(url, jobs, workers),
    'BullMQ on Postgres (fenced)': async () => {
      const { createPostgresBackend } = await loadPeer<BullMq>('bullmq')
      const connection = { connectionString: url, schema: schemaName(), migrate: true }
      return drainBull(connection, [createPostgresBackend], jobs, workers)
    },
    'DBOS (fenced)': () => drainDbos(url, jobs, workers),
    ...(redis !== undefined && {
      'BullMQ on Redis (fenced)': () => drainBull({ path: redis }, [], jobs, workers),
    }),
  }
}

/** Resolves with the milliseconds from `start` until `done` was called this often. */
function counter(jobs: number) {
  const all = Promise.withResolvers<number>()
  let startedAt = 0
  let left = jobs
  return {
    start: () => {
      startedAt = performance.now()
    },
    done: (count = 1) => {
      left -= count
      if (left === 0) all.resolve(performance.now() - startedAt)
      if (left < 0) all.reject(new Error('A job was handled twice.'))
    },
    ms: all.promise,
  }
}

interface GraphileWorker {
  makeWorkerUtils(options: object): Promise<{
    migrate(): Promise<void>
    addJobs(specs: readonly object[]): Promise<unknown>
    release(): Promise<void>
  }>
  run(options: object): Promise<{
    readonly events: { on(name: 'job:complete', listener: () => void): void }
    stop(): Promise<void>
  }>
}

async function drainGraphile(url: string, jobs: number, workers: number): Promise<number> {
  const { makeWorkerUtils, run } = await loadPeer<GraphileWorker>('graphile-worker')
  const schema = schemaName()
  const logger = { error() {}, warn() {}, info() {}, debug() {} }
  const quiet = { scope: () => quiet, ...logger }
  const shared = { connectionString: url, schema, logger: quiet }
  const utils = await makeWorkerUtils(shared)
  await utils.migrate()
  await utils.addJobs(Array.from({ length: jobs }, () => ({ identifier: 'nothing', payload: {} })))
  const count = counter(jobs)
  count.start()
  const runner = await run({
    ...shared,
    concurrency: workers,
    noHandleSignals: true,
    taskList: { nothing: async () => {} },
    preset: {
      worker: {
        concurrentJobs: workers,
        localQueue: { size: workers + 1 },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
  })
  runner.events.on('job:complete', () => count.done())
  const ms = await count.ms
  await runner.stop()
  await utils.release()
  return ms
}

interface PgBoss {
  readonly PgBoss: new (options: object) => {
    on(name: 'error', listener: () => void): void
    start(): Promise<unknown>
    createQueue(name: string): Promise<unknown>
    insert(name: string, jobs: readonly object[]): Promise<unknown>
    fetch(name: string, options: object): Promise<readonly { readonly id: string }[]>
    complete(name: string, ids: readonly string[]): Promise<unknown>
    stop(options: object): Promise<void>
  }
}

/** By `fetch` and `complete`, as `work` does inside, but without its pauses between the batches. */
async function drainBoss(url: string, jobs: number, workers: number): Promise<number> {
  const { PgBoss } = await loadPeer<PgBoss>('pg-boss')
  const boss = new PgBoss({ connectionString: url, schema: schemaName(), supervise: false })
  boss.on('error', () => {})
  await boss.start()
  await boss.createQueue('nothing')
  await boss.insert(
    'nothing',
    Array.from({ length: jobs }, () => ({ data: {} })),
  )
  const startedAt = performance.now()
  let done = 0
  for (;;) {
    const batch = await boss.fetch('nothing', { batchSize: workers })
    if (batch.length === 0) break
    await boss.complete(
      'nothing',
      batch.map((job) => job.id),
    )
    done += batch.length
  }
  const ms = performance.now() - startedAt
  await boss.stop({ graceful: false })
  if (done !== jobs) throw new Error(`pg-boss handled ${done} of ${jobs} jobs.`)
  return ms
}

interface BullMq {
  readonly createPostgresBackend: unknown
  readonly Queue: new (
    name: string,
    options: object,
    ...backend: readonly unknown[]
  ) => {
    addBulk(jobs: readonly object[]): Promise<unknown>
    close(): Promise<void>
  }
  readonly Worker: new (
    name: string,
    work: () => Promise<void>,
    options: object,
    ...backend: readonly unknown[]
  ) => {
    on(name: 'completed' | 'error', listener: () => void): void
    run(): Promise<void>
    close(): Promise<void>
  }
}

let queues = 0

async function drainBull(
  connection: object,
  backend: readonly unknown[],
  jobs: number,
  workers: number,
): Promise<number> {
  const { Queue, Worker } = await loadPeer<BullMq>('bullmq')
  // A queue of its own each time: one Redis serves all rounds.
  queues += 1
  const name = `nothing-${queues}`
  const queue = new Queue(name, { connection }, ...backend)
  for (let at = 0; at < jobs; at += 500) {
    const size = Math.min(500, jobs - at)
    await queue.addBulk(Array.from({ length: size }, () => ({ name: 'nothing', data: {} })))
  }
  const count = counter(jobs)
  const options = { connection, concurrency: workers, autorun: false }
  const worker = new Worker(name, async () => {}, options, ...backend)
  worker.on('completed', () => count.done())
  worker.on('error', () => {})
  count.start()
  const running = worker.run()
  const ms = await count.ms
  await worker.close()
  await running
  await queue.close()
  return ms
}
