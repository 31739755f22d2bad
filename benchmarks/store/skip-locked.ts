import { Client, Pool } from 'pg'

/**
 * What everybody writes first: one table, batches claimed with SKIP LOCKED, completed together. No
 * leases, fences, attempts or events, nothing released by what completes.
 */
export async function drainSkipLocked(
  url: string,
  schema: string,
  jobs: number,
  batch: number,
): Promise<number> {
  return withJobs(url, schema, jobs, async (client) => {
    let done = 0
    for (;;) {
      const { rows } = await client.query<{ id: string }>({
        name: 'claim',
        text: claim,
        values: ['worker', batch],
      })
      if (rows.length === 0) return done
      const { rowCount } = await client.query({
        name: 'complete',
        text: `update jobs set status = 'done', done_at = clock_timestamp()
          where id = any($1::bigint[]) and status = 'claimed'`,
        values: [rows.map((row) => row.id)],
      })
      done += rowCount ?? 0
    }
  })
}

/** The same by workers in one process that each claim and complete one job at a time, on connections of their own. */
export async function drainSkipLockedOneByOne(
  url: string,
  schema: string,
  jobs: number,
  workers: number,
): Promise<number> {
  const options = `-c search_path=${schema}`
  const pool = new Pool({ connectionString: url, max: workers, options })
  // The server may be stopped before the last connection is gone.
  pool.on('error', () => {})
  const names = Array.from({ length: workers }, (_, index) => `worker ${index}`)
  // Connected before the time begins.
  const clients = await Promise.all(names.map(() => pool.connect()))
  for (const client of clients) client.release()
  const work = async (worker: string): Promise<number> => {
    for (let done = 0; ;) {
      const { rows } = await pool.query<{ id: string }>({
        name: 'claim',
        text: claim,
        values: [worker, 1],
      })
      const [job] = rows
      if (job === undefined) return done
      const { rowCount } = await pool.query({
        name: 'complete',
        text: `update jobs set status = 'done', done_at = clock_timestamp()
          where id = $1 and status = 'claimed' and worker = $2`,
        values: [job.id, worker],
      })
      done += rowCount ?? 0
    }
  }
  try {
    return await withJobs(url, schema, jobs, async () => {
      const done = await Promise.all(names.map(work))
      return done.reduce((sum, count) => sum + count, 0)
    })
  } finally {
    await pool.end()
  }
}

const claim = `update jobs set status = 'claimed', worker = $1, claimed_at = clock_timestamp()
  where id in (select id from jobs where status = 'queued'
    order by priority, id limit $2 for update skip locked)
  returning id`

/** Milliseconds that `drain` takes for so many queued jobs, of which it tells how many it has done. */
async function withJobs(
  url: string,
  schema: string,
  jobs: number,
  drain: (client: Client) => Promise<number>,
): Promise<number> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`create schema ${schema}`)
    await client.query(`set search_path to ${schema}`)
    await client.query(`create table jobs (id bigint primary key, status text not null,
      priority int not null, worker text, claimed_at timestamptz, done_at timestamptz)`)
    await client.query(`create index jobs_queued on jobs (priority, id) where status = 'queued'`)
    await client.query(
      `insert into jobs select n, 'queued', 0 from generate_series(1, $1::int) as n`,
      [jobs],
    )
    const startedAt = performance.now()
    const done = await drain(client)
    const ms = performance.now() - startedAt
    if (done !== jobs) throw new Error(`Only ${done} of ${jobs} jobs are done.`)
    return ms
  } finally {
    await client.query(`drop schema if exists ${schema} cascade`)
    await client.end()
  }
}
