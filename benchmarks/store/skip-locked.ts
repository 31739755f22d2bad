import { Client } from 'pg'

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
    let done = 0
    for (;;) {
      const { rows } = await client.query<{ id: string }>({
        name: 'claim',
        text: `update jobs set status = 'claimed', worker = $1, claimed_at = clock_timestamp()
          where id in (select id from jobs where status = 'queued'
            order by priority, id limit $2 for update skip locked)
          returning id`,
        values: ['worker', batch],
      })
      if (rows.length === 0) break
      const { rowCount } = await client.query({
        name: 'complete',
        text: `update jobs set status = 'done', done_at = clock_timestamp()
          where id = any($1::bigint[]) and status = 'claimed'`,
        values: [rows.map((row) => row.id)],
      })
      done += rowCount ?? 0
    }
    if (done !== jobs) throw new Error(`Only ${done} of ${jobs} jobs are done.`)
    return performance.now() - startedAt
  } finally {
    await client.query(`drop schema if exists ${schema} cascade`)
    await client.end()
  }
}
