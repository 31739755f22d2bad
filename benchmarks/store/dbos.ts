import { Client } from 'pg'
import { schemaName } from '../../tests/postgres-server.ts'
import { loadPeer } from '../reference/peers.ts'

interface Dbos {
  readonly DBOS: {
    registerWorkflow(work: () => Promise<void>, options: object): unknown
    registerQueue(name: string, options: object): Promise<unknown>
    setConfig(options: object): void
    launch(): Promise<void>
    shutdown(options: object): Promise<void>
  }
  readonly DBOSClient: {
    create(options: object): Promise<{
      enqueue(options: object): Promise<unknown>
      destroy(): Promise<void>
    }>
  }
}

/**
 * Milliseconds that a DBOS queue takes for workflows that do nothing. Its queues poll, by default
 * every second; this one every millisecond, with a connection per worker and some for the rest. Up to
 * a second passes until it sees a new queue, so the time is the server's: from the first claim to the
 * last outcome. It talks to nothing but that server: no telemetry, no conductor.
 */
export async function drainDbos(url: string, jobs: number, workers: number): Promise<number> {
  const { DBOS, DBOSClient } = await loadPeer<Dbos>('@dbos-inc/dbos-sdk')
  const schema = schemaName()
  const shared = {
    systemDatabaseUrl: url,
    systemDatabaseSchemaName: schema,
    systemDatabasePoolSize: workers + 10,
    logger: { error() {}, warn() {}, info() {}, debug() {} },
  }
  const all = Promise.withResolvers<void>()
  let left = jobs
  const work = async () => {
    left -= 1
    if (left === 0) all.resolve()
    if (left < 0) all.reject(new Error('DBOS handled a job twice.'))
  }
  DBOS.registerWorkflow(work, { name: 'nothing' })
  DBOS.setConfig({ ...shared, name: 'drain' })
  await DBOS.launch()
  const client = await DBOSClient.create({ ...shared, applicationName: 'drain' })
  const server = new Client({ connectionString: url })
  await server.connect()
  try {
    const job = { queueName: 'jobs', workflowName: 'nothing' }
    await Promise.all(Array.from({ length: jobs }, () => client.enqueue(job)))
    await DBOS.registerQueue('jobs', { workerConcurrency: workers, minPollingIntervalMs: 1 })
    await all.promise
    for (;;) {
      const { rows } = await server.query<{ done: string; ms: string }>(
        `select count(*) filter (where status = 'SUCCESS') as done,
          max(completed_at) - min(started_at_epoch_ms) as ms
        from "${schema}".workflow_status`,
      )
      if (Number(rows[0]?.done) === jobs) return Number(rows[0]?.ms)
    }
  } finally {
    await server.end()
    await client.destroy()
    await DBOS.shutdown({ deregister: true })
  }
}
